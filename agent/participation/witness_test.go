package participation

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// copyOf keeps a copy of the agent's directory; putBack puts it back in place
// of what is there.
func (w *world) copyOf() string {
	w.t.Helper()
	dir := filepath.Join(w.t.TempDir(), "copy")
	if err := os.CopyFS(dir, os.DirFS(w.path("agent"))); err != nil {
		w.t.Fatal(err)
	}
	if err := chmodAll(dir); err != nil {
		w.t.Fatal(err)
	}
	return dir
}

func (w *world) putBack(dir string) {
	w.t.Helper()
	w.wipe()
	if err := os.CopyFS(w.path("agent"), os.DirFS(dir)); err != nil {
		w.t.Fatal(err)
	}
	if err := chmodAll(w.path("agent")); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) wipe() {
	w.t.Helper()
	if err := os.RemoveAll(w.path("agent")); err != nil {
		w.t.Fatal(err)
	}
}

func TestUsersRefusalSurvivesTheDirectory(t *testing.T) {
	for name, replace := range map[string]func(w *world, before string){
		"a copy from before": func(w *world, before string) { w.putBack(before) },
		"removed":            func(w *world, _ string) { w.wipe() },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			r := w.start()
			w.on(r)
			r.Decide()
			before := w.copyOf()
			w.off(r)
			r.Decide()
			replace(w, before)
			again := w.start()
			d := again.Decide()
			w.want(d, Off, "user")
			if !strings.Contains(d.Reason, "note outside it still says so") || !strings.Contains(d.Reason, "tacit on") {
				t.Errorf("reason %q", d.Reason)
			}
			if d.MayListen {
				t.Error("may listen after a refusal")
			}
			w.on(again) // takes it back in both places
			w.want(again.Decide(), On, "user")
			w.want(w.start().Decide(), On, "user")
			w.wipe()
			w.want(w.start().Decide(), On, "programme")
		})
	}
}

func TestSitesRefusalSurvivesTheDirectory(t *testing.T) {
	for name, replace := range map[string]func(w *world, before string){
		"a copy from before": func(w *world, before string) { w.putBack(before) },
		"removed":            func(w *world, _ string) { w.wipe() },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.relay = true
			r := w.start()
			w.hear(r, on(5))
			r.Decide()
			before := w.copyOf()
			w.hear(r, off(6))
			r.Decide()
			replace(w, before)
			again := w.start()
			d := again.Decide()
			w.want(d, Off, "site_policy")
			if !d.SiteOff || !strings.Contains(d.Reason, "revision 6") {
				t.Errorf("site off %v, reason %q", d.SiteOff, d.Reason)
			}
			w.hear(again, on(5)) // a relay that was put back too
			w.want(again.Decide(), Unknown, "site_policy")
			w.hear(again, byDefault(on(7)))
			w.want(again.Decide(), Unknown, "site_policy")
			w.hear(again, on(8))
			w.want(again.Decide(), On, "site_policy")
		})
	}
}

// A copy from before a newer yes does not bring the older yes back unheard.
func TestRestoredCopyAsksTheSiteAgain(t *testing.T) {
	w := newWorld(t)
	w.relay = true
	r := w.start()
	w.hear(r, on(5))
	before := w.copyOf()
	w.hear(r, on(6))
	w.putBack(before)
	again := w.start()
	d := again.Decide()
	w.want(d, Unknown, "site_policy")
	if !strings.Contains(d.Reason, "revision 6") || d.SiteOff {
		t.Errorf("site off %v, reason %q", d.SiteOff, d.Reason)
	}
	w.hear(again, on(6))
	w.want(again.Decide(), On, "site_policy")
}

// A witness that cannot be written makes no refusal fail; one that is lost is
// made again from the directory.
func TestWitnessThatCannotBeWritten(t *testing.T) {
	w := newWorld(t)
	w.relay = true
	w.write(w.path("elsewhere"), "a file where its directory would be")
	r := w.start()
	w.hear(r, on(5))
	w.off(r)
	w.want(r.Decide(), Off, "user")
	w.want(w.start().Decide(), Off, "user")
	w.remove(w.path("elsewhere"))
	w.start() // the directory tells it
	w.wipe()
	again := w.start()
	w.want(again.Decide(), Off, "user")
	w.on(again)
	if got := input(again.Decide(), "site_policy"); got.Says != Unknown {
		t.Errorf("the site says %v", got.Says)
	}
}

// A witness that was removed begins again with all that the directory has, and
// a process that heard less does not overwrite what another has told it.
func TestWitnessKeepsWhatOthersTold(t *testing.T) {
	w := newWorld(t)
	w.relay = true
	first, second := w.start(), w.start()
	w.off(first)
	w.remove(w.path("elsewhere/agent.json"))
	w.hear(first, on(5), off(6))
	w.wipe()
	d := w.start().Decide()
	w.want(d, Off, "user")
	if !d.SiteOff {
		t.Error("the site's refusal is forgotten")
	}
	w.on(second) // which heard nothing
	w.wipe()
	w.want(w.start().Decide(), Off, "site_policy")
}

func TestOnWithoutAWitness(t *testing.T) {
	w := newWorld(t)
	w.write(w.path("elsewhere"), "a file where its directory would be")
	r := w.start()
	w.on(r)
	w.want(r.Decide(), On, "user")
}

func TestWitnessThatCannotBeRead(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*world)
		fix   string
		says  bool // that `tacit on` helps
	}{
		"damaged": {func(w *world) { w.write(w.path("elsewhere/agent.json"), "{") }, "tacit on", true},
		"exposed": {func(w *world) {
			if err := os.Chmod(w.path("elsewhere/agent.json"), 0o644); err != nil {
				w.t.Fatal(err)
			}
		}, "0600", false},
		"a directory": {func(w *world) { w.remove(w.path("elsewhere/agent.json")); w.mkdir(w.path("elsewhere/agent.json")) }, "let the agent alone", false},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "exposed" && os.PathSeparator != '/' {
				t.Skip("Windows has no mode bits")
			}
			w := newWorld(t)
			r := w.start()
			w.off(r)
			w.on(r)
			w.want(r.Decide(), On, "user")
			c.spoil(w)
			r = w.start()
			d := r.Decide()
			w.want(d, Unknown, "user")
			if !strings.Contains(d.Reason, c.fix) {
				t.Errorf("reason %q does not say %q", d.Reason, c.fix)
			}
			if d.MayListen {
				t.Error("listens though a source of this host cannot be read")
			}
			w.off(r) // a refusal never fails
			w.want(r.Decide(), Off, "user")
			if err := r.On(t.Context(), "tacit on"); (err == nil) != c.says {
				t.Errorf("on: %v", err)
			}
			if c.says {
				w.want(w.start().Decide(), On, "user")
			} else {
				w.want(w.start().Decide(), Off, "user")
			}
		})
	}
}

// What is in the witness is for its owner only.
func TestWitnessIsPrivate(t *testing.T) {
	if os.PathSeparator != '/' {
		t.Skip("Windows has no mode bits")
	}
	w := newWorld(t)
	w.relay = true
	r := w.start()
	w.hear(r, policy(5, wire.SwitchOff, wire.SwitchOn))
	w.off(r)
	for path, want := range map[string]os.FileMode{w.path("elsewhere"): 0o700, w.path("elsewhere/agent.json"): 0o600, w.kept(siteFile): 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", filepath.Base(path), info.Mode(), err)
		}
	}
}
