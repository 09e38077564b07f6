package agent

import (
	"errors"
	"io/fs"
	"net"
	"os"
)

// bare returns what went wrong without where: a path can hold the name of a
// user, and a network error the address of this host. Every local user may read
// what the local API says, and logs travel.
func bare(err error) string {
	var (
		path *fs.PathError
		link *os.LinkError
		call *net.OpError
		name *net.DNSError
	)
	switch {
	case errors.As(err, &path):
		return path.Op + " a file of the data directory: " + path.Err.Error()
	case errors.As(err, &link):
		return link.Op + " a file of the data directory: " + link.Err.Error()
	case errors.As(err, &name):
		return "find the relay: " + name.Err
	case errors.As(err, &call):
		return call.Op + ", to the relay: " + call.Err.Error()
	}
	return err.Error()
}
