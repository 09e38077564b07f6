package support

import (
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

var (
	root = page.NewRoot([16]byte{4, 7, 1, 1})
	noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	day  = schema.DayOf(noon)
)

// store answers requests as a store does, and keeps what it is given.
type store struct {
	mu     sync.Mutex
	day    schema.Day // the store's, by which it judges
	host   schema.Day // by which pages are sealed
	grants map[page.Tag]page.Grant
	boxes  map[page.Tag][][]byte
	asked  map[page.Tag]int
	fail   error
	status wire.Status   // in place of the answer; 0: the answer
	gate   chan struct{} // held until it is closed; nil: not
	inside chan struct{} // gets one from who is held
}

func newStore() *store {
	return &store{day: day, host: day, grants: map[page.Tag]page.Grant{}, boxes: map[page.Tag][][]byte{}, asked: map[page.Tag]int{}, inside: make(chan struct{}, 16)}
}

// Today implements Sender.
func (s *store) Today() schema.Day { return s.host }

// Ask implements Sender.
func (s *store) Ask(ctx context.Context, r upload.Request) (envelope.Reply, error) {
	if s.gate != nil {
		s.inside <- struct{}{}
		select {
		case <-s.gate:
		case <-ctx.Done():
			return envelope.Reply{}, ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[page.Tag(r.Tag)]++
	switch {
	case s.fail != nil:
		return envelope.Reply{}, s.fail
	case s.status != 0:
		return envelope.Reply{Status: s.status, Day: s.day}, nil
	case r.Kind == envelope.Ask:
		q, err := page.ParseInquiry(r.Payload)
		all := s.boxes[q.Box]
		return envelope.Reply{Status: wire.Notes, Data: page.MarshalNotes(len(all), all[min(int(q.Skip), len(all)):])}, err
	}
	g, err := page.ParseGrant(r.Payload)
	out := envelope.Reply{Status: wire.Stored, Day: s.day}
	switch {
	case g.Sealed == nil:
		out.Status = wire.Done
		delete(s.grants, g.Tag)
	case g.Expiry < s.day:
		out.Status = wire.Expired
	case g.Expiry > s.day+1:
		out.Status = wire.Redate
	default:
		s.grants[g.Tag] = g
	}
	return out, err
}

func open(t *testing.T, dir string, s Sender, now time.Time) *Support {
	t.Helper()
	out, err := Open(Config{Dir: dir, Root: root, Sender: s, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// mint makes a code and delivers it.
func mint(t *testing.T, s *Support, days int) Minted {
	t.Helper()
	m, err := s.Mint(days)
	if err == nil {
		err = s.Deliver(t.Context(), &m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestCodeLivesThroughItsDay: today, or tomorrow where little is left of today.
func TestCodeLivesThroughItsDay(t *testing.T) {
	for hour, last := range map[int]schema.Day{0: day, 12: day, 17: day, 18: day + 1, 23: day + 1} {
		st := newStore()
		m := mint(t, open(t, t.TempDir(), st, day.Time().Add(time.Duration(hour)*time.Hour)), 7)
		access, err := m.Code.Open(st.grants[m.Code.Tag()])
		if err != nil || !m.Until.Equal((last + 1).Time()) || access.Days[0].Day() != day-6 || access.Days[len(access.Days)-1].Day() != last {
			t.Errorf("made at %d: until %s, %v", hour, m.Until, err)
		}
	}
}

// TestClockIsWrong: by the store's day the code is sealed anew.
func TestClockIsWrong(t *testing.T) {
	for _, off := range []int{-400, -2, 3, 400} {
		st := newStore()
		st.host = schema.Day(int(day) + off)
		m := mint(t, open(t, t.TempDir(), st, noon), 3)
		g, ok := st.grants[m.Code.Tag()]
		access, err := m.Code.Open(g)
		if !ok || err != nil || g.Expiry != day || access.Days[0].Day() != day-2 || !m.Until.Equal((day + 1).Time()) {
			t.Errorf("%d days off: %v until %s, %v", off, ok, m.Until, err)
		}
	}
}

// TestRevoke: all codes, also over a restart; what the store did not confirm is
// tried again; the file holds no code.
func TestRevoke(t *testing.T) {
	dir, st := t.TempDir(), newStore()
	s := open(t, dir, st, noon)
	a, b := mint(t, s, 1), mint(t, s, page.MaxGrantDays)
	file, err := os.ReadFile(filepath.Join(dir, CodesFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []Minted{a, b} {
		tag := m.Code.Tag()
		if !strings.Contains(string(file), hex.EncodeToString(tag[:])) || strings.Contains(string(file), strings.ReplaceAll(m.Code.Spoken(), "-", "")[:8]) {
			t.Error("the file does not name the grant, or has the code")
		}
	}
	st.fail = errors.New("away")
	if n, err := s.Revoke(t.Context()); n != 0 || !errors.Is(err, st.fail) {
		t.Errorf("without a store: %d, %v", n, err)
	}
	st.fail, st.status = nil, wire.Conflict
	if n, err := s.Revoke(t.Context()); n != 0 || !errors.Is(err, ErrRefused) {
		t.Errorf("refused: %d, %v", n, err)
	}
	st.status = 0
	s = open(t, dir, st, noon)
	if n, err := s.Revoke(t.Context()); n != 2 || err != nil || len(st.grants) != 0 {
		t.Errorf("%d revoked, %v, %d are left", n, err, len(st.grants))
	}
	if n, err := s.Revoke(t.Context()); n != 0 || err != nil {
		t.Errorf("once more: %d, %v", n, err)
	}
}

// TestTooMany: a bound, which codes that ended do not count for.
func TestTooMany(t *testing.T) {
	dir, st := t.TempDir(), newStore()
	s := open(t, dir, st, noon)
	for range MaxCodes {
		mint(t, s, 1)
	}
	if _, err := s.Mint(1); !errors.Is(err, ErrTooMany) {
		t.Errorf("one more: %v", err)
	}
	st.host, st.day = day+4, day+4
	mint(t, open(t, dir, st, noon.AddDate(0, 0, 4)), 1)
	if err := os.WriteFile(filepath.Join(dir, CodesFile), []byte(`{"form":1,"codes":[{"tag":"xy"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Config{Dir: dir, Root: root, Sender: st}); err == nil {
		t.Error("a damaged file is taken")
	}
}

// note leaves a note in the store.
func (s *store) note(t *testing.T, d schema.Day, n page.Note) {
	t.Helper()
	box := root.Mailbox(d)
	l, err := box.Seal(n)
	if err != nil {
		t.Fatal(err)
	}
	s.boxes[box.Tag()] = append(s.boxes[box.Tag()], l.Sealed[:])
}

// TestLookups: all notes of all days in order; days that are over are asked for
// once; what is not one of ours is left out.
func TestLookups(t *testing.T) {
	st := newStore()
	for i := range 5 {
		st.note(t, day, page.Note{Minute: 600 - i, Ticket: "SUP", ByCode: i%2 == 0})
	}
	st.note(t, day-6, page.Note{Minute: 3})
	st.note(t, day-7, page.Note{Minute: 1}) // not asked for
	old := root.Mailbox(day - 6).Tag()
	st.boxes[old] = append(st.boxes[old], make([]byte, page.NoteLen))
	s := open(t, t.TempDir(), st, noon)
	for range 2 {
		if err := s.Collect(t.Context(), 7); err != nil {
			t.Fatal(err)
		}
		got := s.Lookups(7)
		if len(got.All) != 6 || len(got.Unread) > 0 || got.More != 0 {
			t.Fatalf("%+v", got)
		}
		if first, last := got.All[0], got.All[5]; !first.At.Equal((day - 6).Time().Add(3*time.Minute)) || !last.ByCode || last.Ticket != "SUP" || !last.At.Equal(day.Time().Add(10*time.Hour)) {
			t.Errorf("from %+v to %+v", first, last)
		}
	}
	if n := st.asked[old]; n != 1 {
		t.Errorf("a day that is over is asked for %d times", n)
	}
	if n := st.asked[root.Mailbox(day).Tag()]; n != 6 {
		t.Errorf("five notes of today, read twice, took %d envelopes", n)
	}
	if n := len(st.asked); n != 7 {
		t.Errorf("%d mailboxes are asked for, want 7", n)
	}
}

// TestManyNotes: what is read of one day is bounded: the newest, and the rest is
// counted.
func TestManyNotes(t *testing.T) {
	st := newStore()
	for i := range 60 {
		st.note(t, day, page.Note{Minute: i})
	}
	s := open(t, t.TempDir(), st, noon)
	err := s.Collect(t.Context(), 1)
	got := s.Lookups(1)
	if err != nil || len(got.All) != 50 || got.More != 10 {
		t.Fatalf("%d and %d more, %v", len(got.All), got.More, err)
	}
	if newest := got.All[2:]; newest[0].At.Minute() != 12 || newest[47].At.Minute() != 59 {
		t.Errorf("the newest that are read are from %s to %s", newest[0].At, newest[47].At)
	}
}

// TestUnread: days without an answer are named, and one who asks meanwhile waits
// for the answer that is under way.
func TestUnread(t *testing.T) {
	st := newStore()
	st.gate = make(chan struct{})
	s := open(t, t.TempDir(), st, noon)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Collect(ctx, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if got := s.Lookups(2); len(got.Unread) != 2 {
		t.Errorf("%+v", got)
	}
	both := make(chan error, 2)
	for range 2 {
		go func() { both <- s.Collect(t.Context(), 2) }()
	}
	close(st.gate)
	if err := errors.Join(<-both, <-both); err != nil {
		t.Fatal(err)
	}
	if got := s.Lookups(2); len(got.Unread) != 0 {
		t.Errorf("%+v", got)
	}
	st.status = wire.BadForm
	if err := s.Collect(t.Context(), 1); !errors.Is(err, ErrRefused) {
		t.Errorf("refused: %v", err)
	}
}
