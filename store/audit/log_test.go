package audit_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/store/audit"
)

// place is a log in a directory of the test's.
type place struct {
	t    *testing.T
	cfg  audit.Config
	file string
	said bytes.Buffer
	now  time.Time
}

func newPlace(t *testing.T) *place {
	dir := t.TempDir()
	p := &place{t: t, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	p.cfg = audit.Config{
		Dir: filepath.Join(dir, "desk"), Witness: filepath.Join(dir, "data.witness", "desk.json"),
		Now: func() time.Time { return p.now }, Logger: slog.New(slog.NewTextHandler(&p.said, nil)),
	}
	p.file = filepath.Join(p.cfg.Dir, "audit.log")
	return p
}

func (p *place) open() *audit.Log {
	p.t.Helper()
	l, err := audit.Open(p.cfg)
	if err != nil {
		p.t.Fatal(err)
	}
	return l
}

// lookups writes rows with their outcomes.
func (p *place) lookups(l *audit.Log, by string, n int) {
	p.t.Helper()
	for range n {
		of, err := l.Begin(p.t.Context(), audit.Entry{By: by, From: audit.Desk, Act: audit.Opened, Ticket: "T-1", Reason: "it fails"})
		if err == nil {
			err = l.End(p.t.Context(), of, by, audit.Desk, audit.Found)
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *place) lines() []string {
	p.t.Helper()
	b, err := os.ReadFile(p.file)
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.SplitAfter(strings.TrimSuffix(string(b), "\n"), "\n")
}

func TestRows(t *testing.T) {
	p := newPlace(t)
	p.lookups(p.open(), "ada", 3)
	l := p.open() // another process
	if _, err := l.Begin(t.Context(), audit.Entry{By: "bob", From: audit.Command, Act: audit.Erased}); err != nil {
		t.Fatal(err)
	}
	entries, err := l.Entries(t.Context())
	if err != nil || len(entries) != 7 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	if e := entries[4]; e.N != 5 || e.By != "ada" || e.Ticket != "T-1" || e.Reason != "it fails" || e.Act != audit.Opened || !e.Time.Equal(p.now) {
		t.Errorf("entry %+v", e)
	}
	if e := entries[5]; e.For != 5 || e.What != audit.Found || e.Act != audit.Outcome {
		t.Errorf("outcome %+v", e)
	}
	c, err := audit.Check(t.Context(), p.cfg)
	if err != nil || c.Rows != 7 || c.Open != 1 {
		t.Errorf("check: %+v, %v", c, err)
	}
	if !strings.Contains(p.said.String(), "row=7 digest=") {
		t.Errorf("the log of the service does not have the digests: %s", p.said.String())
	}
}

// TestEdits: what was changed, taken out, put in, swapped or cut shows, and
// nothing more is taken.
func TestEdits(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(lines []string) []string
		want error
	}{
		"a word":        {func(l []string) []string { l[2] = strings.Replace(l[2], "ada", "eve", 1); return l }, audit.ErrDamaged},
		"a line out":    {func(l []string) []string { return append(l[:2:2], l[3:]...) }, audit.ErrDamaged},
		"a line in":     {func(l []string) []string { return append(l[:3:3], append([]string{l[2]}, l[3:]...)...) }, audit.ErrDamaged},
		"two swapped":   {func(l []string) []string { l[1], l[2] = l[2], l[1]; return l }, audit.ErrDamaged},
		"no JSON":       {func(l []string) []string { l[0] = "hello\n"; return l }, audit.ErrDamaged},
		"the last line": {func(l []string) []string { return l[:len(l)-1] }, audit.ErrCut},
		"half of it":    {func(l []string) []string { return l[:3] }, audit.ErrCut},
		"last changed":  {func(l []string) []string { l[5] = strings.Replace(l[5], "found", "faked", 1); return l }, audit.ErrCut},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			p.lookups(p.open(), "ada", 3)
			lines := c.edit(p.lines())
			if err := os.WriteFile(p.file, []byte(strings.TrimSuffix(strings.Join(lines, ""), "\n")+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := audit.Check(t.Context(), p.cfg); !errors.Is(err, c.want) {
				t.Errorf("check: %v, want %v", err, c.want)
			}
			if n, err := p.open().Begin(t.Context(), audit.Entry{By: "ada", Act: audit.Opened}); !errors.Is(err, c.want) || n != 0 {
				t.Errorf("begin: %d, %v", n, err)
			}
		})
	}
}

// TestMovedAway: a log that was moved away is followed by one that says so.
func TestMovedAway(t *testing.T) {
	p := newPlace(t)
	l := p.open()
	if _, err := audit.Check(t.Context(), p.cfg); err != nil {
		t.Errorf("nothing was ever written: %v", err)
	}
	p.lookups(l, "ada", 2)
	if err := os.Rename(p.file, p.file+".old"); err != nil {
		t.Fatal(err)
	}
	if _, err := audit.Check(t.Context(), p.cfg); !errors.Is(err, audit.ErrGone) {
		t.Errorf("it is gone: %v", err)
	}
	gone := p.cfg
	gone.Dir += " of somebody else"
	if _, err := audit.Check(t.Context(), gone); !errors.Is(err, audit.ErrGone) {
		t.Errorf("its directory is gone: %v", err)
	}
	if _, err := os.Stat(gone.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a check makes a directory: %v", err)
	}
	p.lookups(l, "ada", 1)
	entries, err := p.open().Entries(t.Context())
	if err != nil || len(entries) != 3 || entries[0].Act != audit.Anew || !strings.Contains(entries[0].What, "4 rows") {
		t.Fatalf("%+v, %v", entries, err)
	}
	if _, err := audit.Check(t.Context(), p.cfg); err != nil {
		t.Error(err)
	}
}

// TestTorn: a line that a crash tore was told to nobody, and gives way.
func TestTorn(t *testing.T) {
	p := newPlace(t)
	p.lookups(p.open(), "ada", 1)
	f, err := os.OpenFile(p.file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(`{"n":3,"prev":"`)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	p.lookups(p.open(), "ada", 1)
	if c, err := audit.Check(t.Context(), p.cfg); err != nil || c.Rows != 4 {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestUnwritten: a row that cannot be written lets nothing happen.
func TestUnwritten(t *testing.T) {
	p := newPlace(t)
	l := p.open()
	p.lookups(l, "ada", 1)
	if err := os.Remove(p.file); err != nil {
		t.Fatal(err)
	}
	// Root writes everywhere: a directory in the file's place stops everybody.
	if err := os.Mkdir(p.file, 0o700); err != nil {
		t.Fatal(err)
	}
	if n, err := l.Begin(t.Context(), audit.Entry{By: "ada", Act: audit.Opened}); err == nil || n != 0 {
		t.Errorf("row %d is said to be written", n)
	} else if strings.Contains(err.Error(), p.cfg.Dir) {
		t.Errorf("the error says where the file lies: %v", err)
	}
}

func TestTwoAtOnce(t *testing.T) {
	p := newPlace(t)
	var running sync.WaitGroup
	for range 4 {
		l := p.open()
		running.Go(func() {
			for range 10 {
				if _, err := l.Begin(t.Context(), audit.Entry{By: "ada", Act: audit.Opened}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	running.Wait()
	if c, err := audit.Check(t.Context(), p.cfg); err != nil || c.Rows != 40 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestAsked(t *testing.T) {
	p := newPlace(t)
	l := p.open()
	p.lookups(l, "ada", 3)
	p.lookups(l, "bob", 5)
	p.now = p.now.Add(50 * time.Minute)
	p.lookups(l, "ada", 2)
	for since, want := range map[time.Duration]int{time.Hour: 5, 40 * time.Minute: 2, time.Second: 2} {
		if n, err := p.open().Asked(t.Context(), "ada", p.now.Add(-since)); n != want || err != nil {
			t.Errorf("in the last %v: %d, want %d; %v", since, n, want, err)
		}
	}
}

func TestClean(t *testing.T) {
	const id = "7ZZZ-1B2C-3D4E-5F6G-7H8J-9K0M-NP4"
	for text, want := range map[string]error{
		"INC-2026-00417": nil, "search fails since 5.3": nil, "user says it is slow, twice a day since 2024": nil, "": nil,
		"CHG0012345 after INC0098765": nil, "error E217 in engine.Query": nil, "Kunde meldet Fehler, Büro 4711": nil,
		"his ID is " + id: audit.ErrSubject, strings.ToLower(id): audit.ErrSubject, strings.ReplaceAll(id, "-", ""): audit.ErrSubject,
		"7zzz 1b2c": audit.ErrSubject, "it ends in 9KOM-NP4": nil, "9d2f1c34-8a5b-4c6d-9e7f-001122334455": audit.ErrSubject,
		"another: ABCD-1234-EFGH-5678-JKMN": audit.ErrSubject, "code ABCD1 EFGH2 JKMN3 PQRS4": audit.ErrSubject,
		strings.Repeat("long ", 60): audit.ErrLong,
	} {
		if got, err := audit.Clean(text, audit.MaxReason, id); !errors.Is(err, want) || err == nil && got != text {
			t.Errorf("%q: %q, %v, want %v", text, got, err, want)
		}
	}
	if got, err := audit.Clean("two\nlines\x1b[31m and\t more ", audit.MaxReason, ""); got != "two lines[31m and more" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// FuzzClean: what is taken is one short line, and none of what was typed.
func FuzzClean(f *testing.F) {
	f.Add("his ID is 7ZZZ-1B2C-3D4E", "7ZZZ-1B2C-3D4E-5F6G-7H8J-9K0M-NP4")
	f.Add("a\nb\x00c \u202e", "")
	f.Fuzz(func(t *testing.T, text, typed string) {
		got, err := audit.Clean(text, audit.MaxReason, typed)
		if err == nil && (len(got) > audit.MaxReason || strings.ContainsAny(got, "\n\r\x00\x1b")) {
			t.Errorf("%q became %q", text, got)
		}
		if _, again := audit.Clean("x "+typed, audit.MaxReason, typed); again == nil && plainID.MatchString(typed) {
			t.Errorf("%q is taken for a reason", typed)
		}
	})
}

// plainID is an ID as it is read out.
var plainID = regexp.MustCompile(`^[0-9A-Z]{4}(-[0-9A-Z]{4}){5}-[0-9A-Z]{3}$`)
