package client

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// head is the first line of a pipe from a process whose code lies shift bytes
// further.
func head(shift uint64) string { return fmt.Sprintf("%s%x\n", anchorLine, anchor()+shift) }

// stack is a crash as the runtime prints it.
const stack = `panic: runtime error: index out of range
[signal SIGSEGV: segmentation violation]

goroutine 0 gp=0x1 m=0 mp=0x2 [idle]:
runtime.throw({0x1, 0x2})
	/go/src/runtime/panic.go:1 +0x4d fp=0x1 sp=0x2 pc=0x9000

goroutine 7 gp=0x3 m=0 mp=0x2 [running, locked to thread]:
runtime.sigpanic()
	/go/src/runtime/signal_unix.go:9 +0x3 fp=0x1 sp=0x2 pc=0x1000
main.inner(...)
	/home/zoe/main.go:4
main.outer({0x4, 0x5})
	/home/zoe/main.go:8 +0x3 fp=0x1 sp=0x2 pc=0x2000
main.main()
	/home/zoe/main.go:9 +0x3 fp=0x1 sp=0x2 pc=0x3000
created by main.start in goroutine 1
	/home/zoe/main.go:1 +0x3

goroutine 8 gp=0x3 m=nil [running]:
main.other()
	/home/zoe/main.go:9 +0x3 fp=0x1 sp=0x2 pc=0x4000
`

func TestCountersOf(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		pcs     []uintptr
		crashed bool
	}{
		"a trap":                    {head(0) + stack, []uintptr{0x1000, 0x2001, 0x3000}, true},
		"a call":                    {head(0) + strings.ReplaceAll(stack, "runtime.sigpanic", "main.f"), []uintptr{0x1000, 0x2000, 0x3000}, true},
		"the code lies elsewhere":   {head(0x100) + stack, []uintptr{0xf00, 0x1f01, 0x2f00}, true},
		"nobody ran":                {head(0) + "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [select]:\nmain.main()\n", nil, true},
		"cut off":                   {head(0) + stack[:strings.Index(stack, " pc=0x2000")], []uintptr{0x1000}, true},
		"no crash":                  {head(0), nil, false},
		"nothing":                   {"", nil, false},
		"no anchor":                 {stack, nil, false},
		"somebody asked for stacks": {head(0) + "SIGQUIT: quit\n" + stack, nil, false},
	} {
		pcs, crashed := countersOf(c.text)
		if !slices.Equal(pcs, c.pcs) || crashed != c.crashed {
			t.Errorf("%s: %#x, %v; want %#x, %v", name, pcs, crashed, c.pcs, c.crashed)
		}
	}
}

// FuzzCrash: a crash prints anybody's data. Whatever it is, few frames are told,
// all of this program or of the standard library.
func FuzzCrash(f *testing.F) {
	f.Add(stack)
	f.Add(strings.ReplaceAll(stack, "0x2000", fmt.Sprintf("%#x", anchor()+1)))
	f.Add("panic: goroutine 1 [running]:\n\tmain.zoe()\n\t\t/zoe.go:1 pc=0x1\n")
	f.Fuzz(func(t *testing.T, text string) {
		pcs, _ := countersOf(head(0) + text)
		if len(pcs) > strings.Count(text, " pc=0x") {
			t.Errorf("%d counters", len(pcs))
		}
		frames := framesOf(pcs[:min(len(pcs), maxStack)], ownModules())
		if len(frames) > maxFramesLen || strings.Count(frames, "\n") >= maxFrames {
			t.Errorf("frames of %d bytes", len(frames))
		}
		if frames == "" {
			return
		}
		for line := range strings.SplitSeq(frames, "\n") {
			if in := packageOf(line); !isOwn(in, ownModules()) && !isStandard(in) {
				t.Errorf("%q names something else", line)
			}
		}
	})
}
