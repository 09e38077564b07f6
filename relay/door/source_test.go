package door

import (
	"crypto/rand"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/nats-io/nats.go"
)

// addressed is a connection that says where it comes from.
type addressed struct {
	net.Conn
	from net.Addr
}

func (a addressed) RemoteAddr() net.Addr { return a.from }

// by makes a client come from a loopback address.
func by(address string) nats.Option {
	return nats.SetCustomDialer(&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}})
}

func TestPrefixOf(t *testing.T) {
	for from, want := range map[string]string{
		"192.0.2.77:5000":             "192.0.2.0/24",
		"[::ffff:192.0.2.77]:5000":    "192.0.2.0/24",
		"[2001:db8:1:2::3]:5000":      "2001:db8:1::/48",
		"[fe80::1%eth0]:5000":         "fe80::/48",
		"[2001:db8:1:ffff::ffff]:443": "2001:db8:1::/48",
	} {
		c := addressed{from: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from))}
		if got := prefixOf(c); got.String() != want {
			t.Errorf("%s is of %s, want %s", from, got, want)
		}
	}
	if got := prefixOf(addressed{from: &net.UnixAddr{Name: "x"}}); got != (netip.Prefix{}) {
		t.Errorf("no address is of %s", got)
	}
}

// TestSource has agents come with several credentials and from two networks, and
// compares under which numbers they count, today and tomorrow.
func TestSource(t *testing.T) {
	cfg := config(t)
	cfg.StoreCredential, cfg.SiteCredentials = storeCredential, []string{"site one", "site two"}
	d := open(t, cfg)
	const day = 20000
	type source struct {
		site    int
		network uint64
	}
	here := func(password, from string) (name string, s source) {
		t.Helper()
		name = rand.Text()
		c, err := dial(d, name, password, by(from))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		s.site, s.network = d.Source(name, day)
		return name, s
	}
	a, plain := here(credential, "127.0.0.1")
	_, one := here("site one", "127.0.0.9")
	_, two := here("site two", "127.0.1.1")
	if plain.site != 0 || one.site != 1 || two.site != 2 {
		t.Errorf("sites %d, %d, %d, want 0, 1, 2", plain.site, one.site, two.site)
	}
	if plain.network != one.network || one.network == two.network || plain.network == 0 {
		t.Errorf("networks %x, %x, %x, want the first two alike", plain.network, one.network, two.network)
	}
	if _, tomorrow := d.Source(a, day+1); tomorrow == plain.network {
		t.Error("a network has the number of the day before")
	}
	if _, again := d.Source(a, day); again == plain.network {
		t.Error("the number of a day that has ended can be made again")
	}
	if _, s := here(storeCredential, "127.0.0.1"); s != (source{}) {
		t.Errorf("a store counts as %+v", s)
	}
	if site, network := d.Source("nobody", day); site != 0 || network != 0 {
		t.Error("nobody counts")
	}
	if c, err := dial(d, rand.Text(), "site three"); err == nil {
		c.Close()
		t.Error("a credential of no site came in")
	}
}

// halfOpen opens connections on which nothing is said, until there are n.
func halfOpen(t *testing.T, d *Door, n int) (silent []net.Conn) {
	t.Helper()
	for range n {
		c, err := net.Dial("tcp", d.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		silent = append(silent, c)
	}
	eventually(t, fmt.Sprintf("%d are half open", n), func() bool {
		d.guests.mu.Lock()
		defer d.guests.mu.Unlock()
		return slices.Contains(slices.Collect(maps.Values(d.guests.halfOpen)), n)
	})
	return silent
}

// TestHalfOpen has one network hold as many connections as it may without a word;
// others still come in, and it does again when these are gone.
func TestHalfOpen(t *testing.T) {
	d := open(t, config(t))
	d.guests.mu.Lock()
	d.guests.maxHalfOpen = 5
	d.guests.mu.Unlock()
	silent := halfOpen(t, d, 5)
	for tries := 1; d.Stats().Refused.HalfOpen == 0; tries++ {
		if c, err := dial(d, rand.Text(), credential); err == nil {
			c.Close()
			if tries == 5 {
				t.Fatal("a sixth of the network came in")
			}
			silent = append(silent, halfOpen(t, d, 5)...) // a busy machine: those before were given up meanwhile
		}
	}
	other := guest(t, d, rand.Text(), by("127.0.7.1"))
	if !other.IsConnected() {
		t.Error("another network is kept out")
	}
	for _, c := range silent {
		_ = c.Close()
	}
	eventually(t, "the network may come in again", func() bool {
		c, err := dial(d, rand.Text(), credential)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	for range 20 { // those that have greeted do not count
		guest(t, d, rand.Text())
	}
	if n := d.Stats().Refused.HalfOpen; n > 50 {
		t.Errorf("%d were refused", n)
	}
	other.Close()
	eventually(t, "nothing is counted as half open", func() bool {
		d.guests.mu.Lock()
		defer d.guests.mu.Unlock()
		return len(d.guests.halfOpen) == 0
	})
}
