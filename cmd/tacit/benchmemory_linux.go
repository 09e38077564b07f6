package main

import (
	"fmt"
	"os"
	"strings"
)

// anonymousMemory returns the anonymous resident memory of a process in bytes,
// mapped files not counted (proc(5), RssAnon); 0 when it cannot be read.
func anonymousMemory(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		var kib int64
		if n, _ := fmt.Sscanf(line, "RssAnon: %d kB", &kib); n == 1 {
			return kib << 10
		}
	}
	return 0
}
