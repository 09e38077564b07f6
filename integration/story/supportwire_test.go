package story

import (
	"bytes"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// tap passes connections on and keeps every byte of both ways.
type tap struct {
	listener net.Listener
	target   string
	pumps    sync.WaitGroup

	mu    sync.Mutex
	bytes bytes.Buffer
	conns []net.Conn
}

func newTap(t *testing.T, target string) *tap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &tap{listener: l, target: target}
	w.pumps.Go(w.accept)
	t.Cleanup(func() {
		_ = l.Close()
		w.mu.Lock()
		for _, c := range w.conns {
			_ = c.Close()
		}
		w.mu.Unlock()
		w.pumps.Wait()
	})
	return w
}

func (w *tap) accept() {
	for {
		from, err := w.listener.Accept()
		if err != nil {
			return // closed, at the end of the test
		}
		to, err := net.Dial("tcp", w.target)
		if err != nil {
			_ = from.Close()
			continue
		}
		w.mu.Lock()
		w.conns = append(w.conns, from, to)
		w.mu.Unlock()
		w.pumps.Go(func() { _, _ = io.Copy(to, io.TeeReader(from, w)); _ = to.Close() })
		w.pumps.Go(func() { _, _ = io.Copy(from, io.TeeReader(to, w)); _ = from.Close() })
	}
}

// Write keeps bytes that pass.
func (w *tap) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.bytes.Write(b)
}

func (w *tap) text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.bytes.String()
}

// TestSupportOnTheWire: an endpoint of its own gives a code, reads who opened its
// history and revokes; neither code nor ID passes the wire, nor stays on either
// machine's disk.
func TestSupportOnTheWire(t *testing.T) {
	t.Parallel()
	site, dir, ledger := rig.Dir(t), rig.Dir(t), new(rig.Ledger)
	up := rig.Up(t, site)
	tapped := rig.ReadSite(t, site)
	wire := newTap(t, tapped.Relay)
	tapped.Relay = wire.listener.Addr().String()
	p := startAgent(t, dir, tapped.AgentConfig(t, dir, "interval: 1s", "window: 100ms"))
	rig.Eventually(t, "the endpoint has heard the site", func() bool { return says(t, dir) == "on" })
	ledger.MustOffer(t, dir, 5)
	id := rig.ID(t, dir)
	rig.Eventually(t, "a page of the endpoint is stored", func() bool { return rig.Tacit(t, "lookup", id, "--data", site).Run(t).Code == 0 })
	c := makeCode(t, dir)
	if r := byCode(t, site, c.Code, "--ticket", "SUP-1"); r.Code != 0 {
		t.Fatalf("by code: exit %d: %s", r.Code, r.Stderr)
	}
	agent := rig.Command{Path: rig.Binary(t, "tacit-agent"), Args: []string{"lookups", "--data", dir}}.Run(t)
	if agent.Code != 0 || !strings.Contains(agent.Stdout, "SUP-1") {
		t.Errorf("tacit-agent lookups: exit %d: %s%s", agent.Code, agent.Stdout, agent.Stderr)
	}
	run(t, dir, "id", "--revoke")
	checkRefused(t, byCode(t, site, c.Code), 1, "no such support code lives")
	p.Interrupt(t)
	up.Interrupt(t)
	if n := strings.Count(wire.text(), "PUB tacit.put "); n < 9 { // a page, a grant, seven questions and an order, at least
		t.Errorf("%d envelopes passed the wire", n)
	}
	for _, d := range []string{site, dir} {
		searchCodes(t, d, wire.text()+up.Text()+p.Text(), c.Code)
		searchID(t, d, wire.text()+p.Text(), id)
	}
}
