package policy

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

func TestFirstStart(t *testing.T) {
	s := newSite(t)
	p := s.open()
	s.whole(p, on)
	want := wire.Policy{
		Revision: uint64(s.now.Unix()), Since: s.now.Truncate(time.Second), CEIP: wire.SwitchOn, CSP: wire.SwitchOn,
		Level: schema.Standard, Release: 3,
	}
	if p.Wire() != want || p.State().Last.Act != ActDefault || p.State().Cause != CauseNone || p.State().Warning != "" {
		t.Errorf("%+v, want %+v", p.State(), want)
	}
	if got, err := wire.ParsePolicy(p.Wire().Marshal()); err != nil || got != want {
		t.Errorf("on the wire it is %+v, %v", got, err)
	}
	before := s.read(s.log())
	s.c.Defaults, s.now = off, s.now.Add(time.Hour)
	s.whole(s.open(), on) // the defaults of the first start stay
	if !bytes.Equal(before, s.read(s.log())) {
		t.Error("a second start wrote into the log")
	}
}

func TestAsks(t *testing.T) {
	s := newSite(t)
	s.c.Defaults = Settings{CEIP: wire.Held, CSP: wire.SwitchOn}
	p := s.open()
	got := p.State()
	if got.Trouble != "" || got.Cause != CauseAsks || got.Waits == "" || got.Policy.CEIP != wire.Held || got.Policy.CSP != wire.SwitchOn {
		t.Errorf("%+v, want one programme that waits, and no trouble", got)
	}
	if got := s.save(p, off); got.Waits != "" || got.Cause != CauseNone {
		t.Errorf("%+v waits after a decision", got)
	}
	s.whole(s.open(), off)
}

func TestSave(t *testing.T) {
	s := newSite(t)
	p := s.open()
	first := p.Wire()
	s.now = s.now.Add(90 * time.Second)
	got := s.save(p, off)
	if got != p.State() || got.Last.By != "anna" || got.Last.Act != ActDecided || !got.Policy.Decided || got.Policy.Revision != uint64(s.now.Unix()) {
		t.Errorf("%+v", got)
	}
	s.whole(s.open(), off)
	enhanced := on
	enhanced.Level = schema.Enhanced
	s.now = s.now.Add(-time.Hour) // a clock that was put right
	if next := s.save(p, enhanced); next.Policy.Revision != got.Policy.Revision+1 {
		t.Errorf("revision %d after %d", next.Policy.Revision, got.Policy.Revision)
	}
	s.now = time.Unix(1000, 0) // one that was never set
	last := s.save(p, on)
	if last.Policy.Revision != got.Policy.Revision+2 || !last.Policy.Since.IsZero() {
		t.Errorf("without a clock: %+v", last.Policy)
	}
	again := s.open()
	s.whole(again, on)
	history, err := again.History(t.Context())
	if err != nil || len(history) != 4 || history[0].wire() != first || history[3] != last.Last {
		t.Errorf("%d entries, %v", len(history), err)
	}
}

func TestSaveRefuses(t *testing.T) {
	s := newSite(t)
	p := s.open()
	before, log := p.State(), s.read(s.log())
	held, level := on, on
	held.CSP, level.Level = wire.Held, "all"
	for name, c := range map[string]struct {
		by      string
		s       Settings
		release uint32
		want    string
	}{
		"no account":       {"", on, 3, "account of 0 bytes"},
		"two lines":        {"an\nna", on, 3, "one line"},
		"long":             {strings.Repeat("a", 257), on, 3, "1 to 256"},
		"no text":          {"\xff", on, 3, "printable"},
		"held":             {"anna", held, 3, "programme csp: want on or off"},
		"level":            {"anna", level, 3, "level: want standard or enhanced"},
		"unseen release":   {"anna", off, 4, "release is above the one in use: 4"},
		"no level at all":  {"anna", Settings{CEIP: wire.SwitchOn, CSP: wire.SwitchOn}, 3, "level"},
		"no such a switch": {"anna", Settings{CEIP: 7, CSP: wire.SwitchOn, Level: schema.Standard}, 3, "programme ceip"},
	} {
		_, err := p.Save(t.Context(), c.by, before.Policy.Revision, c.s, c.release)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "anna") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Save(gone, "anna", before.Policy.Revision, off, 3); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits any more: %v", err)
	}
	if p.State() != before || !bytes.Equal(log, s.read(s.log())) {
		t.Errorf("%+v after refused saves, want %+v", p.State(), before)
	}
}

// TestLongestName: a console takes names of 64 letters of any language, and who
// has one can refuse.
func TestLongestName(t *testing.T) {
	s := newSite(t)
	p := s.open()
	name := strings.Repeat("𐎠", 64)
	if _, err := p.Save(t.Context(), name, p.State().Policy.Revision, off, 3); err != nil {
		t.Fatal(err)
	}
	if err := p.Note(t.Context(), "access restored", name); err != nil {
		t.Error(err)
	}
	if got := s.open().State(); got.Last.By != name || got.Policy.CEIP != wire.SwitchOff || got.Trouble != "" {
		t.Errorf("%+v", got)
	}
}

// TestReleaseOfANewerBuild: an older build takes what a newer one acknowledged.
func TestReleaseOfANewerBuild(t *testing.T) {
	s := newSite(t)
	s.c.Release = 5
	p := s.open()
	if _, err := p.Save(t.Context(), "anna", p.Wire().Revision, on, 5); err != nil {
		t.Fatal(err)
	}
	s.c.Release = 3
	p = s.open()
	if got, err := p.Save(t.Context(), "anna", p.Wire().Revision, off, 5); err != nil || got.Policy.Release != 5 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestConflict(t *testing.T) {
	s := newSite(t)
	p := s.open()
	seen := p.State().Policy.Revision
	now := s.save(p, off)
	_, err := p.Save(t.Context(), "berta", seen, on, 3)
	conflict, ok := errors.AsType[*ConflictError](err)
	if !ok || conflict.Now != now {
		t.Fatalf("%v, want a conflict that shows %+v", err, now)
	}
	s.whole(p, off)
	if _, err := p.Save(t.Context(), "berta", conflict.Now.Policy.Revision, on, 3); err != nil {
		t.Error(err)
	}
	s.whole(s.open(), on)
}

func TestNotes(t *testing.T) {
	s := newSite(t)
	p := s.open()
	for act, want := range map[string]bool{
		"access restored": true, "account made": true, "": false, "decided": false, "default": false, "began anew": false,
		"witness made anew": false, "two\nlines": false, strings.Repeat("a", 65): false,
	} {
		if err := p.Note(t.Context(), act, "anna"); (err == nil) != want {
			t.Errorf("note %q: %v", act, err)
		}
	}
	if err := p.Note(t.Context(), "restored", ""); err != nil {
		t.Error(err)
	}
	s.whole(p, on)
	again := s.open()
	s.whole(again, on)
	history, err := again.History(t.Context())
	if err != nil || len(history) != 4 || history[3].Act != "restored" || history[3].Revision != 0 {
		t.Errorf("%+v, %v", history, err)
	}
	// A history that lost a note was rolled back.
	s.edit(func(b []byte) []byte { return b[:bytes.LastIndexByte(b[:len(b)-1], '\n')+1] })
	s.held(s.open(), CauseBehind)
}

// grow makes the log at least n bytes long, with lines of a later release.
func (s *site) grow(p *Policy, n int64) {
	s.t.Helper()
	r := p.read()
	for r.chain.Size() < n {
		e := struct {
			durable.Link
			Act  string `json:"act"`
			More string `json:"more"`
		}{r.chain.Next(), "imported", strings.Repeat("x", 512<<10)}
		if err := r.chain.Append(s.log(), e); err != nil {
			s.t.Fatal(err)
		}
		r.entries = append(r.entries, Entry{})
	}
	if err := p.writeWitness(r.tip()); err != nil {
		s.t.Fatal(err)
	}
}

// TestHistoryFull: notes stop, decisions go on, in a new log when it must be.
func TestHistoryFull(t *testing.T) {
	s := newSite(t)
	p := s.open()
	s.grow(p, maxNotes)
	if err := p.Note(t.Context(), "one more", ""); !errors.Is(err, ErrFull) {
		t.Errorf("%v, want that the history is full", err)
	}
	s.save(p, off)
	s.whole(p, off)
	s.grow(p, maxDecided)
	full := s.read(s.log())
	s.save(p, on)
	s.whole(s.open(), on)
	history, err := p.History(t.Context())
	if err != nil || len(history) != 2 || history[0].Act != ActAnew || !bytes.Equal(full, s.read(s.log()+".damaged-1")) {
		t.Errorf("%+v, %v, want a new log and the old one kept", history, err)
	}
	if err := p.Note(t.Context(), "one more", ""); err != nil {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(dir, "w")
	for name, c := range map[string]struct {
		c    Config
		want string
	}{
		"no directory":      {Config{Witness: outside}, "no directory"},
		"no witness":        {Config{Dir: dir + "/d"}, "no witness"},
		"witness inside":    {Config{Dir: dir + "/d", Witness: dir + "/d/x/w"}, "rolled back with it"},
		"heartbeat":         {Config{Dir: dir + "/d", Witness: outside, Heartbeat: -1}, "heartbeat"},
		"directory is file": {Config{Dir: file, Witness: outside}, "directory"},
		"default":           {Config{Dir: dir + "/d", Witness: outside, Defaults: Settings{CEIP: 3}}, "default"},
		"default level":     {Config{Dir: dir + "/d", Witness: outside, Defaults: Settings{Level: "x"}}, "default level"},
	} {
		if _, err := Open(c.c); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if runtime.GOOS != "windows" {
		open := filepath.Join(dir, "open")
		if err := os.Mkdir(open, 0o755); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(Config{Dir: open, Witness: outside}); !errors.Is(err, durable.ErrExposed) || strings.Contains(err.Error(), dir) {
			t.Errorf("%v, want that others can read it, without a path", err)
		}
	}
}

// TestHeldLock: somebody else writes for too long.
func TestHeldLock(t *testing.T) {
	s := newSite(t)
	p := s.open()
	lock, err := datadir.TakeLock(s.c.Dir, lockName)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := p.Note(ctx, "restored", ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want that the caller's time ended", err)
	}
	if _, err := p.Save(t.Context(), "anna", p.Wire().Revision, off, 3); !isHeld(err) {
		t.Errorf("%v, want that another process writes", err)
	}
	if got := p.State(); got.Cause != CauseUnsaved || got.Policy.CEIP != wire.Held || got.Policy.CSP != wire.SwitchOn {
		t.Errorf("%+v, want that the refusal holds all the same", got)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	s.save(p, on)
	s.whole(p, on)
}
