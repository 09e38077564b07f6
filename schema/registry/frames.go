package registry

import (
	"slices"
	"strings"

	"github.com/tacit-telemetry/tacit/schema/codec"
)

const (
	maxFrames      = 32
	maxFunctionLen = 256
	maxFileLen     = 64
	maxLineDigits  = 7
)

// standardRoots are the first elements of the import paths of Go's standard
// library, sorted. A list, since "no dot in the first element" would let any
// local module's name pass.
var standardRoots = []string{
	"archive", "bufio", "bytes", "cmp", "compress", "container", "context", "crypto", "database", "debug",
	"embed", "encoding", "errors", "expvar", "flag", "fmt", "go", "hash", "html", "image", "index", "internal",
	"io", "iter", "log", "maps", "math", "mime", "net", "os", "path", "plugin", "reflect", "regexp", "runtime",
	"slices", "sort", "strconv", "strings", "structs", "sync", "syscall", "testing", "text", "time", "unicode",
	"unique", "unsafe", "weak",
}

// vendoredRoot begins the import paths that the standard library vendors.
const vendoredRoot = "vendor/golang.org/x/"

// matchFrames: see FormatFrames.
func matchFrames(s string, p *Product) error {
	if len(s) > codec.MaxTextLen || strings.Count(s, "\n") >= maxFrames {
		return ErrTooLong
	}
	for line := range strings.SplitSeq(s, "\n") {
		function, place, ok := strings.Cut(line, " ")
		if !ok || !isPlace(place) {
			return ErrWrongFormat
		}
		path, ok := packageOf(function)
		if !ok {
			return ErrWrongFormat
		}
		if !p.owns(path) {
			return ErrForeignFrame
		}
	}
	return nil
}

// owns says whether frames of the package may be kept: the product's own, its
// main package, and the standard library.
func (p *Product) owns(path string) bool {
	if p == nil {
		return false
	}
	root, _, _ := strings.Cut(path, "/")
	if _, found := slices.BinarySearch(standardRoots, root); found || path == "main" || strings.HasPrefix(path, vendoredRoot) {
		return true
	}
	return slices.ContainsFunc(p.Modules, func(m string) bool {
		return path == m || strings.HasPrefix(path, m) && path[len(m)] == '/'
	})
}

// isPlace reads "file.go:123": a base name and a line.
func isPlace(s string) bool {
	file, line, ok := strings.Cut(s, ":")
	if !ok || len(file) > maxFileLen || !isNumber(line, maxLineDigits) {
		return false
	}
	name, isGo := strings.CutSuffix(file, ".go")
	if !isGo {
		name, isGo = strings.CutSuffix(file, ".s") // the runtime's assembly
	}
	return isGo && name != "" && strings.IndexFunc(name, notFile) < 0
}

// packageOf reads a function as Go's symbol table names it, such as
// "example.com/a/b.(*T).Run.func1", and returns the import path.
func packageOf(function string) (path string, ok bool) {
	if len(function) > maxFunctionLen {
		return "", false
	}
	dir := strings.LastIndexByte(function, '/') + 1
	pkg, name, ok := strings.Cut(function[dir:], ".")
	// The symbol table writes a dot in the last element as %2e.
	path = function[:dir] + strings.ReplaceAll(pkg, "%2e", ".")
	if !ok || pkg == "" || strings.IndexFunc(path, notPath) >= 0 || strings.Contains(path, "//") || path[0] == '/' {
		return "", false
	}
	return path, isSymbol(name)
}

// isSymbol reads what follows the package: identifiers with dots between, a
// receiver in brackets, "[...]" for type arguments, and the compiler's "-fm"
// and "-range1" endings. An element may be empty, as in "glob..func1".
func isSymbol(s string) bool {
	s = strings.ReplaceAll(s, "[...]", "")
	for i, part := range strings.Split(s, ".") {
		if i == 0 && strings.HasPrefix(part, "(*") && strings.HasSuffix(part, ")") {
			part = part[2 : len(part)-1]
		}
		part = strings.TrimSuffix(part, "-fm")
		if before, after, found := strings.Cut(part, "-range"); found && isNumber(after, maxLineDigits) {
			part = before
		}
		if strings.IndexFunc(part, notIdentifier) >= 0 || i == 0 && part == "" {
			return false
		}
	}
	return true
}

func notIdentifier(r rune) bool { return !isAlphanumeric(r) && r != '_' }

func notFile(r rune) bool { return !isAlphanumeric(r) && !strings.ContainsRune("_-.", r) }

func notPath(r rune) bool { return !isAlphanumeric(r) && !strings.ContainsRune("_-.~/", r) }

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}
