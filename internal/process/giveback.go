package process

import (
	"runtime"
	"runtime/debug"
)

// GiveBack gives back to the host what this process does not use while it
// waits: memory that is free, and on Linux its own code in memory. What is
// pooled goes with the second collection. Call it when there may be nothing to
// do for a long time; it takes some milliseconds.
func GiveBack() {
	runtime.GC()
	debug.FreeOSMemory()
	unmapFiles()
}
