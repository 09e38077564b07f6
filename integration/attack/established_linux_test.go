package attack

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"strings"
	"testing"
)

// connectedTo returns the addresses from which somebody is connected to a port
// of this machine, or was a moment ago, as the kernel knows them and whoever
// accepts there sees them.
func connectedTo(t testing.TB, port uint16) map[string]bool {
	t.Helper()
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		t.Fatal(err)
	}
	from := map[string]bool{}
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line) // number, local address:port, remote address:port, …
		if len(f) < 3 {
			continue
		}
		// Both ends are on this machine. Who hung up first is remembered longer.
		local, remote := endOf(f[1]), endOf(f[2])
		if local.Port() == port {
			from[remote.Addr().String()] = true
		}
		if remote.Port() == port {
			from[local.Addr().String()] = true
		}
	}
	return from
}

// endOf reads an end of a connection; the zero one when it is none. The kernel
// prints four bytes as the number that they are on this machine, in hex.
func endOf(text string) netip.AddrPort {
	address, port, _ := strings.Cut(text, ":")
	a, err := hex.DecodeString(address)
	p, bad := hex.DecodeString(port)
	if err != nil || bad != nil || len(a) != 4 || len(p) != 2 {
		return netip.AddrPort{}
	}
	var octets [4]byte
	binary.NativeEndian.PutUint32(octets[:], binary.BigEndian.Uint32(a))
	return netip.AddrPortFrom(netip.AddrFrom4(octets), binary.BigEndian.Uint16(p))
}
