package client

import (
	"reflect"
	"strconv"
	"strings"
)

// anchorLine begins the first line in the pipe: where a known function is in the
// process that may crash. The system may have put the program elsewhere than in
// the process that reads.
const anchorLine = "anchor "

// askedFor begins the text when somebody wanted to see the stacks.
const askedFor = "SIGQUIT: quit\n"

// anchor returns its own address.
func anchor() uint64 { return uint64(reflect.ValueOf(anchor).Pointer()) }

// countersOf reads the program counters of the goroutine that crashed out of
// the runtime's text, as they are in this process. crashed is false when the
// other process ended without one. Nothing but numbers is taken from the text:
// it may have anybody's data in it.
func countersOf(text string) (pcs []uintptr, crashed bool) {
	first, text, _ := strings.Cut(text, "\n")
	there, err := strconv.ParseUint(strings.TrimPrefix(first, anchorLine), 16, 64)
	if err != nil || strings.TrimSpace(text) == "" || strings.HasPrefix(text, askedFor) {
		return nil, false
	}
	stack := crashedStack(text)
	trapped := false // by a signal: then the counter is that of the instruction itself
	for i := 0; i+1 < len(stack); i += 2 {
		function, place := stack[i], stack[i+1]
		_, number, ok := strings.Cut(place, " pc=0x")
		pc, err := strconv.ParseUint(number, 16, 64)
		if !ok || err != nil {
			continue // inlined into the next
		}
		if pc += anchor() - there; trapped {
			pc++ // all others are those after a call, which CallersFrames expects
		}
		trapped = strings.HasPrefix(function, "runtime.sigpanic(")
		pcs = append(pcs, uintptr(pc))
	}
	return pcs, true
}

// crashedStack returns the lines of the goroutine that crashed, two a frame:
// that of the first header that says it ran. A crash on the system's own stack
// comes before that, with frames of the runtime alone.
func crashedStack(text string) []string {
	var (
		stack  []string
		within bool
	)
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case !within:
			within = strings.HasPrefix(line, "goroutine ") && !strings.HasPrefix(line, "goroutine 0 ") && strings.Contains(line, "[running")
		case line == "" || strings.HasPrefix(line, "created by "):
			return stack
		default:
			stack = append(stack, line)
		}
	}
	return stack
}
