package participation

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// Where no file can be made, a refusal holds in the process and the error says
// how long.
func TestRefusalWithoutADisk(t *testing.T) {
	w := newWorld(t)
	r := w.start()
	if err := os.RemoveAll(w.kept("")); err != nil { // nothing can be written into what is not there
		t.Fatal(err)
	}
	if err := r.Off(t.Context(), "tacit off"); err == nil {
		t.Error("nothing was written, and nobody says so")
	}
	w.want(r.Decide(), Off, "user")
}

func TestNewRefusesOpenDirectory(t *testing.T) {
	if os.PathSeparator != '/' {
		t.Skip("Windows has no mode bits")
	}
	w := newWorld(t)
	w.start()
	if err := os.Chmod(w.path("agent"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := New(w.config()); !errors.Is(err, durable.ErrExposed) {
		t.Errorf("got %v, want that others can read it", err)
	}
	if _, err := New(Config{}); err == nil {
		t.Error("opened no directory")
	}
}

func TestShownHidesHomes(t *testing.T) {
	t.Setenv("HOME", "/data/people/ann")
	for path, want := range map[string]string{
		"/data/people/ann/.tacit/agent":   "~/.tacit/agent",
		"/data/people/ann":                "~",
		"/data/people/anne/x":             "/data/people/anne/x",
		"/home/bob/off":                   "~/off",
		"/Users/Bob Müller/off":           "~/off",
		`C:\Users\bob\AppData\off`:        `~\AppData\off`,
		"/root/off":                       "~/off",
		"/etc/tacit/off":                  "/etc/tacit/off",
		filepath.Join("/", "var", "home"): "/var/home",
	} {
		if got := shown(path); got != want {
			t.Errorf("shown(%q) = %q, want %q", path, got, want)
		}
	}
}
