//go:build !linux && !darwin

package local

import "net"

// peer returns the process at the other end: here nobody can say.
func peer(net.Conn) int { return 0 }
