package attack

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// caller is somebody who connects, and the address of loopback from which the
// other side sees him come. The addresses have nothing in common that stands
// elsewhere, as 127.0.0.1 does.
type caller struct{ who, at string }

// Who calls at a door or at the console. What strangers and rogues do, they do
// at two doors, from two addresses each.
var (
	firstAgent   = caller{"the first agent", "127.83.217.46"}
	secondAgent  = caller{"the second agent", "127.191.102.233"}
	unknownAgent = caller{"an agent with a wrong credential", "127.142.87.61"}
	misledAgent  = caller{"an agent with a wrong fingerprint", "127.69.203.158"}
	siteRelay    = caller{"the site's relay", "127.214.93.177"}
	storeProcess = caller{"the store", "127.158.71.219"}
	admin        = caller{"the administrator", "127.119.226.84"}
	visitor      = caller{"a visitor of the console", "127.203.58.147"}
	siteVictim   = caller{"a victim at the site", "127.183.241.109"}
	edgeVictim   = caller{"a victim at the edge", "127.107.53.238"}
	siteRogue    = caller{"a rogue at the site", "127.97.164.213"}
	edgeRogue    = caller{"a rogue at the edge", "127.231.118.75"}
	storeRogue   = caller{"a rogue with the store's credential", "127.76.149.192"}
	siteStranger = caller{"a stranger at the site", "127.221.134.68"}
	edgeStranger = caller{"a stranger at the edge", "127.149.212.103"}
	crowd        = caller{"one of a crowd", "127.173.89.226"}
	crowdRogue   = caller{"a rogue in a crowd", "127.64.239.171"}
)

var callers = []caller{
	firstAgent, secondAgent, unknownAgent, misledAgent, siteRelay, storeProcess, admin, visitor,
	siteVictim, edgeVictim, siteRogue, edgeRogue, storeRogue, siteStranger, edgeStranger, crowd, crowdRogue,
}

// octets returns the four bytes of the address, and the same backwards, as a
// machine that is little-endian holds them.
func (c caller) octets() (big, little []byte) {
	a := netip.MustParseAddr(c.at).As4()
	return a[:], reversed(a[:])
}

// identifiers returns the ways to write the address, but for its four bytes,
// which stand in random ones by chance: see rawAddresses.
func (c caller) identifiers() (ids []identifier) {
	add := func(text string, raw []byte) {
		ids = append(ids, identifier{class: "address", place: c.who, text: text, binary: raw})
	}
	mapped := netip.MustParseAddr(c.at).As16()
	add(c.at, mapped[:])
	add(strings.ReplaceAll(c.at, ".", "-"), nil)
	add(strings.ReplaceAll(c.at, ".", "_"), nil)
	backwards := strings.Split(c.at, ".")
	slices.Reverse(backwards)
	add(strings.Join(backwards, "."), nil) // as in in-addr.arpa
	big, little := c.octets()
	for _, b := range [][]byte{big, little} {
		add(fmt.Sprintf("%x", b), nil)
		add(fmt.Sprintf("%x:%x", b[:2], b[2:]), nil)
		add(fmt.Sprintf("% x", b), nil)
		add(fmt.Sprint(binary.BigEndian.Uint32(b)), nil)
		for _, d := range digests(b) {
			add("", d.sum[:digestPart])
		}
	}
	return ids
}

// addressesOf returns the ways to write the addresses of all.
func addressesOf(all []caller) (ids []identifier) {
	for _, c := range all {
		ids = append(ids, c.identifiers()...)
	}
	return ids
}

// rawAddresses says whose address stands somewhere as its four bytes. In a few
// megabytes of ciphertext one does by chance, once in fifty runs or so. Two of
// them mean that somebody wrote addresses down: whatever happens in a run
// happens to two.
func rawAddresses(e *evidence, all []caller) (found []string) {
	unpack, whose := newUnpacker(), map[caller]bool{}
	for _, x := range e.exhibits {
		unpack.each(x.data, func(layer string, b []byte) {
			for _, c := range all {
				big, little := c.octets()
				if bytes.Contains(b, big) || bytes.Contains(b, little) {
					whose[c] = true
					found = append(found, fmt.Sprintf("the bytes of the address of %s in %s%s", c.who, x.name, layer))
				}
			}
		})
	}
	if len(whose) < 2 {
		return nil
	}
	return found
}

// TestAddressesAreFound is the control: every writing of an address is found.
func TestAddressesAreFound(t *testing.T) {
	t.Parallel()
	s := newSearcher(addressesOf(callers))
	for text, who := range map[string]caller{
		`msg="x" from=127.83.217.46:51234`: firstAgent,
		"[::ffff:7f53:d92e]:1":             firstAgent,
		"7F53D92E":                         firstAgent,
		"2ed9537f":                         firstAgent,
		"7f 53 d9 2e":                      firstAgent,
		"2136201518":                       firstAgent, // python3 -c 'print(0x7f53d92e)'
		"785994623":                        firstAgent, // python3 -c 'print(0x2ed9537f)'
		"eaa0e4e0d0a1c9b5":                 {},
		"ip-127-191-102-233.internal":      secondAgent,
		"233.102.191.127.in-addr.arpa":     secondAgent,
		"MTI3LjE5MS4xMDIuMjMz":             secondAgent, // printf 127.191.102.233 | base64
		"127.191.102.23 and 0.0.0.0":       {},
	} {
		found := s.find("text", []byte(text))
		if who.at == "" && len(found) > 0 {
			t.Errorf("%q holds no address: %v", text, found)
		}
		if who.at != "" && !slices.ContainsFunc(found, func(f finding) bool { return f.needle.of.place == who.who }) {
			t.Errorf("%q, of %s, is not found: %v", text, who.who, found)
		}
	}
}

// TestRawAddressesAreFound is the control of what is found in pairs only.
func TestRawAddressesAreFound(t *testing.T) {
	t.Parallel()
	var e evidence
	e.add("a file", []byte("ab\x7f\x53\xd9\x2ecd")) // of the first agent
	if found := rawAddresses(&e, callers); len(found) != 0 {
		t.Errorf("one address alone is found: %q", found)
	}
	e.add("another file", []byte("ab\xe9\x66\xbf\x7fcd")) // of the second, backwards
	if found := rawAddresses(&e, callers); len(found) != 2 {
		t.Errorf("found %q, want both", found)
	}
}
