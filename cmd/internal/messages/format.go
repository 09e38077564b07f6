package messages

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// builder puts the text of a template together.
type builder struct {
	out     strings.Builder
	names   []string
	touches bool // it ends in a placeholder
}

// constant adds what is always there.
func (b *builder) constant(s string) {
	if s != "" {
		b.out.WriteString(escaped(s))
		b.touches = false
	}
}

// operand adds a placeholder. Two that touch are one, since nothing tells where
// the second begins.
func (b *builder) operand(e ast.Expr) {
	if b.touches {
		return
	}
	name := nameOf(e)
	if name == "" {
		name = "arg" + strconv.Itoa(len(b.names)+1)
	}
	b.out.WriteString("{" + b.unique(name) + "}")
	b.touches = true
}

func (b *builder) unique(name string) string {
	out := name
	for n := 2; slices.Contains(b.names, out); n++ {
		out = fmt.Sprintf("%s_%d", name, n)
	}
	b.names = append(b.names, out)
	return out
}

// escaped doubles the braces of a text.
func escaped(s string) string { return strings.NewReplacer("{", "{{", "}", "}}").Replace(s) }

// formatted reads a format and its operands as package fmt does.
func (r *reader) formatted(args []ast.Expr) (string, bool) {
	format, ok := r.constant(args[0])
	if !ok {
		return "", false
	}
	b := &builder{}
	next := 1
	for format != "" {
		text, rest, verb := strings.Cut(format, "%")
		b.constant(text)
		if !verb {
			break
		}
		v := readVerb(rest)
		format = rest[v.length:]
		if v.percent {
			b.constant("%")
			continue
		}
		if v.index > 0 {
			next = v.index
		}
		next += v.stars
		if next >= len(args) {
			b.operand(nil) // fmt writes that it is missing
		} else {
			b.operand(args[next])
		}
		next++
	}
	return b.out.String(), true
}

// verb is one of a format's, behind its percent sign.
type verb struct {
	length  int
	percent bool
	index   int // of the operand, from 1; 0: the next one
	stars   int // operands that are widths
}

func readVerb(s string) (v verb) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '*':
			v.stars++
		case c == '[':
			end := strings.IndexByte(s[i:], ']')
			if end < 0 {
				return verb{length: len(s)}
			}
			v.index, _ = strconv.Atoi(s[i+1 : i+end]) // fmt complains of another; then it is the next one
			i += end
		case !strings.ContainsRune("+-# 0123456789.", rune(c)):
			v.length, v.percent = i+len(string([]rune(s[i:])[:1])), c == '%'
			return v
		}
	}
	v.length = len(s)
	return v
}

// joined reads operands as log.Print and log.Println write them. The former puts
// blanks only between two that are no texts, of which nobody knows here.
func (r *reader) joined(args []ast.Expr, blanks bool) string {
	b := &builder{}
	for i, arg := range args {
		if i > 0 && blanks {
			b.constant(" ")
		}
		r.sum(b, arg)
	}
	return b.out.String()
}

// sum adds an operand, in parts where it is a sum of texts.
func (r *reader) sum(b *builder, e ast.Expr) {
	if s, ok := r.constant(e); ok {
		b.constant(s)
		return
	}
	if x, ok := e.(*ast.BinaryExpr); ok && x.Op == token.ADD && (r.hasText(x.X) || r.hasText(x.Y)) {
		r.sum(b, x.X)
		r.sum(b, x.Y)
		return
	}
	b.operand(e)
}

// hasText says whether a sum has a constant text in it.
func (r *reader) hasText(e ast.Expr) bool {
	if _, ok := r.constant(e); ok {
		return true
	}
	x, ok := e.(*ast.BinaryExpr)
	return ok && x.Op == token.ADD && (r.hasText(x.X) || r.hasText(x.Y))
}

// nameOf names an operand: a variable or a field by its name, a call by what it
// is of. Empty: it has no name.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return snake(e.Name)
	case *ast.SelectorExpr:
		return snake(e.Sel.Name)
	case *ast.ParenExpr:
		return nameOf(e.X)
	case *ast.StarExpr:
		return nameOf(e.X)
	case *ast.UnaryExpr:
		return nameOf(e.X)
	case *ast.IndexExpr:
		return nameOf(e.X)
	case *ast.CallExpr:
		return nameOfCall(e)
	}
	return ""
}

// nameOfCall names err.Error() err, len(files) files, and time.Since(begun)
// since.
func nameOfCall(c *ast.CallExpr) string {
	sel, ok := c.Fun.(*ast.SelectorExpr)
	switch {
	case ok && len(c.Args) == 0 && slices.Contains([]string{"Error", "String", "Name", "Load", "Err"}, sel.Sel.Name):
		return nameOf(sel.X)
	case ok:
		return snake(sel.Sel.Name)
	case len(c.Args) == 1:
		return nameOf(c.Args[0])
	}
	return nameOf(c.Fun)
}

// maxName bounds a placeholder's name, so that a number fits behind it.
const maxName = 48

// snake writes a name as the registry does: docCount as doc_count, HTTPPort as
// http_port. Empty: it has no letter to begin with.
func snake(name string) string {
	var out strings.Builder
	runes := []rune(name)
	for i, c := range runes {
		upper := unicode.IsUpper(c)
		begins := i > 0 && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if upper && begins && runes[i-1] != '_' {
			out.WriteByte('_')
		}
		switch c = unicode.ToLower(c); {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '_', c == '.':
			out.WriteRune(c)
		case c == '-':
			out.WriteByte('_')
		}
	}
	s := strings.TrimLeft(out.String(), "_.0123456789")
	return strings.TrimRight(s[:min(len(s), maxName)], "_.")
}
