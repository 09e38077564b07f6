package local

import (
	"net"

	"golang.org/x/sys/unix"
)

// peer returns the process at the other end of a Unix socket; 0 when the kernel
// does not say.
func peer(c net.Conn) int {
	u, ok := c.(*net.UnixConn)
	if !ok {
		return 0
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return 0
	}
	process := 0
	err = raw.Control(func(fd uintptr) {
		if who, err := unix.GetsockoptInt(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERPID); err == nil {
			process = who
		}
	})
	if err != nil {
		return 0
	}
	return process
}
