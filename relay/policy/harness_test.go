package policy

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// on and off are what administrators save.
var (
	on  = Settings{CEIP: wire.SwitchOn, CSP: wire.SwitchOn, Level: schema.Standard}
	off = Settings{CEIP: wire.SwitchOff, CSP: wire.SwitchOn, Level: schema.Standard}
)

// tester is a test, or one run of a property.
type tester interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
	Errorf(string, ...any)
	Context() context.Context
}

// site is a relay's disk: a policy's directory, and a witness outside.
type site struct {
	t   tester
	c   Config
	now time.Time
}

func newSite(t *testing.T) *site {
	t.Helper()
	return siteIn(t, t.TempDir())
}

func siteIn(t tester, dir string) *site {
	s := &site{t: t, now: time.Date(2026, 11, 21, 12, 0, 0, 5, time.UTC)}
	s.c = Config{
		Dir: filepath.Join(dir, "relay", "policy"), Witness: filepath.Join(dir, "outside", "deep", "relay.json"),
		Defaults: on, Release: 3, Now: func() time.Time { return s.now },
	}
	return s
}

func (s *site) open() *Policy {
	s.t.Helper()
	p, err := Open(s.c)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func (s *site) log() string { return filepath.Join(s.c.Dir, logFile) }

// save saves over what the policy is, and must work.
func (s *site) save(p *Policy, v Settings) State {
	s.t.Helper()
	got, err := p.Save(s.t.Context(), "anna", p.State().Policy.Revision, v, 3)
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

// read returns a file; nil when there is none.
func (s *site) read(path string) []byte {
	s.t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.t.Fatal(err)
	}
	return b
}

// put makes a file what it was, or takes it away for nil.
func (s *site) put(path string, b []byte) {
	s.t.Helper()
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if b != nil {
		err = errors.Join(err, os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, b, 0o600))
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// edit changes the log as somebody's hand would.
func (s *site) edit(f func([]byte) []byte) {
	s.t.Helper()
	s.put(s.log(), f(bytes.Clone(s.read(s.log()))))
}

// whole checks that a policy does not hold because of damage.
func (s *site) whole(p *Policy, want Settings) {
	s.t.Helper()
	got := p.State()
	if got.Trouble != "" || got.Policy.CEIP != want.CEIP || got.Policy.CSP != want.CSP || got.Policy.Level != want.Level {
		s.t.Errorf("%+v, want %+v", got, want)
	}
}

// held checks that everything is held, and why.
func (s *site) held(p *Policy, cause Cause) {
	s.t.Helper()
	got := p.State()
	if got.Cause != cause || got.Trouble == "" || got.Fix == "" || got.Policy.CEIP != wire.Held || got.Policy.CSP != wire.Held || p.Wire() != got.Policy {
		s.t.Errorf("%+v, want everything held for %q", got, cause)
	}
}
