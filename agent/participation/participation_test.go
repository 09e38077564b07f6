package participation

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// world is a host whose inputs a test sets.
type world struct {
	t       *testing.T
	dir     string
	env     map[string]string
	preset  registry.Default
	relay   bool // there is one
	release uint32
	now     time.Time
}

func newWorld(t *testing.T) *world {
	return &world{
		t: t, dir: t.TempDir(), env: map[string]string{}, preset: registry.DefaultOn,
		now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), release: 1,
	}
}

func (w *world) config() Config {
	return Config{
		Dir: filepath.Join(w.dir, "agent"), KillFile: w.path("off"), MachinePolicy: w.path("policy.yaml"),
		Getenv: func(name string) string { return w.env[name] }, Default: func(schema.Programme) registry.Default { return w.preset },
		Relay: w.relay, Witness: w.path("elsewhere/agent.json"), Release: func() uint32 { return w.release }, Now: func() time.Time { return w.now },
		Logger: slog.New(slog.NewTextHandler(w.t.Output(), nil)),
	}
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

func (w *world) kept(name string) string {
	return w.path(filepath.Join("agent", "participation", name))
}

// start opens the directory anew, as a restart does.
func (w *world) start() *Resolver {
	w.t.Helper()
	r, err := New(w.config())
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) write(path, content string) {
	w.t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) read(path string) string {
	w.t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(b)
}

func (w *world) remove(path string) {
	w.t.Helper()
	if err := os.Remove(path); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) off(r *Resolver) {
	w.t.Helper()
	if err := r.Off(w.t.Context(), "tacit off"); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) on(r *Resolver) {
	w.t.Helper()
	if err := r.On(w.t.Context(), "tacit on"); err != nil {
		w.t.Fatal(err)
	}
}

// want compares a decision's state and the input that made it.
func (w *world) want(d Decision, state State, by string) {
	w.t.Helper()
	if d.State != state || d.By != by {
		w.t.Errorf("decided %v by %s (%s), want %v by %s", d.State, d.By, d.Reason, state, by)
	}
	if d.MaySend != (d.State == On) || d.MaySend && !d.MayCollect || d.State == Off && d.MayCollect {
		w.t.Errorf("%v by %s: may collect %v, may send %v", d.State, d.By, d.MayCollect, d.MaySend)
	}
	if d.Reason == "" || strings.Contains(d.Reason, w.dir+"/agent") {
		w.t.Errorf("reason %q", d.Reason)
	}
}

func input(d Decision, name string) Input {
	for _, in := range d.Inputs {
		if in.Name == name {
			return in
		}
	}
	return Input{}
}

// eventually waits for a condition, at most a second of the bubble's clock: the
// time that is promised, however busy the machine is.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("not within a second: %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
