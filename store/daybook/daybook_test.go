package daybook

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/calendar"
	"github.com/tacit-telemetry/tacit/store/secret"
)

const day = schema.Day(20780)

// shelf is where a daybook lies, and which day it is there.
type shelf struct {
	t         *testing.T
	dir, keys string
	today     calendar.Today
	*Book
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{t: t, dir: filepath.Join(t.TempDir(), "store"), keys: filepath.Join(t.TempDir(), "keys"), today: calendar.On(day)}
	s.open()
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func (s *shelf) open() {
	s.t.Helper()
	secrets, err := secret.Open(s.keys, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.Book, err = Open(Config{Dir: s.dir, Secrets: secrets, Today: func() calendar.Today { return s.today }})
	if err != nil {
		s.t.Fatal(err)
	}
}

// restart opens it again, as the next start of a store does.
func (s *shelf) restart() {
	s.t.Helper()
	if err := s.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.open()
}

func root() page.Root { return page.NewRoot([16]byte{7}) }

func grant(t *testing.T, code page.Code, today, expiry schema.Day) page.Grant {
	t.Helper()
	g, err := page.SealGrant(root(), code, today, 7, expiry)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func (s *shelf) say(g page.Grant, want wire.Status) {
	s.t.Helper()
	if got, err := s.Grant(g); err != nil || got != want {
		s.t.Errorf("it is answered %s, %v, want %s", got, err, want)
	}
}

// opens says whether a code opens.
func (s *shelf) opens(code page.Code) bool {
	s.t.Helper()
	g, ok, err := s.Find(code.Tag())
	if err != nil {
		s.t.Fatal(err)
	}
	if ok {
		if _, err := code.Open(g); err != nil {
			s.t.Errorf("what was found is not the grant: %v", err)
		}
	}
	return ok
}

// files returns all that lies on disk.
func (s *shelf) files() (out []byte) {
	s.t.Helper()
	for _, dir := range []string{filepath.Join(s.dir, "daybook"), s.keys} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, e := range entries {
			b, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				s.t.Fatal(err)
			}
			out = append(out, b...)
		}
	}
	return out
}

// TestGrants: what is answered to each, over restarts.
func TestGrants(t *testing.T) {
	s := newShelf(t)
	code, gone := page.NewCode(), page.NewCode()
	g, early := grant(t, code, day, day+1), grant(t, gone, day, day)
	s.say(g, wire.Stored)
	s.say(g, wire.Stored)
	s.say(grant(t, code, day, day+1), wire.Conflict)
	s.say(early.Revocation(), wire.Done) // before it came
	for range 2 {
		s.say(early, wire.Erased)
		s.say(g, wire.Stored)
		if !s.opens(code) || s.opens(gone) || s.opens(page.NewCode()) {
			t.Error("another code opens than the one that lives")
		}
		s.restart()
	}
	s.say(grant(t, page.NewCode(), day-1, day-1), wire.Expired)
	s.say(grant(t, page.NewCode(), day+2, day+2), wire.Redate)
	if bytes.Contains(s.files(), g.Sealed[40:56]) || bytes.Contains(s.files(), g.Tag[:]) {
		t.Error("the grant lies on disk as it came")
	}
	s.say(g.Revocation(), wire.Done)
	s.say(g.Revocation(), wire.Done)
	for range 2 {
		if s.opens(code) {
			t.Error("a revoked code opens")
		}
		s.say(g, wire.Erased)
		s.restart()
	}
}

// TestCodeDiesWithItsDay: when the day is over nothing on disk opens the grant,
// also when no store ran at midnight, or its clock cannot be believed.
func TestCodeDiesWithItsDay(t *testing.T) {
	for name, c := range map[string]struct {
		today   calendar.Today
		restart bool
	}{
		"running":           {calendar.On(day + 1), false},
		"off at midnight":   {calendar.On(day + 1), true},
		"off for a year":    {calendar.On(day + 365), true},
		"perhaps tomorrow":  {calendar.Today{First: day, Last: day + 1, Day: day, Sure: day}, false},
		"perhaps far ahead": {calendar.Today{First: day, Last: day, Day: day, Sure: day, Later: true}, false},
	} {
		s := newShelf(t)
		code := page.NewCode()
		s.say(grant(t, code, day, day), wire.Stored)
		key := s.Book.keys.Grants[day]
		s.today = c.today
		if c.restart {
			s.restart()
		} else if err := s.Turn(); err != nil {
			t.Fatal(err)
		}
		text, _ := key.MarshalText()
		if bytes.Contains(s.files(), text) {
			t.Errorf("%s: the day's key is on disk", name)
		}
		if entries, err := os.ReadDir(filepath.Join(s.dir, "daybook")); err != nil || len(entries) > 0 {
			t.Errorf("%s: %d files are left, %v", name, len(entries), err)
		}
		if c.today.Later {
			if _, _, err := s.Find(code.Tag()); !errors.Is(err, ErrClock) {
				t.Errorf("%s: %v, want ErrClock", name, err)
			}
		}
		s.today = calendar.On(day) // a clock that is set back does not bring it back
		if s.opens(code) {
			t.Errorf("%s: the code opens again", name)
		}
	}
}

// TestOldCopyOpensNothing: the files of the day beside the secrets of the next, and
// the secrets of the day beside the data of the next.
func TestOldCopyOpensNothing(t *testing.T) {
	s := newShelf(t)
	code := page.NewCode()
	s.say(grant(t, code, day, day), wire.Stored)
	path := filepath.Join(s.dir, "daybook", "grants-"+strconv.Itoa(int(day)))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(filepath.Join(s.keys, KeysFile))
	if err != nil {
		t.Fatal(err)
	}
	s.today = calendar.On(day + 1)
	s.restart()
	for name, put := range map[string]func() error{
		"data":    func() error { return os.WriteFile(path, data, 0o600) },
		"secrets": func() error { return os.WriteFile(filepath.Join(s.keys, KeysFile), old, 0o600) },
	} {
		if err := put(); err != nil {
			t.Fatal(err)
		}
		s.restart()
		if s.opens(code) || bytes.Contains(s.files(), data[:16]) {
			t.Errorf("an old copy of the %s brings the grant back", name)
		}
	}
}

// TestDoubt: while the day is in doubt what may be right is not refused for good.
func TestDoubt(t *testing.T) {
	s := newShelf(t)
	s.today = calendar.Today{First: day, Last: day + 10, Day: day + 10, Sure: day}
	s.say(grant(t, page.NewCode(), day, day), 0)
	s.say(grant(t, page.NewCode(), day+20, day+20), 0)
	s.say(grant(t, page.NewCode(), day+10, day+10), wire.Stored)
}

func letter(t *testing.T, d schema.Day, n page.Note) page.Letter {
	t.Helper()
	l, err := root().Mailbox(d).Seal(n)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestNotes: they are kept in order, once each, and for a month.
func TestNotes(t *testing.T) {
	s := newShelf(t)
	var letters []page.Letter
	for i := range 5 {
		letters = append(letters, letter(t, day, page.Note{Minute: i}))
		for range 2 {
			if err := s.Leave(letters[i]); err != nil {
				t.Fatal(err)
			}
		}
	}
	read := func() (minutes []int) {
		q := page.Inquiry{Box: letters[0].Box, Day: day}
		for {
			total, notes, err := s.Notes(q)
			if err != nil || len(notes) > page.NotesInReply {
				t.Fatal(err)
			}
			for _, sealed := range notes {
				n, err := root().Mailbox(day).Open(sealed)
				if err != nil {
					t.Fatal(err)
				}
				minutes = append(minutes, n.Minute)
			}
			if q.Skip += uint16(len(notes)); int(q.Skip) >= total {
				return minutes
			}
		}
	}
	for _, d := range []schema.Day{day, day + NoteDays} {
		s.today = calendar.On(d)
		s.restart()
		if got := read(); !slices.Equal(got, []int{0, 1, 2, 3, 4}) {
			t.Errorf("on %s the notes of %s are %v", d, day, got)
		}
	}
	s.today = calendar.On(day + NoteDays + 1)
	if got := read(); len(got) > 0 {
		t.Errorf("after a month the notes are %v", got)
	}
	for _, d := range []schema.Day{day - 2, day + 2} {
		s.today = calendar.On(day)
		if err := s.Leave(letter(t, d, page.Note{})); !errors.Is(err, ErrDay) {
			t.Errorf("a note of %s on %s: %v", d, day, err)
		}
	}
}

// TestOrderIsNotKept: where a row lies says nothing about when it came. Of many
// files the first row is not always the first that came, nor the last the last.
func TestOrderIsNotKept(t *testing.T) {
	const rowsOfFile, files = 6, 60
	var first, last int
	for range files {
		s := newShelf(t)
		var came []rowKey
		for range rowsOfFile {
			l := letter(t, day, page.Note{})
			l.Box = page.NewCode().Tag() // a mailbox of its own
			if err := s.Leave(l); err != nil {
				t.Fatal(err)
			}
			came = append(came, s.Book.keys.Notes[day].row(l.Box, 0))
		}
		s.restart()
		r, err := s.notes(day, false)
		if err != nil || len(r.index) != rowsOfFile {
			t.Fatalf("%d rows of %d, %v", len(r.index), rowsOfFile, err)
		}
		if r.slots[0] == came[0] {
			first++
		}
		if r.slots[rowsOfFile-1] == came[rowsOfFile-1] {
			last++
		}
	}
	// A sixth is expected of each; half would be five standard deviations away.
	if first > files/2 || last > files/2 {
		t.Errorf("of %d files %d begin with what came first, and %d end with what came last", files, first, last)
	}
}

// TestDamage: rows that do not open are left out, and the others are there. A row
// that is torn by a crash is one.
func TestDamage(t *testing.T) {
	s := newShelf(t)
	var codes []page.Code
	for range 4 {
		codes = append(codes, page.NewCode())
		s.say(grant(t, codes[len(codes)-1], day, day), wire.Stored)
	}
	path := filepath.Join(s.dir, "daybook", "grants-"+strconv.Itoa(int(day)))
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/4+100] ^= 1 // in the second row
	if err := os.WriteFile(path, append(b, b[:len(b)/8]...), 0o600); err != nil {
		t.Fatal(err)
	}
	s.restart()
	live := 0
	for _, c := range codes {
		if s.opens(c) {
			live++
		}
	}
	if live != 3 {
		t.Errorf("%d of 4 codes open, want 3", live)
	}
	s.say(grant(t, page.NewCode(), day, day), wire.Stored)
	if err := os.WriteFile(filepath.Join(s.keys, KeysFile), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.restart()
	s.say(grant(t, page.NewCode(), day, day), wire.Stored)
}
