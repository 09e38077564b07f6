package participation

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

func (w *world) debug(r *Resolver, d time.Duration) {
	w.t.Helper()
	if err := r.Debug(w.t.Context(), d); err != nil {
		w.t.Fatal(err)
	}
}

// TestDebugEnds: after its time, over restarts, by hand, and with a refusal.
func TestDebugEnds(t *testing.T) {
	begin := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		do   func(w *world, r *Resolver) *Resolver
		want bool
	}{
		"at once":             {func(_ *world, r *Resolver) *Resolver { return r }, true},
		"after a restart":     {func(w *world, _ *Resolver) *Resolver { return w.start() }, true},
		"at its last second":  {func(w *world, r *Resolver) *Resolver { w.now = begin.Add(time.Hour - time.Second); return r }, true},
		"after its time":      {func(w *world, r *Resolver) *Resolver { w.now = begin.Add(time.Hour); return r }, false},
		"after both":          {func(w *world, _ *Resolver) *Resolver { w.now = begin.Add(time.Hour); return w.start() }, false},
		"by a clock set back": {func(w *world, r *Resolver) *Resolver { w.now = begin.Add(-time.Minute); return r }, false},
		"by hand":             {func(w *world, r *Resolver) *Resolver { w.debug(r, 0); return w.start() }, false},
		"with a refusal":      {func(w *world, r *Resolver) *Resolver { w.off(r); w.on(r); return w.start() }, false},
		"while off":           {func(w *world, r *Resolver) *Resolver { w.write(w.path("off"), ""); return r }, false},
		"damaged":             {func(w *world, _ *Resolver) *Resolver { w.write(w.kept(debugFile), "{"); return w.start() }, false},
		"too long": {func(w *world, _ *Resolver) *Resolver {
			w.write(w.kept(debugFile), `{"from":"2026-11-21T12:00:00Z","until":"2036-11-21T12:00:00Z"}`)
			return w.start()
		}, false},
	} {
		w := newWorld(t)
		r := w.start()
		w.debug(r, time.Hour)
		d := c.do(w, r).Decide()
		if got := !d.Debug.IsZero(); got != c.want || got && !d.Debug.Equal(begin.Add(time.Hour)) {
			t.Errorf("%s: debugging until %v, want it on: %v", name, d.Debug, c.want)
		}
	}
}

// TestDebugRaisesWhatNobodySet: the level where neither machine policy nor site
// has a word, and nothing else.
func TestDebugRaisesWhatNobodySet(t *testing.T) {
	for name, c := range map[string]struct {
		policy string
		site   schema.Level // "": there is no site
		none   bool         // the relay has no policy, or none any more
		silent bool         // the relay was not heard
		want   schema.Level
	}{
		"alone":                    {want: schema.Enhanced},
		"the machine at standard":  {policy: "level: standard\n", want: schema.Standard},
		"the machine at enhanced":  {policy: "level: enhanced\n", want: schema.Enhanced},
		"another word of machine":  {policy: "participation: on\n", want: schema.Enhanced},
		"a damaged machine policy": {policy: "level: full\n", want: schema.Standard},
		"the site at standard":     {site: schema.Standard, want: schema.Standard},
		"the site at enhanced":     {site: schema.Enhanced, want: schema.Enhanced},
		"a relay without a policy": {none: true, want: schema.Enhanced},
		"a relay not heard yet":    {silent: true, want: schema.Standard},
		"a policy that has gone":   {site: schema.Standard, none: true, want: schema.Standard},
	} {
		w := newWorld(t)
		w.relay = c.site != "" || c.none || c.silent
		if c.policy != "" {
			w.write(w.path("policy.yaml"), c.policy)
		}
		r := w.start()
		var err error
		if c.site != "" {
			err = r.Hear(wire.Policy{Revision: 1, Decided: true, CEIP: wire.SwitchOn, CSP: wire.SwitchOn, Level: c.site, Release: 1})
		}
		if c.none {
			err = errors.Join(err, r.HearNone())
		}
		if err != nil {
			t.Fatal(err)
		}
		before := r.Decide().Level
		w.debug(r, time.Hour)
		if got := r.Decide().Level; got != c.want {
			t.Errorf("%s: level %s, want %s", name, got, c.want)
		}
		w.now = w.now.Add(time.Hour)
		if got := r.Decide().Level; got != before {
			t.Errorf("%s: level %s after it, and %s before", name, got, before)
		}
	}
}

// TestDebugOnAFullDisk: what cannot be kept is not begun.
func TestDebugOnAFullDisk(t *testing.T) {
	w := newWorld(t)
	r := w.start()
	if err := os.RemoveAll(w.kept("")); err != nil { // nothing can be made there
		t.Fatal(err)
	}
	w.write(w.path("agent/participation"), "a file")
	if err := r.Debug(t.Context(), time.Hour); err == nil || !r.debug.Until.IsZero() {
		t.Errorf("%v, and it is until %v", err, r.debug.Until)
	}
}
