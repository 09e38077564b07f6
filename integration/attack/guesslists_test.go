package attack

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ownAddress is an IPv4 address of this host, and ownMAC a MAC.
func ownAddress(t testing.TB) netip.Addr {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	own := netip.MustParseAddr("127.0.0.1") // of a host that has no other
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() && !p.Addr().IsLoopback() {
			own = p.Addr()
		}
	}
	return own
}

func ownMAC(t testing.TB) net.HardwareAddr {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if len(i.HardwareAddr) == 6 {
			return i.HardwareAddr
		}
	}
	return net.HardwareAddr{0x52, 0x54, 0, 0x12, 0x34, 0x56} // of a host that has none
}

// addresses are IPv4 addresses: all of them, or some everywhere and those
// around one.
func addresses(own netip.Addr, n uint64) space {
	center := uint64(binary.BigEndian.Uint32(own.AsSlice()))
	return space{n, func(i uint64, b []byte) []byte {
		switch {
		case n == 1<<32:
		case i < n/2:
			i = (center + i - n/4) % (1 << 32)
		default:
			i = (i - n/2) * (1 << 33 / n)
		}
		return netip.AddrFrom4([4]byte{byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)}).AppendTo(b)
	}}
}

// vendors are ranges of MACs that makers of cards and of virtual machines have.
var vendors = []string{
	"000569", "000c29", "001c14", "005056", "00155d", "080027", "525400", "00163e", "001c42", "0242ac", "02420a",
	"001b21", "00e04c", "3c0630", "a45e60", "b827eb", "dca632", "f01898",
}

// macs are some MACs of every vendor, and n around one of this host, or all of
// its range.
func macs(own net.HardwareAddr, n uint64) space {
	const each = 1 << 6
	low := uint64(own[3])<<16 | uint64(own[4])<<8 | uint64(own[5])
	return space{n + each*uint64(len(vendors)), func(i uint64, b []byte) []byte {
		mac := slices.Clone(own)
		if i < n {
			i += low + 1<<24 - n/2
		} else {
			i -= n
			_, _ = hex.Decode(mac, []byte(vendors[i/each])) // they are hex
			i = i % each * (1 << 24 / each)
		}
		mac[3], mac[4], mac[5] = byte(i>>16), byte(i>>8), byte(i)
		return append(b, mac.String()...)
	}}
}

// givenNames are common.
var givenNames = strings.Fields(`
	james mary robert patricia john jennifer michael linda david elizabeth william barbara richard susan joseph
	jessica thomas sarah charles karen anna peter maria hans ursula daniel sandra markus nicole andrea stefan
	marie jean pierre sophie luca giulia marco francesca ahmed fatima mohammed aisha wei li na yuki hiroshi
	ivan olga sven astrid lars ingrid jose carmen antonio lucia`)

// ownAccount is the account that runs this test.
func ownAccount(t testing.TB) string {
	t.Helper()
	own, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return own.Username
}

// accounts are names of accounts: of people, of what comes with systems, and of
// this host.
func accounts(own string) []string {
	out := []string{"root", "admin", "administrator", "user", "guest", "ubuntu", "debian", "pi", "ec2-user", "vagrant", "jenkins", "postgres", own}
	for _, name := range givenNames {
		for _, c := range "abcdefghijklmnopqrstuvwxyz" {
			out = append(out, name+string(c), string(c)+name, name+"."+string(c))
		}
	}
	return append(out, givenNames...)
}

// words are those of the documents of this repository, and packages those that
// it is built from.
func words(t testing.TB) []string {
	t.Helper()
	texts, err := filepath.Glob(filepath.Join("..", "..", "*.md"))
	if err != nil || len(texts) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	return matches(t, regexp.MustCompile(`[A-Za-z]{3,}`), texts...)
}

func packages(t testing.TB) []string {
	t.Helper()
	return matches(t, regexp.MustCompile(`(?m)^\S+\.\S+/\S+`), filepath.Join("..", "..", "go.sum"))
}

func matches(t testing.TB, what *regexp.Regexp, files ...string) (out []string) {
	t.Helper()
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, what.FindAllString(string(b), -1)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// countries are all codes of two letters.
func countries() (out []string) {
	for _, first := range "ABCDEFGHIJKLMNOPQRSTUVWXYZ" {
		for _, second := range "ABCDEFGHIJKLMNOPQRSTUVWXYZ" {
			out = append(out, string(first)+string(second))
		}
	}
	return out
}

// versions are the likely ones.
func versions() (out []string) {
	for major := range 20 {
		for minor := range 20 {
			for patch := range 20 {
				out = append(out, fmt.Sprintf("%d.%d.%d", major, minor, patch))
			}
		}
	}
	return out
}

// TestSpaces checks that what a host has is among what is tried, and that all of
// IPv4 is all of it.
func TestSpaces(t *testing.T) {
	t.Parallel()
	address, mac := netip.MustParseAddr("255.255.255.250"), net.HardwareAddr{2, 0x42, 0xac, 0, 0, 3}
	for name, c := range map[string]struct {
		space
		value string
	}{
		"some addresses": {addresses(address, 1<<11), address.String()},
		"some MACs":      {macs(mac, 1<<11), mac.String()},
	} {
		seen := map[string]bool{}
		for i := range c.size {
			seen[string(c.at(i, nil))] = true
		}
		if least := c.size * 9 / 10; !seen[c.value] || uint64(len(seen)) < least {
			t.Errorf("%s are %d of %d, and what the host has is among them: %v", name, len(seen), c.size, seen[c.value])
		}
	}
	if got := string(macs(mac, 1<<24).at(1<<23, nil)); got != mac.String() {
		t.Errorf("in the middle of all MACs of its maker is %s, not %s", got, mac)
	}
	all := addresses(address, 1<<32)
	for i, want := range map[uint64]string{0: "0.0.0.0", 1: "0.0.0.1", 10<<24 | 83<<16 | 217<<8 | 46: "10.83.217.46", all.size - 1: "255.255.255.255"} {
		if got := string(all.at(i, nil)); got != want {
			t.Errorf("address %d of all is %s, not %s", i, got, want)
		}
	}
}
