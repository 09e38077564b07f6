package messages

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
)

// reader reads the calls of one file.
type reader struct {
	*source
	imports   map[string]string   // path by name
	constants map[string]ast.Expr // of the package, by name
}

// How a call says its message.
type form int

const (
	none       form = iota
	formatted       // a format and its operands
	joined          // operands one after the other
	spaced          // operands with blanks between
	attributed      // a message, then keys and values
)

// call reads one call, if it is a logger's.
func (r *reader) call(c *ast.CallExpr) {
	f, first := r.form(c)
	if f == none || len(c.Args) <= first {
		return
	}
	m := message{place: r.place(c.Pos())}
	var ok bool
	switch args := c.Args[first:]; f {
	case formatted:
		m.text, ok = r.formatted(args)
	case attributed:
		m.text, ok = r.constant(args[0])
		m.text = escaped(m.text)
		m.keys = r.keys(args[1:])
	default:
		m.text, ok = r.joined(args, f == spaced), true
	}
	if !ok {
		r.skip(m.place, "its text is put together at run time: write it as one constant, with verbs or attributes")
		return
	}
	m.text = strings.TrimSpace(m.text)
	switch {
	case m.text == "" && len(m.keys) == 0:
	case strings.ContainsAny(m.text, "\r\n"):
		r.skip(m.place, "it has several lines, and each is one of the log")
	default:
		r.found = append(r.found, m)
	}
}

// form says how a call says its message, and which argument begins it.
func (r *reader) form(c *ast.CallExpr) (form, int) {
	sel, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		return none, 0
	}
	name := sel.Sel.Name
	if x, ok := sel.X.(*ast.Ident); ok && r.imports[x.Name] != "" {
		return r.ofPackage(r.imports[x.Name], name)
	}
	return ofMethod(name)
}

// ofPackage says it of a function.
func (r *reader) ofPackage(of, name string) (form, int) {
	switch {
	case of == "log/slog":
		return ofSlog(name)
	case of == "log":
		return ofLog(name)
	case of == "fmt" && name == "Errorf" && r.errors:
		return formatted, 0
	case of == "errors" && name == "New" && r.errors:
		return attributed, 0
	case strings.Contains(path.Base(of), "log"): // klog, glog, logrus and their like
		if slices.Contains(levels, name) {
			return joined, 0
		}
		return ofMethod(name)
	}
	return none, 0
}

// slogNames are the functions of log/slog whose message comes first, or behind a
// context.
var slogNames = []string{"Debug", "Info", "Warn", "Error"}

func ofSlog(name string) (form, int) {
	switch bare, context := strings.CutSuffix(name, "Context"); {
	case name == "Log" || name == "LogAttrs":
		return attributed, 2
	case !slices.Contains(slogNames, bare):
		return none, 0
	case context:
		return attributed, 1
	}
	return attributed, 0
}

// ofLog says it of a function of package log, or a method of its Logger.
func ofLog(name string) (form, int) {
	for _, verb := range []string{"Print", "Fatal", "Panic"} {
		switch name {
		case verb:
			return joined, 0
		case verb + "f":
			return formatted, 0
		case verb + "ln":
			return spaced, 0
		}
	}
	return none, 0
}

// levels are what other loggers call their methods.
var levels = []string{"Trace", "Debug", "Info", "Notice", "Warn", "Warning", "Error", "Critical", "Fatal", "Panic", "Print", "Msg"}

// ofMethod says it of a method of any logger, whose first argument may be its
// message: Infof, Infoln, Infow and Info.
func ofMethod(name string) (form, int) {
	for _, level := range levels {
		switch name {
		case level + "f":
			return formatted, 0
		case level + "ln":
			return spaced, 0
		case level + "w":
			return attributed, 0
		}
	}
	if f, first := ofSlog(name); f != none {
		return f, first
	}
	if slices.Contains(levels, name) && name != "Print" {
		return attributed, 0
	}
	return ofLog(name)
}

// maxConstants bounds how far a constant is followed: sources need not compile.
const maxConstants = 100

// constant returns a text that is known before the product runs.
func (r *reader) constant(e ast.Expr) (string, bool) { return r.follow(e, maxConstants) }

func (r *reader) follow(e ast.Expr, left int) (string, bool) {
	if left == 0 {
		return "", false
	}
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil && e.Kind == token.STRING
	case *ast.ParenExpr:
		return r.follow(e.X, left-1)
	case *ast.Ident:
		if value := r.constants[e.Name]; value != nil {
			return r.follow(value, left-1)
		}
	case *ast.BinaryExpr:
		x, ok := r.follow(e.X, left/2)
		y, also := r.follow(e.Y, left/2)
		return x + y, ok && also && e.Op == token.ADD
	}
	return "", false
}

// keys returns the keys of attributes: pairs of a text and a value, and calls
// such as slog.Int("key", 1), those in groups with the group's name before them.
func (r *reader) keys(args []ast.Expr) (out []string) {
	for i := 0; i < len(args); i++ {
		if key, ok := r.constant(args[i]); ok {
			if i++; i < len(args) {
				out = append(out, key)
			}
			continue
		}
		c, ok := args[i].(*ast.CallExpr)
		if !ok || len(c.Args) < 2 {
			continue
		}
		key, ok := r.constant(c.Args[0])
		sel, selects := c.Fun.(*ast.SelectorExpr)
		switch {
		case !ok || !selects:
		case sel.Sel.Name == "Group":
			for _, in := range r.keys(c.Args[1:]) {
				out = append(out, key+"."+in)
			}
		default:
			out = append(out, key)
		}
	}
	return out
}

// imports returns the paths that a file imports, by the names that they have in
// it.
func imports(f *ast.File) map[string]string {
	out := map[string]string{}
	for _, i := range f.Imports {
		of, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			continue
		}
		name := path.Base(of)
		if i.Name != nil {
			name = i.Name.Name
		}
		out[name] = of
	}
	return out
}

// constants returns the values of a package's constants, by name.
func constants(files []*ast.File) map[string]ast.Expr {
	out := map[string]ast.Expr{}
	for _, f := range files {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, s := range g.Specs {
				v := s.(*ast.ValueSpec)
				for i, name := range v.Names {
					if i < len(v.Values) {
						out[name.Name] = v.Values[i]
					}
				}
			}
		}
	}
	return out
}
