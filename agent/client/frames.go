package client

import (
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
)

// maxFrames is how many frames of the product's own code are told.
const maxFrames = 16

// ownModule is the module path of the running program.
var ownModule = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return info.Main.Path
})

// Frames returns where the caller stands, as "function file.go:line" a line:
// functions of the program's own module and of its main package only, base
// names of files only. skip is how many callers to leave out.
func Frames(skip int) string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(skip+2, pcs)])
	var out []string
	for {
		f, more := frames.Next()
		if isOwn(f.Function) && len(out) < maxFrames {
			out = append(out, f.Function+" "+filepath.Base(f.File)+":"+strconv.Itoa(f.Line))
		}
		if !more {
			return strings.Join(out, "\n")
		}
	}
}

func isOwn(function string) bool {
	own := ownModule()
	return strings.HasPrefix(function, "main.") || own != "" && (strings.HasPrefix(function, own+"/") || strings.HasPrefix(function, own+"."))
}
