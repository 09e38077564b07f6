package story

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestRefusedDialsNobody runs cycles under each refusal that an environment can
// say: nothing is sent, nothing is stored, nobody is called. Without one, the
// same observers see what they look for.
func TestRefusedDialsNobody(t *testing.T) {
	t.Parallel()
	if !alone(t) {
		return
	}
	w := watchWire(t)
	checkWire(t, w)
	before := w.dials()
	allowed := rig.Dir(t)
	once(t, allowed).JSON(t, new(cycle))
	if w.dials() == before {
		t.Fatal("without a refusal, no dial was seen: the observer sees nothing")
	}
	if !months(t, allowed) {
		t.Fatal("without a refusal, no month was seen in the store: the observer sees nothing")
	}
	for _, env := range []string{"DO_NOT_TRACK=1", "DO_NOT_TRACK=yes", "TACIT_TELEMETRY=off"} {
		before := w.dials()
		dir := rig.Dir(t)
		var c cycle
		r := once(t, dir, env).Run(t)
		if err := json.Unmarshal([]byte(r.Stdout), &c); err != nil || r.Code != 0 || c.Sent != 0 || c.Reason == "" || !strings.Contains(r.Stdout, `"sent": 0`) {
			t.Errorf("%s: exit %d: %s%s", env, r.Code, r.Stdout, r.Stderr)
		}
		if n := w.dials() - before; n != 0 {
			t.Errorf("%s: %d dials", env, n)
		}
		checkNothingStored(t, dir, c.ID, env)
	}
}

// checkWire dials as Tacit would, to loopback and elsewhere, and wants to see
// it.
func checkWire(t *testing.T, w *wire) {
	t.Helper()
	for _, to := range []string{"127.0.0.1:9", "192.0.2.1:9"} {
		before := w.dials()
		if c, err := net.DialTimeout("tcp", to, 50*time.Millisecond); err == nil {
			_ = c.Close()
		}
		rig.Eventually(t, "a dial to "+to+" is seen", func() bool { return w.dials() > before })
	}
}

func checkNothingStored(t *testing.T, dir, id, env string) {
	t.Helper()
	if months(t, dir) {
		t.Errorf("%s: the store holds a month", env)
	}
	if text := run(t, dir, "outbox", "--json"); strings.TrimSpace(text) != "[]" {
		t.Errorf("%s: in the outbox: %s", env, text)
	}
	checkRefused(t, rig.Tacit(t, "lookup", id, "--data", dir).Run(t), 1, "no pages for this ID")
}

// months says whether the store below dir holds a month of anything.
func months(t *testing.T, dir string) bool {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "store"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "20") {
			return true
		}
	}
	return false
}

// TestOffIsOff refuses while Tacit runs. Within a second the connection is
// gone; nobody is called and nothing accepted until the same user takes it
// back, whatever ends the process in between.
func TestOffIsOff(t *testing.T) {
	t.Parallel()
	if !alone(t) {
		return
	}
	dir, ledger, w := rig.Dir(t), new(rig.Ledger), watchWire(t)
	p := rig.Up(t, dir)
	id := deliver(t, dir, ledger)
	hangsUp(t, p, dir, func() { run(t, dir, "off") })
	before := w.dials()
	checkOff(t, dir, ledger)
	if took, code := p.Interrupt(t); took > 2*time.Second || code != 0 {
		t.Errorf("Ctrl-C while off: %v, exit %d", took, code)
	}
	p = rig.Up(t, dir)
	checkOff(t, dir, ledger)
	p.Kill()
	p = rig.Up(t, dir)
	checkOff(t, dir, ledger)
	time.Sleep(4 * time.Second) // longer than any pause between two rounds of sending
	if n := w.dials() - before; n != 0 {
		t.Errorf("%d dials while off", n)
	}
	if n := established(t, p.PID(), rig.ReadSite(t, dir).Relay); n != 0 {
		t.Errorf("%d ends of connections while off", n)
	}
	run(t, dir, "on")
	if got := deliver(t, dir, ledger); got != id {
		t.Errorf("off and on made %s of %s", got, id)
	}
	ledger.CheckExact(t, rig.Lookup(t, dir, id))
}

// TestKillFile refuses by the administrator's file while Tacit runs, and takes
// it away again.
func TestKillFile(t *testing.T) {
	t.Parallel()
	if !alone(t) {
		return
	}
	etc := ownEtc(t)
	dir, ledger := rig.Dir(t), new(rig.Ledger)
	p := rig.Up(t, dir)
	id := deliver(t, dir, ledger)
	kill := filepath.Join(etc, "off")
	hangsUp(t, p, dir, func() { write(t, kill, "") })
	checkOff(t, dir, ledger)
	if err := os.Remove(kill); err != nil {
		t.Fatal(err)
	}
	deliver(t, dir, ledger)
	ledger.CheckExact(t, rig.Lookup(t, dir, id))
}

// TestUnreadablePolicy has a machine policy that is none: unknown is never on.
func TestUnreadablePolicy(t *testing.T) {
	t.Parallel()
	if !alone(t) {
		return
	}
	policy, w, dir := filepath.Join(ownEtc(t), "policy.yaml"), watchWire(t), rig.Dir(t)
	for _, text := range []string{"participation: on\nparticipation: off\n", "\x00\xff", "telemetry: yes please\n", "- on\n"} {
		write(t, policy, text)
		var c cycle
		once(t, dir).JSON(t, &c)
		if c.Sent != 0 || !strings.Contains(c.Reason, policy) {
			t.Errorf("with policy %q: sent %d: %s", text, c.Sent, c.Reason)
		}
		var why struct{ State, By string }
		if err := json.Unmarshal([]byte(run(t, dir, "why", "--json")), &why); err != nil || why.State != "unknown" || why.By != "machine_policy" {
			t.Errorf("with policy %q: why says %+v, %v", text, why, err)
		}
	}
	if n := w.dials(); n != 0 {
		t.Errorf("%d dials", n)
	}
}

// hangsUp does what refuses, and wants the connection to the relay gone within
// a second.
func hangsUp(t *testing.T, p *rig.Process, dir string, refuse func()) {
	t.Helper()
	relay := rig.ReadSite(t, dir).Relay
	if established(t, p.PID(), relay) == 0 {
		t.Fatal("the agent has no connection to the relay: nothing to see")
	}
	refuse()
	start := time.Now()
	rig.Eventually(t, "the connection to the relay is gone", func() bool { return established(t, p.PID(), relay) == 0 })
	if took := time.Since(start); took > time.Second {
		t.Errorf("the connection stayed for %v after the refusal", took)
	}
}

// checkOff offers and tries to send while off.
func checkOff(t *testing.T, dir string, ledger *rig.Ledger) {
	t.Helper()
	answers, err := ledger.Offer(t.Context(), dir, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range answers {
		if a.Status != "dropped" || a.Reason != "off" {
			t.Errorf("while off, a record is %s: %s", a.Status, a.Reason)
		}
	}
	var sent cycle
	if err := json.Unmarshal([]byte(run(t, dir, "send", "--json")), &sent); err != nil || sent.Sent != 0 || sent.Reason == "" {
		t.Errorf("while off, send says %+v, %v", sent, err)
	}
	var why struct {
		State string
		Send  bool `json:"may_send"`
	}
	if err := json.Unmarshal([]byte(run(t, dir, "why", "--json")), &why); err != nil || why.State != "off" || why.Send {
		t.Errorf("while off, why says %+v, %v", why, err)
	}
}
