package story

import (
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestResetEndsCodes: who becomes another installation, by a reset or an erasure,
// takes back what opens the one before.
func TestResetEndsCodes(t *testing.T) {
	t.Parallel()
	dir := rig.Dir(t)
	p := rig.Up(t, dir)
	for _, become := range [][]string{{"id", "reset"}, {"erase"}} {
		deliver(t, dir, new(rig.Ledger))
		c := makeCode(t, dir)
		if r := byCode(t, dir, c.Code); r.Code != 0 {
			t.Fatalf("%s: while it lives: exit %d: %s", become, r.Code, r.Stderr)
		}
		run(t, dir, become...)
		rig.Eventually(t, "the code is dead", func() bool {
			r := byCode(t, dir, c.Code)
			return r.Code == 1 && strings.Contains(r.Stderr, "no such support code lives")
		})
		if text := run(t, dir, "outbox", "list"); !strings.Contains(text, "grant") {
			t.Errorf("%s: the order to revoke is not in the outbox:\n%s", become, text)
		}
	}
	if _, code := p.Interrupt(t); code != 0 {
		t.Errorf("up ends with exit code %d", code)
	}
}

// TestCodeSurvivesACrash: a code that is made while nobody is reached says so, and
// opens when the site is there again, although its agent was killed meanwhile. So
// is one that was taken back dead.
func TestCodeSurvivesACrash(t *testing.T) {
	t.Parallel()
	site, dir, ledger := rig.Dir(t), rig.Dir(t), new(rig.Ledger)
	up := rig.Up(t, site)
	config := rig.AgentConfig(t, site, dir, "interval: 1s", "window: 100ms")
	p := startAgent(t, dir, config)
	rig.Eventually(t, "the endpoint has heard the site", func() bool { return says(t, dir) == "on" })
	ledger.MustOffer(t, dir, 5)
	id := rig.ID(t, dir)
	rig.Eventually(t, "a page of the endpoint is stored", func() bool { return rig.Tacit(t, "lookup", id, "--data", site).Run(t).Code == 0 })
	before := makeCode(t, dir)
	up.Kill()
	late := unconfirmedCode(t, dir)
	p.Kill()
	up = rig.Up(t, site)
	config = rig.AgentConfig(t, site, dir, "interval: 1h", "window: 100ms")
	p = startAgent(t, dir, config)
	rig.Eventually(t, "the code opens", func() bool { return byCode(t, site, late.Code).Code == 0 })
	if r := byCode(t, site, before.Code); r.Code != 0 {
		t.Errorf("the earlier one: exit %d: %s", r.Code, r.Stderr)
	}
	up.Kill()
	r := rig.Tacit(t, "id", "--revoke", "--data", dir).Run(t)
	checkRefused(t, r, 1, "not every support code is revoked yet", "it goes on by itself")
	p.Kill()
	up = rig.Up(t, site)
	p = startAgent(t, dir, rig.AgentConfig(t, site, dir, "interval: 1h", "window: 100ms"))
	for _, c := range []code{before, late} {
		rig.Eventually(t, "the code is dead", func() bool {
			return strings.Contains(byCode(t, site, c.Code).Stderr, "no such support code lives")
		})
	}
	p.Interrupt(t)
	up.Interrupt(t)
	searchCodes(t, dir, p.Text(), before.Code, late.Code)
	searchCodes(t, site, up.Text(), before.Code, late.Code)
}

// unconfirmedCode makes a support code that the store does not have yet, and says
// so.
func unconfirmedCode(t *testing.T, dir string) (c code) {
	t.Helper()
	var told struct {
		code
		Reason string
	}
	rig.Tacit(t, "id", "--for-support", "--json", "--data", dir).JSON(t, &told)
	if told.Confirmed || !strings.Contains(told.Reason, "tried again") && !strings.Contains(told.Reason, "goes on") {
		t.Errorf("nobody is reached, and it is %+v", told)
	}
	return told.code
}
