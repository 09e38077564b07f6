package own

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// addresses returns the interfaces' addresses, except loopback, and MACs.
func addresses(Config) ([]found, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list network interfaces: %w", err)
	}
	var out []found
	for _, i := range interfaces {
		if mac := i.HardwareAddr; len(mac) >= 6 && strings.Trim(mac.String(), "0:") != "" {
			out = append(out, found{class: MAC, value: mac.String()})
		}
		list, err := i.Addrs()
		if err != nil {
			continue // the interface went away meanwhile
		}
		for _, a := range list {
			if n, ok := a.(*net.IPNet); ok {
				out = append(out, ownIP(n.IP)...)
			}
		}
	}
	return out, nil
}

func ownIP(ip net.IP) []found {
	a, ok := netip.AddrFromSlice(ip)
	if a = a.Unmap(); !ok || a.IsLoopback() || a.IsUnspecified() || a.IsMulticast() {
		return nil
	}
	return []found{{class: IP, value: a.String()}}
}
