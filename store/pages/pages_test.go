package pages

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/secret"
)

const day = schema.Day(20778) // 2026-11-21

// keep seals plain as page n of the day d of an installation and commits it.
func keep(t *testing.T, rows *db.DB, root page.Root, d schema.Day, n uint32, plain string) db.Row {
	t.Helper()
	p, err := page.Seal(root, d, n, page.Build{Release: 2, Version: "0.1.0"}, []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := rows.Keys(d.Month())
	if err != nil {
		t.Fatal(err)
	}
	row, err := Row(keys, p, schema.NewBatchID())
	if err != nil {
		t.Fatal(err)
	}
	if err := rows.Commit(t.Context(), db.Group{Month: d.Month(), Batches: []db.Batch{{row}}}); err != nil {
		t.Fatal(err)
	}
	return row
}

func openRows(t *testing.T, data, keys string) *db.DB {
	t.Helper()
	box, err := secret.Open(keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.Open(db.Config{Dir: data, Secrets: box})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rows.Close() })
	return rows
}

// get returns the plain pages that come for asks, by index.
func get(t *testing.T, p *Pages, root page.Root, asks []Ask, n uint32) map[int][]string {
	t.Helper()
	out := map[int][]string{}
	_, err := p.Get(t.Context(), asks, func(f Found) error {
		sealed, err := page.Parse(f.Page)
		if err != nil {
			return err
		}
		plain, err := root.Day(asks[f.Index].Day).Open(n, sealed)
		out[f.Index] = append(out[f.Index], string(plain))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPagesComeBackByTag(t *testing.T) {
	rows := openRows(t, filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "keys"))
	root := page.NewRoot([16]byte{1})
	keep(t, rows, root, day, 0, "first")
	keep(t, rows, root, day, 0, "the same number again")
	keep(t, rows, root, day-30, 0, "last month's")
	keep(t, rows, root, day, 1, "another number")
	asks := []Ask{
		{Day: day, Tag: root.Day(day).Tag(0)},
		{Day: day - 30, Tag: root.Day(day - 30).Tag(0)},
		{Day: day, Tag: root.Day(day).Tag(9)},
		{Day: day - 1, Tag: root.Day(day).Tag(0)}, // right tag, wrong day
		{Day: 1, Tag: root.Day(1).Tag(0)},         // a month without a key
	}
	got := get(t, New(rows, nil), root, asks, 0)
	if len(got) != 2 || len(got[0]) != 2 || len(got[1]) != 1 || got[1][0] != "last month's" {
		t.Errorf("got %v", got)
	}
}

// inTurn notes how many months are read at a time, of which so many days are asked
// for.
type inTurn struct {
	Reader
	mu   sync.Mutex
	left map[schema.Month]int // days that are yet to be read, of months that were begun
	days map[schema.Month]int
	most int
}

func (r *inTurn) Scan(ctx context.Context, m schema.Month, t db.Table, prefix []byte, each func(key, value []byte) error) error {
	r.mu.Lock()
	if _, begun := r.left[m]; !begun {
		r.left[m] = r.days[m]
		r.most = max(r.most, len(r.left))
	}
	r.mu.Unlock()
	runtime.Gosched() // whoever else may read has its turn
	err := r.Reader.Scan(ctx, m, t, prefix, each)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left[m]--; r.left[m] == 0 {
		delete(r.left, m)
	}
	return err
}

// TestMonthsAreReadInTurn: questions come shuffled over their days, and a store that
// opened a month for each of them would never be done.
func TestMonthsAreReadInTurn(t *testing.T) {
	rows := &inTurn{
		Reader: openRows(t, filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "keys")),
		left:   map[schema.Month]int{}, days: map[schema.Month]int{},
	}
	root := page.NewRoot([16]byte{1})
	keep(t, rows.Reader.(*db.DB), root, day-200, 0, "some month's")
	var asks []Ask
	for i := range schema.Day(400) {
		d := day - i*149%400 // 149 and 400 have no divisor in common: each day once
		asks = append(asks, Ask{Day: d, Tag: root.Day(d).Tag(0)})
		rows.days[d.Month()]++
	}
	got := get(t, New(rows, nil), root, asks, 0)
	if len(got) != 1 || len(rows.left) > 0 || rows.most > runtime.GOMAXPROCS(0) {
		t.Errorf("%v, %d months are read at a time, and %v never to their end", got, rows.most, rows.left)
	}
}

// TestRowsOfOneInstallationLookUnrelated is promise P4: rows share no bytes
// that tell, and a stolen store without its keys opens nothing.
func TestRowsOfOneInstallationLookUnrelated(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	rows := openRows(t, data, filepath.Join(t.TempDir(), "keys"))
	root := page.NewRoot([16]byte{1})
	a := keep(t, rows, root, day, 0, "same text")
	b := keep(t, rows, root, day, 1, "same text")
	tag := root.Day(day).Tag(0)
	if bytes.Equal(a.Key[:16], b.Key[:16]) || bytes.Contains(a.Key, tag[:8]) {
		t.Error("keys of two pages tell that they belong together")
	}
	for i := 0; i+8 <= len(a.Value); i++ {
		if bytes.Contains(b.Value, a.Value[i:i+8]) {
			t.Fatal("values of two pages share bytes")
		}
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "keys")
	if err := openRows(t, filepath.Join(t.TempDir(), "data"), other).Close(); err != nil { // makes keys of another store
		t.Fatal(err)
	}
	checks, err := filepath.Glob(filepath.Join(data, "*", "*.check")) // a thief has nothing refused
	for _, path := range checks {
		err = errors.Join(err, os.Remove(path))
	}
	if err != nil || len(checks) == 0 {
		t.Fatalf("%d checks, %v", len(checks), err)
	}
	stolen := New(openRows(t, data, other), nil)
	if got := get(t, stolen, root, []Ask{{Day: day, Tag: tag}}, 0); len(got) != 0 {
		t.Errorf("without the keys %d tags are found", len(got))
	}
}

func TestADamagedRowHidesNoOther(t *testing.T) {
	rows := openRows(t, filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "keys"))
	root := page.NewRoot([16]byte{1})
	row := keep(t, rows, root, day, 0, "damaged")
	keep(t, rows, root, day, 0, "sound")
	row.Value[len(row.Value)-1] ^= 1
	if err := rows.Commit(t.Context(), db.Group{Month: day.Month(), Batches: []db.Batch{{row}}}); err != nil {
		t.Fatal(err)
	}
	n := 0
	unread, err := New(rows, nil).Get(t.Context(), []Ask{{Day: day, Tag: root.Day(day).Tag(0)}}, func(Found) error { n++; return nil })
	if err != nil || n != 1 || len(unread) != 1 || unread[0] != day.Month() {
		t.Errorf("%d pages, unread %v, %v", n, unread, err)
	}
}

func TestAnswersComeBack(t *testing.T) {
	var b bytes.Buffer
	w := NewAnswerWriter(&b)
	if err := errors.Join(w.Row(Found{Index: 3, Page: []byte("page")}), w.Row(Found{Index: 0}), w.End([]schema.Month{day.Month()})); err != nil {
		t.Fatal(err)
	}
	for cut := range b.Len() {
		if _, err := ReadAnswer(bytes.NewReader(b.Bytes()[:cut]), 4, func(Found) error { return nil }); !errors.Is(err, ErrForm) {
			t.Errorf("cut off after %d bytes: %v", cut, err)
		}
	}
	var got []Found
	unread, err := ReadAnswer(bytes.NewReader(b.Bytes()), 4, func(f Found) error { got = append(got, f); return nil })
	if err != nil || len(unread) != 1 || len(got) != 2 || got[0].Index != 3 || string(got[0].Page) != "page" {
		t.Errorf("%+v, unread %v, %v", got, unread, err)
	}
	if _, err := ReadAnswer(bytes.NewReader(b.Bytes()), 3, func(Found) error { return nil }); !errors.Is(err, ErrForm) {
		t.Errorf("an index that was not asked: %v", err)
	}
}

func FuzzParseAsks(f *testing.F) {
	f.Add(MarshalAsks(nil))
	f.Add(MarshalAsks([]Ask{{Day: day, Tag: page.Tag{1}}, {Day: day + 1}}))
	f.Add([]byte{version, 255, 255})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		asks, err := ParseAsks(b)
		if err != nil {
			if !errors.Is(err, ErrForm) {
				t.Error(err)
			}
			return
		}
		if !bytes.Equal(MarshalAsks(asks), b) {
			t.Errorf("%x does not come back", b)
		}
	})
}

func FuzzReadAnswer(f *testing.F) {
	var b bytes.Buffer
	w := NewAnswerWriter(&b)
	_ = errors.Join(w.Row(Found{Index: 1, Page: []byte("page")}), w.End(nil))
	f.Add(b.Bytes())
	f.Add([]byte{frameEnd, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{frameRow, 0, 0, 0, 0, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := ReadAnswer(bytes.NewReader(b), 8, func(f Found) error {
			if f.Index >= 8 {
				t.Errorf("index %d", f.Index)
			}
			return nil
		})
		if err != nil && !errors.Is(err, ErrForm) {
			t.Error(err)
		}
	})
}
