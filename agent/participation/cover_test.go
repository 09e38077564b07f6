package participation

import (
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

func (w *world) wantRelease(d Decision, covered, inUse uint32) {
	w.t.Helper()
	if d.Release != covered || d.Registry != inUse {
		w.t.Errorf("covers release %d of %d, want %d of %d", d.Release, d.Registry, covered, inUse)
	}
}

// Without a site, the release at the first yes is covered until a user
// acknowledges a later one.
func TestReleaseOfAHost(t *testing.T) {
	w := newWorld(t)
	w.release, w.preset = 2, registry.DefaultAsk
	w.start().Decide() // asked, not answered: nothing is covered yet
	w.release, w.preset = 3, registry.DefaultOn
	w.wantRelease(w.start().Decide(), 3, 3)
	w.release = 4
	w.wantRelease(w.start().Decide(), 3, 4)
	r := w.start()
	w.on(r)
	w.wantRelease(r.Decide(), 4, 4)
	w.release = 5
	w.wantRelease(w.start().Decide(), 4, 5)
	w.off(r)
	w.wantRelease(w.start().Decide(), 4, 5)
	w.on(r) // the same word again acknowledges too
	w.on(r)
	w.wantRelease(w.start().Decide(), 5, 5)
	w.release = 4 // an older build
	w.on(w.start())
	w.release = 5
	w.wantRelease(w.start().Decide(), 5, 5)
}

// The site acknowledges for all its hosts, whatever a host says.
func TestReleaseOfASite(t *testing.T) {
	w := newWorld(t)
	w.relay, w.release = true, 4
	r := w.start()
	p := byDefault(on(7))
	p.Release = 3
	w.hear(r, p)
	w.wantRelease(r.Decide(), 3, 4)
	w.on(r)
	w.wantRelease(r.Decide(), 3, 4)
	p = on(8)
	p.Release = 4
	w.hear(r, p)
	w.wantRelease(r.Decide(), 4, 4)
	if d := w.start().Decide(); d.Revision != 8 {
		t.Errorf("revision %d", d.Revision)
	}
}

// A file of the build that knew one switch and no release is read.
func TestMemoryOfAnOlderBuild(t *testing.T) {
	const old = `{"n":1,"time":"2026-11-20T08:00:00Z","act":"decided","state":"on","by":"programme","prev":"0000000000000000000000000000000000000000000000000000000000000000"}` + "\n"
	w := newWorld(t)
	w.release = 2
	w.mkdir(w.kept(""))
	w.write(w.kept(historyFile), old)
	w.write(w.kept(memoryFile), `{"state":"on","by":"programme","since":"2026-11-20T08:00:00Z","agreed":true,"entries":1,"head":"`+headOf(t, old)+`"}`)
	r := w.start()
	d := r.Decide()
	w.want(d, On, "programme")
	w.wantRelease(d, 1, 2)
	for _, p := range d.Programmes {
		if p.Since.Format("2006-01-02") != "2026-11-20" {
			t.Errorf("%s since %v", p.Name, p.Since)
		}
	}
	if got := w.read(w.kept(historyFile)); got != old {
		t.Errorf("the history changed though nothing was decided: %s", got)
	}
	w.write(w.path("policy.yaml"), "participation: maybe\n")
	if d := r.Decide(); d.State != Unknown || !d.MayCollect {
		t.Errorf("after a yes: %v, may collect %v", d.State, d.MayCollect)
	}
}

func headOf(t *testing.T, log string) string {
	t.Helper()
	h := parseHistory([]byte(log))
	if h.err != nil {
		t.Fatal(h.err)
	}
	head, err := h.chain.Head().MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	return string(head)
}

func TestLevelIsTheLower(t *testing.T) {
	enhanced, standard := schema.Enhanced, schema.Standard
	for _, c := range []struct {
		machine string
		relay   bool
		told    schema.Level // "": not heard; "none": the relay has no policy
		want    schema.Level
	}{
		{"", false, "", standard}, {"level: enhanced\n", false, "", enhanced}, {"level: standard\n", false, "", standard},
		{"", true, "", standard}, {"level: enhanced\n", true, "", standard},
		{"", true, "none", standard}, {"level: enhanced\n", true, "none", enhanced},
		{"", true, standard, standard}, {"", true, enhanced, enhanced},
		{"level: enhanced\n", true, enhanced, enhanced}, {"level: enhanced\n", true, standard, standard},
		{"level: standard\n", true, enhanced, standard}, {"level: full\n", true, enhanced, standard},
	} {
		w := newWorld(t)
		w.relay = c.relay
		w.write(w.path("policy.yaml"), c.machine)
		r := w.start()
		switch c.told {
		case "":
		case "none":
			if err := r.HearNone(); err != nil {
				t.Fatal(err)
			}
		default:
			p := on(5)
			p.Level = c.told
			w.hear(r, p)
		}
		if got := r.Decide().Level; got != c.want {
			t.Errorf("machine %q, site %q: %s, want %s", c.machine, c.told, got, c.want)
		}
	}
	w := newWorld(t)
	w.relay = true
	r := w.start()
	p := on(5)
	p.Level = enhanced
	w.hear(r, p, on(3))
	if got := r.Decide().Level; got != standard {
		t.Errorf("of a relay that was rolled back: %s", got)
	}
}
