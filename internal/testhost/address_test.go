package testhost

import (
	"net"
	"net/netip"
	"testing"
)

// TestFreeAddress: an address can be listened on, lies below the ports that
// systems give, and is given once.
func TestFreeAddress(t *testing.T) {
	seen := map[string]bool{}
	for range 500 {
		address := FreeAddress(t)
		if port := netip.MustParseAddrPort(address).Port(); seen[address] || port < firstPort || port > lastPort {
			t.Errorf("%s: given before: %v", address, seen[address])
		}
		seen[address] = true
	}
	l, err := net.Listen("tcp", FreeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close() // nobody connected
}
