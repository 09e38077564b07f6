//go:build unix

package spool

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

func open(t testing.TB, c Config) *Spool {
	t.Helper()
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func texts(s *Spool) []string {
	records, _, _, err := s.Uncut()
	if err != nil {
		panic(err)
	}
	out := []string{}
	for _, r := range records {
		out = append(out, string(r))
	}
	return out
}

// reopen opens the same files as a process would that was started after the
// first was killed: nothing was closed.
func reopen(t *testing.T, c Config) *Spool {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(dir, os.DirFS(c.Dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c.Dir = dir
	return open(t, c)
}

func TestLifeOfABatch(t *testing.T) {
	c := Config{Dir: filepath.Join(t.TempDir(), "spool")}
	s := open(t, c)
	ctx := t.Context()
	if err := s.Append(ctx, []byte("a"), []byte("b")); err != nil {
		t.Fatal(err)
	}
	_, through, _, _ := s.Uncut()
	if err := s.Append(ctx, []byte("c")); err != nil {
		t.Fatal(err)
	}
	batch := Batch{ID: schema.NewBatchID(), Kind: envelope.Page, Day: schema.DayOf(time.Now()), Records: 2, Plain: []byte("ab")}
	if err := s.Cut(ctx, Cut{Through: through, Batches: []Batch{batch}, State: []byte("st")}); err != nil {
		t.Fatal(err)
	}
	if got := texts(s); !reflect.DeepEqual(got, []string{"c"}) {
		t.Errorf("uncut %q, want c", got)
	}
	want := Assigned{Day: 5, N: 2, Sealed: []byte("sealed")}
	if err := s.Assign(ctx, batch.ID, want); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*Spool{"running": s, "after a crash": reopen(t, c)} {
		got, ok, err := s.Load(batch.ID)
		if err != nil || !ok {
			t.Fatalf("%s: load: %v, %v", name, ok, err)
		}
		if !bytes.Equal(got.Plain, batch.Plain) || got.Page == nil || !reflect.DeepEqual(*got.Page, want) {
			t.Errorf("%s: got %+v", name, got)
		}
		if !bytes.Equal(s.State(), []byte("st")) {
			t.Errorf("%s: state %q", name, s.State())
		}
	}
	if err := s.Release(ctx, batch.ID, wire.Stored); err != nil {
		t.Fatal(err)
	}
	if got := reopen(t, c).Stats().Batches; got != 0 {
		t.Errorf("%d batches after the release and a crash, want 0", got)
	}
}

func TestManyWritersLoseNothing(t *testing.T) {
	c := Config{Dir: filepath.Join(t.TempDir(), "spool")}
	s := open(t, c)
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			if err := s.Append(t.Context(), fmt.Appendf(nil, "r%d", i)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := len(texts(reopen(t, c))); got != 50 {
		t.Errorf("%d records after a crash, want 50", got)
	}
}

func TestBoundIsKeptAndCounted(t *testing.T) {
	c := Config{Dir: filepath.Join(t.TempDir(), "spool"), MaxBytes: 3 << 20}
	s := open(t, c)
	const n = 100
	record := bytes.Repeat([]byte("x"), 60<<10)
	for range n {
		if err := s.Append(t.Context(), record); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil { // it keeps its bounds after it answers
		t.Fatal(err)
	}
	st := s.Stats()
	if st.Bytes > c.MaxBytes+s.segmentLen()+int64(len(record)) {
		t.Errorf("%d bytes on disk, bound %d", st.Bytes, c.MaxBytes)
	}
	if st.Dropped == 0 || int(st.Dropped)+st.Records != n {
		t.Errorf("%d dropped and %d kept of %d", st.Dropped, st.Records, n)
	}
	if again := reopen(t, c).Stats(); again.Dropped != st.Dropped || again.Records != st.Records {
		t.Errorf("after a crash %+v, before %+v", again, st)
	}
}

// touch lets the spool look at its bounds.
func touch(t *testing.T, s *Spool) {
	t.Helper()
	if err := s.Append(t.Context(), []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := s.Release(t.Context(), schema.NewBatchID(), wire.Stored); err != nil {
		t.Fatal(err) // the one before is trimmed by now
	}
}

func TestPurgedRecordsDoNotComeBack(t *testing.T) {
	s := open(t, Config{Dir: filepath.Join(t.TempDir(), "spool")})
	touch(t, s)
	_, through, _, _ := s.Uncut()
	old := Batch{ID: schema.NewBatchID(), Kind: envelope.Page, Day: schema.DayOf(time.Now()), Records: 1}
	if err := s.Cut(t.Context(), Cut{Through: through, Batches: []Batch{old}, State: []byte("kept")}); err != nil {
		t.Fatal(err)
	}
	touch(t, s)
	_, through, _, _ = s.Uncut()
	if err := s.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	late := Batch{ID: schema.NewBatchID(), Kind: envelope.Page, Day: old.Day, Records: 1}
	for name, c := range map[string]Cut{
		"a gathering that began before": {Through: through, Batches: []Batch{late}},
		"a replacement":                 {Batches: []Batch{late}, Ends: []schema.BatchID{old.ID}},
	} {
		if err := s.Cut(t.Context(), c); !errors.Is(err, ErrPurged) {
			t.Errorf("%s: got %v, want ErrPurged", name, err)
		}
	}
	if st := s.Stats(); st.Batches != 0 || st.Records != 0 {
		t.Errorf("purged records are back: %+v", st)
	}
	if string(s.State()) != "kept" {
		t.Errorf("state %q, want what it was", s.State())
	}
}

func TestClosedSpoolSaysSo(t *testing.T) {
	s := open(t, Config{Dir: filepath.Join(t.TempDir(), "spool")})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Append(t.Context(), []byte("x")); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}
