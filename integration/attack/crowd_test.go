package attack

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// Sizes of what one stranger, or all together, try at a door.
const (
	manySubscriptions = 10_000
	manyConnections   = 5_000
	manyHandshakes    = 200
	manyAnswers       = 120_000 // of some 200 bytes each
	batch             = 2_000   // of these at a time
	mostLines         = 200     // of a relay's log, whatever strangers do
)

// served wants that others are served as if nothing happened: somebody new
// comes in and is answered, and the records of the product's agents arrive.
func (f *field) served(t *testing.T, while string) {
	t.Helper()
	begun := time.Now()
	v := newVictim(t, f.site, siteVictim)
	v.policy(t)
	v.conn.Close()
	answered := time.Since(begun)
	f.arrives(t)
	t.Logf("%s: answered after %v, records stored after %v", while, answered.Round(time.Millisecond), time.Since(begun).Round(time.Millisecond))
}

// mutes has somebody begin not to read, while others are served.
func (f *field) mutes(t *testing.T) {
	f.mute = newMute(f.whole, f.site)
	f.served(t, "while somebody does not read")
}

// crowded tries to use up what the site's relay has.
func (f *field) crowded(t *testing.T) {
	subscriber(t, f.site)
	f.served(t, "beside many subscriptions")
	end := flood(t, f.site)
	if n := f.count(t, "tacit_relay_connections"); n < manyConnections/2 {
		t.Errorf("only %v of %d connections are there: this proves nothing", n, manyConnections)
	}
	f.served(t, "in a flood of connections")
	end()
	f.mute.isCutOff(t)
	if lines := strings.Count(f.Site.Text(), "\n"); lines > mostLines {
		t.Errorf("the site's relay logged %d lines", lines)
	}
	rig.Eventually(t, "all have left but the agents", func() bool { return f.count(t, "tacit_relay_agents") == float64(len(f.agents)) })
}

// subscriber subscribes far more than it may of its own inbox.
func subscriber(t *testing.T, d *doorway) {
	said := make(chan error, manySubscriptions)
	c, name := d.guest(t, crowdRogue, d.credential, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { said <- err }))
	defer c.Close()
	for i := range manySubscriptions {
		if _, err := c.Subscribe(fmt.Sprintf("%s.%d", inboxOf(name), i), func(*nats.Msg) {}); err != nil {
			break // it may have been cut off
		}
	}
	_ = c.FlushTimeout(rig.Patience) // the same
	select {
	case err := <-said:
		if !strings.Contains(err.Error(), "maximum subscriptions exceeded") {
			t.Errorf("%d subscriptions: %v", manySubscriptions, err)
		}
	case <-time.After(rig.Patience):
		t.Errorf("%d subscriptions are allowed", manySubscriptions)
	}
}

// mute asks and asks, and does not read the answers.
type mute struct{ line *line }

// newMute asks for more answers than the machines between hold, batch by batch
// and with somebody else between, so that few are dropped.
func newMute(t testing.TB, d *doorway) *mute {
	t.Helper()
	m := &mute{openLine(t, d, crowdRogue)}
	if err := m.line.conn.SetDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	name := rand.Text()
	m.line.say("CONNECT %s\r\nSUB %s.> 1\r\nPING\r\n", greeting(name, d.credential), inboxOf(name))
	m.line.until("PONG")
	other, _ := d.guest(t, crowdRogue, d.credential)
	defer other.Close()
	asks := strings.Repeat("PUB tacit.get.keys "+inboxOf(name)+".x 0\r\n\r\n", batch)
	for asked := 0; asked < manyAnswers; asked += batch {
		if _, err := io.WriteString(m.line.conn, asks); err != nil {
			break // it is cut off
		}
		rig.Eventually(t, "somebody else is answered", func() bool { // who asks again when the relay has too much to answer
			_, err := other.Request("tacit.get.keys", nil, time.Second)
			return err == nil
		})
	}
	return m
}

// isCutOff wants that the relay hangs up.
func (m *mute) isCutOff(t *testing.T) {
	t.Helper()
	rig.Eventually(t, "who does not read is cut off", func() bool {
		_, err := io.WriteString(m.line.conn, "PING\r\n")
		return err != nil
	})
}

// flood opens connections from several networks, because a relay takes only so
// many of one that say nothing, and lets them wait, some of them with TLS done.
// The function that it returns ends them.
func flood(t *testing.T, d *doorway) (end func()) {
	t.Helper()
	d.plain(t, crowd)
	var (
		mu    sync.Mutex
		conns []net.Conn
		wg    sync.WaitGroup
	)
	for n := range 8 {
		wg.Go(func() {
			at := net.ParseIP(crowd.at).To4()
			at[2] += byte(n) // a network of its own
			dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: at}, Timeout: rig.Patience}
			for range manyConnections / 8 {
				c, err := dialer.DialContext(t.Context(), "tcp", d.address)
				if err != nil {
					t.Errorf("connect: %v", err)
					return
				}
				mu.Lock()
				conns = append(conns, c)
				mu.Unlock()
			}
		})
	}
	for range manyHandshakes {
		_ = d.secret(t, crowdRogue) // ended with the test
	}
	wg.Wait()
	return func() {
		for _, c := range conns {
			_ = c.Close()
		}
	}
}

// count returns one of the site's numbers in /metrics.
func (f *field) count(t testing.TB, name string) float64 {
	t.Helper()
	r, err := http.Get(f.site.metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	m := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindSubmatch(text)
	if err != nil || m == nil {
		t.Fatal(errors.Join(err, fmt.Errorf("no %s in /metrics", name)))
	}
	n, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
