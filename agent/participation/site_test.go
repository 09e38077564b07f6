package participation

import (
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// policy returns an administrator's word on both programmes.
func policy(revision uint64, ceip, csp wire.Switch) wire.Policy {
	return wire.Policy{
		Revision: revision, Since: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC), Decided: true,
		CEIP: ceip, CSP: csp, Level: schema.Standard, Release: 1,
	}
}

func on(revision uint64) wire.Policy   { return policy(revision, wire.SwitchOn, wire.SwitchOn) }
func off(revision uint64) wire.Policy  { return policy(revision, wire.SwitchOff, wire.SwitchOff) }
func held(revision uint64) wire.Policy { return policy(revision, wire.Held, wire.Held) }

// byDefault is a policy that no administrator decided.
func byDefault(p wire.Policy) wire.Policy {
	p.Decided = false
	return p
}

func (w *world) hear(r *Resolver, policies ...wire.Policy) {
	w.t.Helper()
	for _, p := range policies {
		if err := r.Hear(p); err != nil {
			w.t.Fatal(err)
		}
	}
}

// TestSiteStates tells one host after another what a relay may tell, in order.
// A nil stands for the answer that there is no policy.
func TestSiteStates(t *testing.T) {
	p := func(p wire.Policy) *wire.Policy { return &p }
	for _, c := range []struct {
		name string
		told []*wire.Policy
		want State
		says string // in the reason
	}{
		{"nothing", nil, Unknown, "was not heard yet"},
		{"no policy", []*wire.Policy{nil}, NoOpinion, "no policy to tell"},
		{"on", []*wire.Policy{p(on(5))}, On, "administrator allows"},
		{"on by default", []*wire.Policy{p(byDefault(on(5)))}, On, "by default at this site"},
		{"off", []*wire.Policy{p(on(5)), p(off(6))}, Off, "administrator refused"},
		{"off by default", []*wire.Policy{p(byDefault(off(5)))}, Off, "off by default"},
		{"off and on again", []*wire.Policy{p(off(5)), p(on(6))}, On, "allows"},
		{"held", []*wire.Policy{p(on(5)), p(held(6))}, Unknown, "holds"},
		{"held, then as before", []*wire.Policy{p(on(5)), p(held(5)), p(on(5))}, On, "allows"},
		{"held with a higher revision, then as before", []*wire.Policy{p(on(5)), p(held(6)), p(on(5))}, Unknown, "revision 5, and revision 6"},
		{"held without any revision", []*wire.Policy{p(held(0))}, Unknown, "holds"},
		{"on without a revision", []*wire.Policy{p(on(0))}, Unknown, "holds"},
		{"off without a revision", []*wire.Policy{p(off(0))}, Off, "refused"},
		{"off without a revision, then no policy", []*wire.Policy{p(off(0)), nil}, Unknown, "lost its policy"},
		{"no policy after one", []*wire.Policy{p(on(5)), nil}, Unknown, "lost its policy"},
		{"a lower revision", []*wire.Policy{p(on(7)), p(on(5))}, Unknown, "revision 5, and revision 7 was heard before: it lost something; save the settings again"},
		{"a lower revision that is off", []*wire.Policy{p(on(7)), p(off(5))}, Unknown, "revision 5, and revision 7"},
		{"back from a lower revision", []*wire.Policy{p(on(7)), p(on(5)), p(on(7))}, On, "allows"},
		{"saved again after a lower revision", []*wire.Policy{p(off(7)), p(on(5)), p(on(8))}, On, "allows"},
		{"another content", []*wire.Policy{p(on(7)), p(byDefault(on(7)))}, Unknown, "same revision 7"},
		{"off under the same revision, then as before", []*wire.Policy{p(on(7)), p(off(7)), p(on(7))}, Unknown, "was not taken back by a later one"},
		{"a default after off", []*wire.Policy{p(off(7)), p(byDefault(on(8)))}, Unknown, "default that no one has decided"},
		{"a default after off, then on", []*wire.Policy{p(off(7)), p(byDefault(on(8))), p(on(9))}, On, "allows"},
		{"off by default hides no refusal", []*wire.Policy{p(off(7)), p(byDefault(off(8))), p(byDefault(on(9)))}, Unknown, "default that no one has decided"},
		{"a default after off by default", []*wire.Policy{p(byDefault(off(7))), p(byDefault(on(8)))}, On, "by default"},
		{"an old refusal after a later yes", []*wire.Policy{p(on(7)), p(off(5)), p(on(7))}, On, "allows"},
		{"an old refusal after a later default", []*wire.Policy{p(byDefault(on(7))), p(off(5)), p(byDefault(on(7)))}, Unknown, "no one has decided"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.relay = true
			r := w.start()
			for _, one := range c.told {
				if one == nil {
					if err := r.HearNone(); err != nil {
						t.Fatal(err)
					}
					continue
				}
				w.hear(r, *one)
			}
			for what, r := range map[string]*Resolver{"": r, " after a restart": w.start()} {
				in := input(r.Decide(), "site_policy")
				if in.Says != c.want || !strings.Contains(in.Reason, c.says) {
					t.Errorf("says %v%s: %s; want %v, with %q", in.Says, what, in.Reason, c.want, c.says)
				}
				if d := r.Decide(); d.SiteOff != (c.want == Off) || !d.MayListen {
					t.Errorf("site off: %v, may listen: %v", d.SiteOff, d.MayListen)
				}
			}
		})
	}
}

// The value of the input names the revision, and the date is the site's.
func TestSiteInputTells(t *testing.T) {
	w := newWorld(t)
	w.relay = true
	r := w.start()
	w.hear(r, off(1795000000))
	in := input(r.Decide(), "site_policy")
	if in.Value != "off, revision 1795000000" || !in.Since.Equal(off(0).Since) {
		t.Errorf("value %q since %v", in.Value, in.Since)
	}
	w.hear(r, policy(1795000001, wire.SwitchOff, wire.SwitchOn))
	in = input(r.Decide(), "site_policy")
	if in.Value != "ceip off, revision 1795000001; csp on, revision 1795000001" || in.Programmes[schema.CEIP] != Off || in.Programmes[schema.CSP] != On {
		t.Errorf("value %q, programmes %v", in.Value, in.Programmes)
	}
}

func TestProgrammesApart(t *testing.T) {
	w := newWorld(t)
	w.relay = true
	r := w.start()
	w.hear(r, on(5))
	w.want(r.Decide(), On, "site_policy")
	w.hear(r, policy(6, wire.SwitchOff, wire.SwitchOn))
	for _, r := range []*Resolver{r, w.start()} {
		d := r.Decide()
		ceip, csp := d.Programme(schema.CEIP), d.Programme(schema.CSP)
		if ceip.State != Off || ceip.By != "site_policy" || ceip.MayCollect || ceip.MaySend {
			t.Errorf("ceip: %+v", ceip)
		}
		if csp.State != On || !csp.MayCollect || !csp.MaySend || d.State != On || !d.MaySend || d.SiteOff {
			t.Errorf("csp: %+v, all: %v, site off: %v", csp, d.State, d.SiteOff)
		}
	}
	if other := r.Decide().Programme("x"); other.State != Off || other.MaySend {
		t.Errorf("a programme that there is not: %+v", other)
	}
	// A host's own word counts for both.
	w.off(r)
	d := r.Decide()
	w.want(d, Off, "user")
	if d.MayListen || d.Programme(schema.CSP).MaySend {
		t.Error("listens or sends after a refusal on the host")
	}
	w.on(r)
	entries, err := w.start().History(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range entries {
		told = append(told, strings.TrimSpace(e.Act+" "+e.State.String()+" "+e.By+" "+string(e.Programme)))
	}
	want := "decided on site_policy, decided off site_policy ceip, user said off tacit off, decided off user, user said on tacit on"
	if got := strings.Join(told, ", "); got != want {
		t.Errorf("history tells %q, want %q", got, want)
	}
}

// After a yes, a site that is unknown collects and sends nothing.
func TestUnknownSiteHolds(t *testing.T) {
	w := newWorld(t)
	w.relay = true
	r := w.start()
	if d := r.Decide(); d.MayCollect || d.MaySend || !d.MayListen {
		t.Errorf("before anything was heard: %+v", d)
	}
	w.hear(r, on(7))
	w.want(r.Decide(), On, "site_policy")
	w.hear(r, on(5))
	d := r.Decide()
	w.want(d, Unknown, "site_policy")
	if !d.MayCollect {
		t.Error("does not collect after a yes")
	}
	w.hear(r, off(8), on(5))
	r.Decide()
	w.hear(r, off(8))
	w.want(r.Decide(), Off, "site_policy")
	w.hear(r, on(5))
	if d := r.Decide(); d.State != Unknown || d.MayCollect {
		t.Errorf("after a no: %v, may collect %v", d.State, d.MayCollect)
	}
}

// A word that no disk takes holds all the same, and is written down later.
func TestHearWithoutADisk(t *testing.T) {
	if os.PathSeparator != '/' {
		t.Skip("Windows has no mode bits")
	}
	w := newWorld(t)
	w.relay = true
	r := w.start()
	w.hear(r, on(5))
	gone := w.kept("") + ".gone"
	if err := os.Rename(w.kept(""), gone); err != nil {
		t.Fatal(err)
	}
	if err := r.Hear(off(6)); err == nil {
		t.Error("nothing was written, and nobody says so")
	} else if strings.Contains(err.Error(), w.dir) {
		t.Errorf("%v names a path", err)
	}
	w.want(r.Decide(), Off, "site_policy")
	if err := os.Rename(gone, w.kept("")); err != nil {
		t.Fatal(err)
	}
	w.hear(r, off(6)) // the relay tells it again and again
	w.want(w.start().Decide(), Off, "site_policy")
}

// A damaged file tells nothing; the witness remembers the refusal.
func TestDamagedSiteFile(t *testing.T) {
	for _, content := range []string{"", "what?", `{"highest":-1}`, `{"highest":3,"accepted":"00"}`, `{"heard":{"policy":"zz"}}`} {
		w := newWorld(t)
		w.relay = true
		w.hear(w.start(), on(5))
		w.write(w.kept(siteFile), content)
		w.want(w.start().Decide(), Unknown, "site_policy")
		w.hear(w.start(), off(6))
		w.write(w.kept(siteFile), content)
		r := w.start()
		w.want(r.Decide(), Off, "site_policy")
		w.hear(r, on(5))
		w.want(r.Decide(), Unknown, "site_policy")
		w.hear(r, on(7))
		w.want(r.Decide(), On, "site_policy")
	}
}

// What is heard is told to Watch without waiting for the next look.
func TestHearWakesWatch(t *testing.T) { synctest.Test(t, hearWakesWatch) }

func hearWakesWatch(t *testing.T) {
	w := newWorld(t)
	w.relay = true
	r := w.start()
	last := watch(t, r)
	for _, p := range []wire.Policy{on(5), off(6), on(7)} {
		w.hear(r, p)
		want := map[wire.Switch]State{wire.SwitchOn: On, wire.SwitchOff: Off}[p.CEIP]
		if synctest.Wait(); last().State != want {
			t.Errorf("told %v, heard %v", last().State, want)
		}
	}
}
