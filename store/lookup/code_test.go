package lookup

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// granted puts a page on each of some days and a grant of days up to today.
func granted(t *testing.T, s *shelf, code page.Code, days int, on ...schema.Day) {
	t.Helper()
	for _, d := range on {
		s.put(t, d, 0, one(used(d.Time().Add(time.Hour))))
	}
	g, err := page.SealGrant(page.NewRoot(id), code, today, days, today+1)
	if err != nil {
		t.Fatal(err)
	}
	s.grants = append(s.grants, g)
}

// TestCodeOpensItsDays: the days of the grant and nothing else; no code, no
// grant.
func TestCodeOpensItsDays(t *testing.T) {
	s, code := &shelf{}, page.NewCode()
	granted(t, s, code, 7, today-7, today-6, today, today+1)
	h, err := Timeline(t.Context(), s, Subject{code: &code}, Options{Now: now, Registry: registry.BaseSet()})
	if err != nil || h.Pages != 3 || h.OldestDay != today-6 || h.NewestDay != today+1 {
		t.Errorf("%+v, %v; want the three pages from %s on", h, err, today-6)
	}
	for _, asked := range s.asked {
		for _, a := range asked {
			if a.Day < today-6 || a.Day > today+1 {
				t.Errorf("the store is asked for %s", a.Day)
			}
		}
	}
	if h, err = Timeline(t.Context(), s, Subject{code: &code}, Options{Now: now, Since: now, Registry: registry.BaseSet()}); err != nil || h.Pages != 2 {
		t.Errorf("since today: %+v, %v; want two pages", h, err)
	}
	other := page.NewCode()
	asked := len(s.asked)
	if _, err := Timeline(t.Context(), s, Subject{code: &other}, Options{Now: now, Registry: registry.BaseSet()}); !errors.Is(err, ErrNoCode) {
		t.Errorf("another code: %v", err)
	}
	if len(s.asked) != asked || len(s.letters) != 2 {
		t.Error("a code that does not live leaves a note, or asks for pages")
	}
	if _, err := Erase(t.Context(), s, &eraser{}, Subject{code: &code}, now); !errors.Is(err, ErrCodeErases) {
		t.Errorf("erase by code: %v", err)
	}
}

// TestNoNoteNoPages: the note comes before any question, says when, for which
// ticket and how, and opens with the host's keys only.
func TestNoNoteNoPages(t *testing.T) {
	code := page.NewCode()
	for name, subject := range map[string]Subject{"by ID": SubjectOf(id), "by code": {code: &code}} {
		s := &shelf{}
		granted(t, s, code, 1, today)
		opt := Options{Now: now, Registry: registry.BaseSet(), Ticket: "SUP-4711"}
		if _, err := Timeline(t.Context(), s, subject, opt); err != nil || len(s.letters) != 1 {
			t.Fatalf("%s: %v, %d notes", name, err, len(s.letters))
		}
		box, l := page.NewRoot(id).Mailbox(today), s.letters[0]
		got, err := box.Open(l.Sealed[:])
		want := page.Note{Minute: 12 * 60, Ticket: "SUP-4711", ByCode: subject.ByCode()}
		if err != nil || got != want || l.Box != box.Tag() || l.Day != today {
			t.Errorf("%s: the note is %+v, %v, want %+v", name, got, err, want)
		}
		refused := &shelf{refuses: errors.New("no room"), pages: s.pages, grants: s.grants}
		if _, err := Timeline(t.Context(), refused, subject, opt); err == nil || len(refused.asked) > 0 {
			t.Errorf("%s: without a note: %v, %d questions", name, err, len(refused.asked))
		}
		opt.Ticket = strings.Repeat("1", page.MaxTicketLen+1)
		if _, err := Timeline(t.Context(), s, subject, opt); !errors.Is(err, ErrTicket) {
			t.Errorf("%s: a ticket without bound: %v", name, err)
		}
	}
}
