//go:build unix

package follow

import "syscall"

// dontWait keeps an open of a pipe from waiting for its other end.
const dontWait = syscall.O_NONBLOCK
