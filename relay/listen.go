package relay

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"github.com/tacit-telemetry/tacit/relay/door"
)

// ErrPortInUse says that another process listens on the agents' address; see
// [door.ErrPortInUse].
var ErrPortInUse = door.ErrPortInUse

// resolve returns the address to listen on. A name gives its first IPv4
// address.
func resolve(ctx context.Context, listen string) (netip.AddrPort, error) {
	host, service, err := net.SplitHostPort(listen)
	if err != nil || host == "" {
		return netip.AddrPort{}, fmt.Errorf("listen on %q: not host:port: set one such as 127.0.0.1:8472, or 0.0.0.0:8472 for all addresses", listen)
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("listen on %q: port %q: set a number up to 65535, or 0 for a free one", listen, service)
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return netip.AddrPortFrom(addr, uint16(port)), nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", host)
	if err != nil || len(addrs) == 0 {
		return netip.AddrPort{}, fmt.Errorf("listen on %q: host %q is not known here: set an address: %w", listen, host, err)
	}
	return netip.AddrPortFrom(addrs[0].Unmap(), uint16(port)), nil
}
