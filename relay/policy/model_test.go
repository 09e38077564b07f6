package policy

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// TestOffStaysOff: whatever is saved, restored, damaged and restarted, in any
// order, a programme that an administrator turned off is not on until somebody
// turns it on, and revisions do not fall, except to hold.
//
// Left out are the two things that a host cannot tell, and agents do: log and
// witness put back together, and both taken away.
func TestOffStaysOff(t *testing.T) {
	root := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp(root, "site")
		if err != nil {
			t.Fatal(err)
		}
		w := &world{site: siteIn(t, dir)}
		w.p = w.open()
		w.backups = [][]byte{w.read(w.log())}
		t.Repeat(map[string]func(*rapid.T){
			"save":            w.saves,
			"save and killed": w.killed,
			"note":            func(t *rapid.T) { w.must(w.p.Note(t.Context(), "restored", "anna")) },
			"restart":         func(*rapid.T) { w.restarts() },
			"look":            func(*rapid.T) { w.p.look(0) },
			"restore":         w.restores,
			"damage":          w.damages,
			"damage witness":  w.damagesWitness,
			"":                w.check,
		})
	})
}

// world is a site, and what its administrators may rely on.
type world struct {
	*site
	p       *Policy
	backups [][]byte // of the log; nil is a log that is gone
	wants   Settings // what the last Save said; zero before the first
	told    uint64
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// check is what must hold after every step.
func (w *world) check(t *rapid.T) {
	got := w.p.Wire()
	for _, v := range []struct{ want, got wire.Switch }{{w.wants.CEIP, got.CEIP}, {w.wants.CSP, got.CSP}} {
		if v.want == wire.SwitchOff && v.got == wire.SwitchOn {
			t.Fatalf("%+v is on, and %+v was saved", got, w.wants)
		}
	}
	if s := w.p.State(); s.Trouble == "" && w.wants.Level != "" && s.Last.Settings != w.wants {
		t.Fatalf("%+v, and %+v was saved", s, w.wants)
	}
	if w.p.State().Trouble == "" {
		if got.Revision < w.told {
			t.Fatalf("revision %d after %d", got.Revision, w.told)
		}
		w.told = got.Revision
	}
	w.now = w.now.Add(time.Minute)
}

func (w *world) saves(t *rapid.T) {
	switches := rapid.SampledFrom([]wire.Switch{wire.SwitchOn, wire.SwitchOff})
	s := Settings{CEIP: switches.Draw(t, "ceip"), CSP: switches.Draw(t, "csp"), Level: on.Level}
	w.p.look(0) // the console shows the newest
	w.save(w.p, s)
	w.wants = s
	w.backups = append(w.backups, w.read(w.log()))
}

// killed is a Save whose process was killed between log and witness, and
// another start after it.
func (w *world) killed(t *rapid.T) {
	if w.restarts(); w.p.State().Trouble != "" {
		t.Skip("a Save that mends has more steps; TestKilledWhileMending has them")
	}
	witness := w.read(w.c.Witness)
	w.saves(t)
	w.put(w.c.Witness, witness)
	w.restarts()
}

// restarts begins another process. Without a witness it knows no revision but
// those that it can read, of which a damaged log may have any.
func (w *world) restarts() {
	if _, err := readWitness(w.c.Witness); err != nil {
		w.told = 0
	}
	w.p = w.open()
}

// restores puts an older log back, or takes it away.
func (w *world) restores(t *rapid.T) {
	if w.read(w.c.Witness) == nil {
		t.Skip("nobody could tell")
	}
	b := rapid.SampledFrom(append(w.backups, nil)).Draw(t, "backup")
	w.put(w.log(), b)
}

func (w *world) damages(t *rapid.T) {
	if w.read(w.c.Witness) == nil {
		t.Skip("nobody could tell a line that is missing at the end")
	}
	b := w.read(w.log())
	if len(b) == 0 {
		t.Skip("nothing to damage")
	}
	at := rapid.IntRange(0, len(b)-1).Draw(t, "at")
	switch rapid.IntRange(0, 2).Draw(t, "how") {
	case 0:
		b[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
	case 1:
		b = b[:at]
	default:
		b = append(b[:at:at], append(rapid.SliceOfN(rapid.Byte(), 1, 9).Draw(t, "bytes"), b[at:]...)...)
	}
	w.put(w.log(), b)
}

// damagesWitness damages it, or takes it away where the log is whole.
func (w *world) damagesWitness(t *rapid.T) {
	if rapid.Bool().Draw(t, "remove") {
		w.p.look(0)
		if fresh := w.open(); w.p.State().Trouble != "" || fresh.State().Trouble != "" {
			t.Skip("nobody could tell")
		}
		w.put(w.c.Witness, nil)
		return
	}
	w.must(os.MkdirAll(filepath.Dir(w.c.Witness), 0o700))
	w.put(w.c.Witness, rapid.SliceOfN(rapid.Byte(), 1, 60).Draw(t, "witness"))
}
