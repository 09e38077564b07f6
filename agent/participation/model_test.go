package participation

import (
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// decidedOff is what the model remembers of one programme: the highest revision
// with which an administrator refused, and with which one allowed.
type decidedOff struct {
	off, on uint64
	everOff bool
}

// TestModel tells, restores and restarts in any order. Nothing of it turns what
// an administrator refused into sending without a higher word of one, and
// nothing but `tacit on` takes a user's refusal back.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "model")
		if err != nil {
			rt.Fatal(err)
		}
		w := newWorld(t)
		w.dir, w.relay = dir, true
		r := w.start()
		var copies []string
		model := map[schema.Programme]*decidedOff{schema.CEIP: {}, schema.CSP: {}}
		userOff := false
		switches := rapid.SampledFrom([]wire.Switch{wire.SwitchOn, wire.SwitchOff, wire.Held})
		rt.Repeat(map[string]func(*rapid.T){
			"hear": func(rt *rapid.T) {
				p := policy(rapid.Uint64Range(0, 5).Draw(rt, "revision"), switches.Draw(rt, "ceip"), switches.Draw(rt, "csp"))
				p.Decided = rapid.Bool().Draw(rt, "decided")
				w.hear(r, p)
				for name, m := range model {
					m.heard(p, p.Programme(name))
				}
			},
			"hear none": func(rt *rapid.T) {
				if err := r.HearNone(); err != nil {
					rt.Fatal(err)
				}
			},
			"user": func(rt *rapid.T) {
				if userOff = rapid.Bool().Draw(rt, "off"); userOff {
					w.off(r)
				} else {
					w.on(r)
				}
			},
			"restart": func(*rapid.T) { r = w.start() },
			"copy": func(*rapid.T) {
				copies = append(copies, w.copyOf())
			},
			"restore": func(rt *rapid.T) {
				if len(copies) == 0 {
					rt.Skip()
				}
				w.putBack(rapid.SampledFrom(copies).Draw(rt, "copy"))
				r = w.start()
			},
			"lose all": func(*rapid.T) {
				w.wipe()
				r = w.start()
			},
			"lose the site's file": func(*rapid.T) {
				_ = os.Remove(filepath.Join(w.kept(""), siteFile)) // it may not be there
				r = w.start()
			},
			"": func(rt *rapid.T) {
				d := r.Decide()
				for name, m := range model {
					if p := d.Programme(name); p.MaySend && (userOff || m.refuses()) {
						rt.Fatalf("%s may send by %s (%s): user off %v, decided off %d, on %d", name, p.By, p.Reason, userOff, m.off, m.on)
					}
				}
			},
		})
	})
}

func (m *decidedOff) heard(p wire.Policy, s wire.Switch) {
	switch {
	case !p.Decided:
	case s == wire.SwitchOff:
		m.off, m.everOff = max(m.off, p.Revision), true
	case s == wire.SwitchOn:
		m.on = max(m.on, p.Revision)
	}
}

func (m *decidedOff) refuses() bool { return m.everOff && m.on <= m.off }
