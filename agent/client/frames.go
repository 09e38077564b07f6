package client

import (
	"path"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Bounds of what is told of a stack.
const (
	maxStack     = 64 // frames that are looked at
	maxFrames    = 16
	maxFunction  = 256
	maxFile      = 64
	maxFramesLen = 4 << 10 // bytes of all
)

// buildInfo is what the running program was built from, or nil.
var buildInfo = sync.OnceValue(func() *debug.BuildInfo {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	return info
})

// ownModules returns the main module of the running program.
func ownModules() []string {
	if info := buildInfo(); info != nil && info.Main.Path != "" {
		return []string{info.Main.Path}
	}
	return nil
}

// Frames returns where the caller stands, as "function file.go:line" a line:
// functions of the program's main module and of its main package, with those
// of Go's standard library that they called; base names of files only. skip is
// how many callers to leave out.
func Frames(skip int) string { return framesOf(callers(skip+1), ownModules()) }

func (c *Client) callers(skip int) string { return framesOf(callers(skip+1), c.config.Modules) }

// callers returns the program counters of the stack; skip 0 begins at the
// caller of callers.
func callers(skip int) []uintptr {
	pcs := make([]uintptr, maxStack)
	return pcs[:runtime.Callers(skip+2, pcs)]
}

// framesOf tells a stack as [Frames] does, by the modules that are the
// product's own.
func framesOf(pcs []uintptr, own []string) string {
	if len(pcs) == 0 {
		return ""
	}
	var (
		lines    []string
		standard []int // which of them are the standard library's
		mine     int   // how many there are down to the last own one
	)
	for frames, more := runtime.CallersFrames(pcs), true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		line := lineOf(f)
		switch in := packageOf(f.Function); {
		case line == "":
		case isOwn(in, own):
			lines = append(lines, line)
			mine = len(lines)
		case isStandard(in):
			standard = append(standard, len(lines))
			lines = append(lines, line)
		}
	}
	lines = lines[:mine] // what called into the product is the same for all
	if mine > maxFrames {
		lines = without(lines, standard)
	}
	return joined(lines[:min(len(lines), maxFrames)])
}

// without returns the lines but those at the places.
func without(lines []string, places []int) (out []string) {
	for i, line := range lines {
		if !slices.Contains(places, i) {
			out = append(out, line)
		}
	}
	return out
}

// joined returns as many of the lines as a record may hold.
func joined(lines []string) string {
	out := strings.Join(lines, "\n")
	for len(out) > maxFramesLen {
		out = out[:strings.LastIndexByte(out, '\n')]
	}
	return out
}

// lineOf tells a frame, or nothing when it is of a form that the registry does
// not take: that would cost the whole report.
func lineOf(f runtime.Frame) string {
	file := path.Base(f.File)
	ext := path.Ext(file)
	if len(f.Function) > maxFunction || len(file) > maxFile || ext != ".go" && ext != ".s" || strings.ContainsFunc(f.Function+file, notPlain) {
		return ""
	}
	return f.Function + " " + file + ":" + strconv.Itoa(f.Line)
}

// notPlain says whether a character stands in no name that the registry takes.
func notPlain(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("_.-~/%()*[]", r)
}

// packageOf returns the import path of a function as Go's symbol table names
// it, with the dots of the last element as %2e.
func packageOf(function string) string {
	dir := strings.LastIndexByte(function, '/') + 1
	name, _, _ := strings.Cut(function[dir:], ".")
	return function[:dir] + strings.ReplaceAll(name, "%2e", ".")
}

func isOwn(in string, own []string) bool {
	return in == "main" || slices.ContainsFunc(own, func(m string) bool { return isOrBelow(in, m) })
}

// isStandard says whether a package is of Go's standard library: of none of the
// modules that the program was built from. The runtime is left out; it stands
// in every stack.
func isStandard(in string) bool {
	info, root := buildInfo(), in
	if i := strings.IndexByte(in, '/'); i >= 0 {
		root = in[:i]
	}
	if info == nil || root == "" || root == "runtime" || strings.ContainsRune(root, '.') || isOrBelow(in, info.Main.Path) {
		return false
	}
	return !slices.ContainsFunc(info.Deps, func(m *debug.Module) bool { return isOrBelow(in, m.Path) })
}

func isOrBelow(in, root string) bool {
	return root != "" && strings.HasPrefix(in, root) && (len(in) == len(root) || in[len(root)] == '/')
}
