package policy

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// decided is a site at which an administrator said on, off and on again, with
// its files after the off.
func decided(t *testing.T) (s *site, logAtOff, witnessAtOff []byte) {
	t.Helper()
	s = newSite(t)
	p := s.open()
	s.save(p, on)
	s.save(p, off)
	logAtOff, witnessAtOff = s.read(s.log()), s.read(s.c.Witness)
	s.save(p, on)
	return s, logAtOff, witnessAtOff
}

// TestDamage damages log or witness in every way that one can think of, while
// the relay runs and while it does not. Everything is held, with a reason; a
// Save mends it, keeps the damaged log, and goes on above all that was heard.
func TestDamage(t *testing.T) {
	line := func(b []byte, n int) []byte { return bytes.SplitAfter(b, []byte{'\n'})[n-1] }
	for name, c := range map[string]struct {
		edit    func([]byte) []byte // of the log; nil result: removed
		witness func([]byte) []byte
		cause   Cause
		line    int
		running bool // the same while the relay runs; else it knows better
	}{
		"a word changed":       {edit: func(b []byte) []byte { return bytes.Replace(b, []byte(`"off"`), []byte(`"on"`), 1) }, cause: CauseDamaged, line: 4, running: true},
		"the last changed":     {edit: func(b []byte) []byte { i := bytes.LastIndex(b, []byte("anna")); b[i] = 'x'; return b }, cause: CauseDamaged, line: 4, running: true},
		"no JSON":              {edit: func(b []byte) []byte { return append(b, "off please\n"...) }, cause: CauseDamaged, line: 5, running: true},
		"an empty line":        {edit: func(b []byte) []byte { return append(b, '\n') }, cause: CauseDamaged, line: 5, running: true},
		"a line more":          {edit: func(b []byte) []byte { return append(b, line(b, 3)...) }, cause: CauseDamaged, line: 5, running: true},
		"a line taken out":     {edit: func(b []byte) []byte { return bytes.Replace(b, line(b, 2), nil, 1) }, cause: CauseDamaged, line: 2, running: true},
		"the last taken out":   {edit: func(b []byte) []byte { return bytes.TrimSuffix(b, line(b, 4)) }, cause: CauseBehind, running: true},
		"its end taken off":    {edit: func(b []byte) []byte { return b[:len(b)-1] }, cause: CauseBehind, running: true},
		"ends of another kind": {edit: func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) }, cause: CauseDamaged, line: 2, running: true},
		"empty":                {edit: func([]byte) []byte { return []byte{} }, cause: CauseBehind, running: true},
		"removed":              {edit: func([]byte) []byte { return nil }, cause: CauseMissing, running: true},
		"too long":             {edit: func(b []byte) []byte { return append(b, make([]byte, maxLog)...) }, cause: CauseUnread, running: true},
		"zeros":                {edit: func(b []byte) []byte { return make([]byte, len(b)) }, cause: CauseBehind, running: true},
		"witness garbage":      {witness: func([]byte) []byte { return []byte("{") }, cause: CauseWitness},
		"witness negative":     {witness: func([]byte) []byte { return []byte(`{"revision":1,"lines":-1}`) }, cause: CauseWitness},
		"witness too high":     {witness: func(b []byte) []byte { return bytes.Replace(b, []byte(`"revision":1`), []byte(`"revision":2`), 1) }, cause: CauseBehind, running: true},
		"witness of another":   {witness: func(b []byte) []byte { return bytes.Replace(b, []byte(`"head":"`), []byte(`"head":"0`), 1)[:len(b)] }, cause: CauseWitness},
		"log and then witness": {edit: func(b []byte) []byte { return append(b, '\n') }, witness: func([]byte) []byte { return nil }, cause: CauseDamaged, line: 5, running: true},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, _ := decided(t)
			running := s.open()
			told := running.Wire().Revision
			damage := func(path string, f func([]byte) []byte) {
				if f != nil {
					s.put(path, f(bytes.Clone(s.read(path))))
				}
			}
			damage(s.log(), c.edit)
			damage(s.c.Witness, c.witness)
			damagedLog := s.read(s.log())
			if c.running {
				running.look(0)
				s.held(running, c.cause)
			}
			p := s.open()
			s.held(p, c.cause)
			if got := p.State(); got.Line != c.line || got.Policy.Decided || c.line > 0 && !strings.Contains(got.Trouble, logFile) {
				t.Errorf("%+v, want line %d", got, c.line)
			}
			if _, err := p.History(t.Context()); err == nil {
				t.Error("the history says nothing of it")
			}
			s.mended(p, told, damagedLog)
		})
	}
}

// mended saves settings and checks that they hold from then on, above the
// revision that was told before, and that nothing was lost.
func (s *site) mended(p *Policy, told uint64, damagedLog []byte) {
	s.t.Helper()
	got := s.save(p, on)
	s.whole(p, on)
	again := s.open()
	s.whole(again, on)
	if got.Policy.Revision <= told || again.Wire() != got.Policy {
		s.t.Errorf("%+v, want a revision above %d", got, told)
	}
	history, err := again.History(s.t.Context())
	n := len(history)
	if err != nil || n < 2 || history[n-2].Act != ActAnew || history[n-1].By != "anna" {
		s.t.Errorf("%+v, %v: the new history does not say that it began anew", history, err)
	}
	kept := s.read(s.log() + ".damaged-1")
	if len(damagedLog) > 0 && !bytes.Equal(kept, damagedLog) && !bytes.HasPrefix(s.read(s.log()), damagedLog) {
		s.t.Errorf("the damaged log is not kept")
	}
}

// TestRollback puts an older copy of the directory back, from while the site
// was off or on, while the relay runs and while it does not.
func TestRollback(t *testing.T) {
	s, logAtOff, _ := decided(t)
	newest := s.read(s.log())
	for name, old := range map[string][]byte{"at off": logAtOff, "gone": nil} {
		running := s.open()
		s.put(s.log(), old)
		p := s.open()
		if running.look(0); running.State().Trouble == "" || p.State().Trouble == "" {
			t.Errorf("%s: %+v and %+v", name, running.State(), p.State())
		}
		s.put(s.log(), newest) // the right copy mends it without a Save
		if running.look(0); running.State().Trouble != "" {
			t.Errorf("%s: with the right copy %+v", name, running.State())
		}
		s.whole(s.open(), on)
	}
}

// TestKilledBetweenLogAndWitness: the witness of one line before is what a kill
// between the two leaves.
func TestKilledBetweenLogAndWitness(t *testing.T) {
	s, _, witnessAtOff := decided(t)
	newest := s.read(s.c.Witness)
	s.put(s.c.Witness, witnessAtOff)
	s.whole(s.open(), on)
	if !bytes.Equal(s.read(s.c.Witness), newest) {
		t.Error("the witness did not follow")
	}
}

// TestKilledAtFirstStart kills after each step of the first start.
func TestKilledAtFirstStart(t *testing.T) {
	s := newSite(t)
	s.open()
	log := s.read(s.log())
	begun := []byte(`{"revision":0,"lines":0,"head":"` + strings.Repeat("0", 64) + `"}`)
	for name, at := range map[string]struct{ log, witness []byte }{
		"witness begun": {nil, begun}, "log opened": {[]byte{}, begun}, "entry torn": {log[:len(log)/2], begun}, "entry whole": {log, begun},
	} {
		s.put(s.log(), at.log)
		s.put(s.c.Witness, at.witness)
		p := s.open()
		if s.whole(p, on); p.State().Last.Act != ActDefault || !bytes.Equal(s.read(s.log()), log) {
			t.Errorf("%s: %+v", name, p.State())
		}
	}
}

// TestKilledWhileMending kills after each step of a Save over a damaged log.
func TestKilledWhileMending(t *testing.T) {
	s, _, _ := decided(t)
	s.edit(func(b []byte) []byte { return append(b, "x\n"...) })
	p := s.open()
	if err := p.Note(t.Context(), "restored", "anna"); err != nil { // mends, and decides nothing
		t.Fatal(err)
	}
	s.held(p, CauseAnew)
	s.held(s.open(), CauseAnew)
	log, witness := s.read(s.log()), s.read(s.c.Witness)
	before := s.read(s.c.Witness)
	lines := bytes.SplitAfter(log, []byte{'\n'})
	if !bytes.Contains(lines[1], []byte("restored")) {
		t.Fatalf("the note is not in %s", log)
	}
	for name, at := range map[string]struct{ log, witness []byte }{
		"set aside": {nil, before}, "one line": {lines[0], before}, "both": {log, witness},
	} {
		s.put(s.log(), at.log)
		s.put(s.c.Witness, at.witness)
		p := s.open()
		if p.State().Trouble == "" {
			t.Errorf("%s: %+v, want it held", name, p.State())
		}
		s.save(p, off)
		s.whole(s.open(), off)
	}
}

func TestDirectoryRemoved(t *testing.T) {
	s, _, _ := decided(t)
	running := s.open()
	if err := os.RemoveAll(filepath.Dir(s.c.Dir)); err != nil {
		t.Fatal(err)
	}
	running.look(0)
	s.held(running, CauseMissing)
	s.save(running, off)
	s.whole(running, off)
	s.whole(s.open(), off)
	if err := os.RemoveAll(filepath.Dir(s.c.Dir)); err != nil {
		t.Fatal(err)
	}
	s.held(s.open(), CauseMissing)
}

// TestBothRemovedWhileRunning: the process remembers.
func TestBothRemovedWhileRunning(t *testing.T) {
	s, _, _ := decided(t)
	running := s.open()
	s.put(s.log(), nil)
	s.put(s.c.Witness, nil)
	running.look(0)
	s.held(running, CauseMissing)
}

// TestBothPutBackWhileRunning puts log and witness back to before a note, which
// did not raise the revision: the process remembers.
func TestBothPutBackWhileRunning(t *testing.T) {
	for name, reaches := range map[string]bool{"with the witness": true, "while none can be written": false} {
		s, _, _ := decided(t)
		running := s.open()
		log, witness := s.read(s.log()), s.read(s.c.Witness)
		free := func() {}
		if !reaches {
			free = s.blocked()
		}
		if err := running.Note(t.Context(), "restored", ""); err != nil {
			t.Fatal(err)
		}
		s.whole(running, on)
		free()
		s.put(s.log(), log)
		s.put(s.c.Witness, witness)
		if running.look(0); running.State().Cause != CauseBehind {
			t.Errorf("%s: %+v", name, running.State())
		}
	}
}

// TestWitnessHeals: what a running relay saw makes a lost witness good.
func TestWitnessHeals(t *testing.T) {
	s, _, old := decided(t)
	running := s.open()
	newest := s.read(s.c.Witness)
	for _, b := range [][]byte{nil, old, []byte("garbage")} {
		s.put(s.c.Witness, b)
		running.look(0)
		s.whole(running, on)
		if !bytes.Equal(s.read(s.c.Witness), newest) {
			t.Errorf("the witness stays %q", b)
		}
	}
	s.whole(s.open(), on)
}

func TestExposedLog(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no mode bits there")
	}
	s, _, _ := decided(t)
	if err := os.Chmod(s.log(), 0o644); err != nil {
		t.Fatal(err)
	}
	p := s.open()
	s.held(p, CauseUnread)
	if got := p.State().Trouble; !strings.Contains(got, "0600") || strings.Contains(got, s.c.Dir) {
		t.Errorf("%q, want what to do, and no path", got)
	}
	if err := os.Chmod(s.log(), 0o600); err != nil {
		t.Fatal(err)
	}
	p.look(0) // what the fix says is noticed without a restart
	s.whole(p, on)
	if err := os.Chmod(s.log(), 0o644); err != nil {
		t.Fatal(err)
	}
	p.look(0)
	s.held(p, CauseUnread)
}

// blocked makes the witness impossible to write, until the returned function is
// called.
func (s *site) blocked() (free func()) {
	s.t.Helper()
	outside := filepath.Dir(filepath.Dir(s.c.Witness))
	if err := errors.Join(os.RemoveAll(outside), os.WriteFile(outside, nil, 0o600)); err != nil {
		s.t.Fatal(err)
	}
	return func() {
		if err := os.Remove(outside); err != nil {
			s.t.Fatal(err)
		}
	}
}

// TestWithoutWitness: where none can be written, defaults and decisions count
// with a warning, also after a restart.
func TestWithoutWitness(t *testing.T) {
	s := newSite(t)
	free := s.blocked()
	warned := func(p *Policy, want Settings) {
		t.Helper()
		if s.whole(p, want); p.State().Warning == "" {
			t.Errorf("no warning: %+v", p.State())
		}
	}
	for range 2 { // the first start and a second
		p := s.open()
		warned(p, on)
		if err := p.Note(t.Context(), "restored", ""); err != nil {
			t.Error(err)
		}
	}
	s.save(s.open(), off)
	for range 2 {
		warned(s.open(), off)
	}
	free()
	p := s.open()
	if s.whole(p, off); p.State().Warning != "" {
		t.Errorf("still warns: %+v", p.State())
	}
	s.put(s.c.Witness, nil)
	p = s.open()
	s.whole(p, off)
	if h, err := p.History(t.Context()); err != nil || h[len(h)-1].Act != ActWitness || s.read(s.c.Witness) == nil {
		t.Errorf("%+v, %v; want a note that the witness was made anew", h, err)
	}
}

// TestWitnessLostItsDisk: a Save that cannot reach the witness counts, with a
// warning, and the witness follows when it can.
func TestWitnessLostItsDisk(t *testing.T) {
	s, _, _ := decided(t)
	p := s.open()
	witness := s.read(s.c.Witness)
	free := s.blocked()
	s.save(p, off)
	if s.whole(p, off); p.State().Warning == "" {
		t.Errorf("no warning: %+v", p.State())
	}
	free()
	s.put(s.c.Witness, witness)
	p = s.open()
	if s.whole(p, off); p.State().Warning != "" {
		t.Errorf("still warns: %+v", p.State())
	}
	if bytes.Equal(witness, s.read(s.c.Witness)) {
		t.Error("the witness did not follow")
	}
}

// TestRevisionsRise: a chain of which the links are right and a revision is not
// above the one before was made by no Save.
func TestRevisionsRise(t *testing.T) {
	s := newSite(t)
	r := new(reading)
	for _, revision := range []uint64{7, 8, 8} {
		e := Entry{Link: r.chain.Next(), Act: ActDecided, By: "anna", Revision: revision, Settings: on}
		if err := errors.Join(os.MkdirAll(s.c.Dir, 0o700), r.chain.Append(s.log(), e)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := parse(s.read(s.log())); err == nil || !strings.Contains(err.Error(), "line 3: ") {
		t.Errorf("%v, want line 3 refused", err)
	}
}

// TestTornLine: what a crash in the middle of a write leaves is written over.
func TestTornLine(t *testing.T) {
	s, _, _ := decided(t)
	s.edit(func(b []byte) []byte { return append(b, `{"n":5,"prev":"0`...) })
	p := s.open()
	s.whole(p, on)
	s.save(p, off)
	s.whole(s.open(), off)
	if _, err := durable.ParseChain(s.read(s.log()), nil); err != nil {
		t.Error(err)
	}
}
