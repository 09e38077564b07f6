package participation

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema/registry"
)

func TestRefusalSurvives(t *testing.T) {
	// Each case does to the files what the name says, after a refusal.
	for name, change := range map[string]func(*world){
		"restart":                  func(*world) {},
		"the history is lost":      func(w *world) { w.remove(w.kept(historyFile)) },
		"the memory is lost":       func(w *world) { w.remove(w.kept(memoryFile)) },
		"the refusal file is lost": func(w *world) { w.remove(w.kept(refusalFile)) },
		"the refusal file is empty": func(w *world) {
			w.write(w.kept(refusalFile), "")
		},
		"history and memory are damaged": func(w *world) {
			w.write(w.kept(historyFile), "what?\n")
			w.write(w.kept(memoryFile), "what?")
		},
		"the directory is copied": func(w *world) {
			copied := w.path("copy")
			if err := os.CopyFS(filepath.Join(copied, "agent"), os.DirFS(w.path("agent"))); err != nil {
				w.t.Fatal(err)
			}
			if err := chmodAll(copied); err != nil {
				w.t.Fatal(err)
			}
			w.dir = copied
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			r := w.start()
			w.want(r.Decide(), On, "programme")
			w.off(r)
			w.want(r.Decide(), Off, "user")
			change(w)
			w.want(w.start().Decide(), Off, "user")
		})
	}
}

// A backup that was taken before the refusal, and is copied back over the
// directory, brings files back but takes none away.
func TestRefusalSurvivesRestoredBackup(t *testing.T) {
	for _, agreed := range []bool{false, true} {
		w := newWorld(t)
		r := w.start()
		if agreed {
			w.on(r)
		}
		r.Decide()
		backup := map[string]string{historyFile: w.read(w.kept(historyFile)), memoryFile: w.read(w.kept(memoryFile))}
		w.off(r)
		r.Decide()
		for name, content := range backup {
			w.write(w.kept(name), content)
		}
		again := w.start()
		w.want(again.Decide(), Off, "user")
		w.on(again)
		w.want(again.Decide(), On, "user")
		w.want(w.start().Decide(), On, "user")
	}
}

func chmodAll(root string) error {
	return filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		if info.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return os.Chmod(path, 0o600)
	})
}

func TestOnUndoesOff(t *testing.T) {
	w := newWorld(t)
	r := w.start()
	w.off(r)
	w.off(r) // says nothing new
	w.on(r)
	w.on(r)
	w.want(r.Decide(), On, "user")
	entries, err := w.start().History(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range entries {
		told = append(told, e.Act+" "+e.State.String()+" "+e.By)
	}
	if got, want := strings.Join(told, ", "), "user said off tacit off, user said on tacit on, decided on user"; got != want {
		t.Errorf("history tells %q, want %q", got, want)
	}
}

func TestSinceOutlivesRestart(t *testing.T) {
	w := newWorld(t)
	first := w.now
	w.start().Decide()
	w.now = first.Add(time.Hour)
	if d := w.start().Decide(); !d.Since.Equal(first) {
		t.Errorf("on since %v, want %v", d.Since, first)
	}
	w.env["DO_NOT_TRACK"] = "1"
	r := w.start()
	if d := r.Decide(); !d.Since.Equal(w.now) {
		t.Errorf("off since %v, want %v", d.Since, w.now)
	}
	w.now = first.Add(2 * time.Hour)
	w.write(w.path("off"), "") // still off, by another input
	if d := r.Decide(); !d.Since.Equal(w.now) || d.By != "kill_file" {
		t.Errorf("off by %s since %v, want %v", d.By, d.Since, w.now)
	}
}

func TestClockThatWasNeverSet(t *testing.T) {
	w := newWorld(t)
	right := w.now
	w.now = time.Unix(12, 0)
	r := w.start()
	if d := r.Decide(); d.State != On || !d.Since.IsZero() {
		t.Errorf("decided %v since %v, want on, since nobody knows when", d.State, d.Since)
	}
	w.off(r)
	w.want(r.Decide(), Off, "user")
	w.now = right
	d := w.start().Decide()
	w.want(d, Off, "user")
	if !d.Since.Equal(right) {
		t.Errorf("off since %v, want the first time that can be believed, %v", d.Since, right)
	}
	w.now = time.Unix(12, 0)
	if d := w.start().Decide(); !d.Since.Equal(right) {
		t.Errorf("off since %v after the clock fell back, want %v", d.Since, right)
	}
}

// Before the first decision unknown holds everything back; after a yes it
// collects and sends nothing; after a no it does neither.
func TestUnknownHolds(t *testing.T) {
	w := newWorld(t)
	w.preset = registry.DefaultAsk
	d := w.start().Decide()
	w.want(d, Unknown, "programme")
	if d.MayCollect {
		t.Error("collects though nobody ever said yes")
	}

	w.on(w.start())
	w.want(w.start().Decide(), On, "user")
	w.write(w.path("policy.yaml"), "participation: maybe\n")
	d = w.start().Decide()
	w.want(d, Unknown, "machine_policy")
	if !d.MayCollect {
		t.Error("does not collect after a yes")
	}

	w.write(w.path("off"), "")
	w.want(w.start().Decide(), Off, "kill_file")
	w.remove(w.path("off"))
	d = w.start().Decide()
	w.want(d, Unknown, "machine_policy")
	if d.MayCollect {
		t.Error("collects though the last decision was off")
	}
}

func TestDamagedMemoryAgreesToNothing(t *testing.T) {
	w := newWorld(t)
	w.start().Decide()
	w.write(w.kept(memoryFile), `{"state":"on","agreed":tru`)
	w.write(w.path("policy.yaml"), "participation: maybe\n")
	if d := w.start().Decide(); d.State != Unknown || d.MayCollect {
		t.Errorf("decided %v, may collect %v", d.State, d.MayCollect)
	}
}

// An observer's environment is not the agent's.
func TestObserverWritesNoDecision(t *testing.T) {
	w := newWorld(t)
	w.start().Decide()
	before := w.read(w.kept(historyFile)) + w.read(w.kept(memoryFile))
	w.env["DO_NOT_TRACK"] = "1"
	c := w.config()
	c.Observe = true
	r, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	w.want(r.Decide(), Off, "do_not_track")
	if after := w.read(w.kept(historyFile)) + w.read(w.kept(memoryFile)); after != before {
		t.Error("an observer wrote its decision down")
	}
	delete(w.env, "DO_NOT_TRACK")
	w.relay = true
	w.hear(w.start(), off(5))
	w.relay = false // it does not know the agent's relays
	if r, err = New(c); err != nil {
		t.Fatal(err)
	}
	w.want(r.Decide(), Off, "site_policy")
	w.off(r) // a word is a word
	w.want(w.start().Decide(), Off, "user")
}
