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
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

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
	records, _, _ := s.Uncut()
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
	_, through, _ := s.Uncut()
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
	st := s.Stats()
	if st.Bytes > c.MaxBytes+segmentLen+int64(len(record)) {
		t.Errorf("%d bytes on disk, bound %d", st.Bytes, c.MaxBytes)
	}
	if st.Dropped == 0 || int(st.Dropped)+st.Records != n {
		t.Errorf("%d dropped and %d kept of %d", st.Dropped, st.Records, n)
	}
	if again := reopen(t, c).Stats(); again.Dropped != st.Dropped || again.Records != st.Records {
		t.Errorf("after a crash %+v, before %+v", again, st)
	}
}

func TestOldBatchesAreDroppedOnce(t *testing.T) {
	now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	c := Config{Dir: filepath.Join(t.TempDir(), "spool"), Now: func() time.Time { return now }}
	s := open(t, c)
	if err := s.Cut(t.Context(), Cut{Batches: []Batch{{ID: schema.NewBatchID(), Kind: envelope.Fragment, Day: schema.DayOf(now), Records: 3}}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var ahead atomic.Int64 // hours
	c.Now = func() time.Time { return now.Add(time.Duration(ahead.Load()) * time.Hour) }
	s = open(t, c)
	ahead.Store(40 * 24)
	touch(t, s)
	ahead.Store(0)
	touch(t, s)
	if st := s.Stats(); st.Dropped != 0 || st.Batches != 1 {
		t.Fatalf("a clock that jumped for a moment cost a batch: %+v", st)
	}
	ahead.Store(31 * 24)
	touch(t, s)
	ahead.Add(2)
	touch(t, s)
	for range 2 {
		s = reopen(t, c)
		if st := s.Stats(); st.Dropped != 3 || st.Batches != 0 {
			t.Errorf("got %+v, want 3 dropped", st)
		}
		c.Dir = s.config.Dir
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
	_, through, _ := s.Uncut()
	old := Batch{ID: schema.NewBatchID(), Kind: envelope.Page, Day: schema.DayOf(time.Now()), Records: 1}
	if err := s.Cut(t.Context(), Cut{Through: through, Batches: []Batch{old}, State: []byte("kept")}); err != nil {
		t.Fatal(err)
	}
	touch(t, s)
	_, through, _ = s.Uncut()
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

func TestDamagedSegmentIsSetAside(t *testing.T) {
	damage := map[string]struct {
		do   func(b []byte) []byte
		want []string
	}{
		"one bit of a record":   {func(b []byte) []byte { i := bytes.Index(b, []byte("second")); b[i] ^= 1; return b }, []string{"first", "third"}},
		"a length":              {func(b []byte) []byte { i := bytes.Index(b, []byte("second")); b[i-8-9] = 0xff; return b }, []string{"first", "third"}},
		"garbage at the end":    {func(b []byte) []byte { return append(b, "garbage"...) }, []string{"first", "second", "third"}},
		"torn in the last word": {func(b []byte) []byte { return b[:len(b)-2] }, []string{"first", "second"}},
		"no magic":              {func(b []byte) []byte { b[0] ^= 1; return b }, []string{"first", "second", "third"}},
	}
	for name, d := range damage {
		t.Run(name, func(t *testing.T) {
			c := Config{Dir: filepath.Join(t.TempDir(), "spool")}
			s := open(t, c)
			for _, r := range []string{"first", "second", "third"} {
				if err := s.Append(t.Context(), []byte(r)); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			path := s.path(1)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			bad := d.do(b)
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			s = open(t, c)
			if got := texts(s); !reflect.DeepEqual(got, d.want) {
				t.Errorf("read %q, want %q", got, d.want)
			}
			if s.Stats().Aside != 1 {
				t.Errorf("%d set aside, want 1", s.Stats().Aside)
			}
			kept, err := filepath.Glob(filepath.Join(c.Dir, "aside", "*"))
			if err != nil || len(kept) != 1 {
				t.Fatalf("kept %d files, %v", len(kept), err)
			}
			if got, _ := os.ReadFile(kept[0]); !bytes.Equal(got, bad) {
				t.Error("the file set aside is not the damaged one")
			}
		})
	}
}

// TestDamagedCutDoublesNothing flips every byte of a segment in turn. Whatever
// is lost by it, no record may be free again that a batch may have brought to
// the store already.
func TestDamagedCutDoublesNothing(t *testing.T) {
	c := Config{Dir: filepath.Join(t.TempDir(), "spool")}
	s := open(t, c)
	if err := s.Append(t.Context(), []byte("one"), []byte("two")); err != nil {
		t.Fatal(err)
	}
	_, through, _ := s.Uncut()
	b := Batch{ID: schema.NewBatchID(), Kind: envelope.Page, Day: schema.DayOf(time.Now()), Records: 2, Plain: []byte("plain")}
	if err := s.Cut(t.Context(), Cut{Through: through, Batches: []Batch{b}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(s.path(1))
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		bad := bytes.Clone(whole)
		bad[i] ^= 0x41
		if err := os.WriteFile(s.path(1), bad, 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, c)
		for range 2 { // the second start must say the same
			st := s.Stats()
			if st.Records != 0 {
				t.Fatalf("byte %d: %d records are free again", i, st.Records)
			}
			if st.Batches != 1 && st.Dropped != 2 {
				t.Fatalf("byte %d: the batch is gone and not counted: %+v", i, st)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, c)
		}
		if err := errors.Join(s.Close(), os.RemoveAll(filepath.Join(c.Dir, "aside"))); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFullDiskAcceptsNothing uses the file size limit of the process, which
// the kernel enforces like a full disk.
func TestFullDiskAcceptsNothing(t *testing.T) {
	c := Config{Dir: filepath.Join(t.TempDir(), "spool")}
	s := open(t, c)
	if err := s.Append(t.Context(), []byte("before")); err != nil {
		t.Fatal(err)
	}
	restore := limitFileSize(t, 4096)
	err := s.Append(t.Context(), bytes.Repeat([]byte("x"), 64<<10))
	restore()
	if !errors.Is(err, syscall.EFBIG) {
		t.Fatalf("got %v, want EFBIG", err)
	}
	if err := s.Append(t.Context(), []byte("after")); err != nil {
		t.Fatal(err)
	}
	if got := texts(reopen(t, c)); !reflect.DeepEqual(got, []string{"before", "after"}) {
		t.Errorf("got %q", got)
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

// TestModel compares the spool with a plain list over random operations,
// restarts included.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := Config{Dir: filepath.Join(t.TempDir(), "spool")}
		s := open(t, c)
		var (
			uncut   = []string{}
			pending = map[schema.BatchID]bool{}
		)
		rt.Repeat(map[string]func(*rapid.T){
			"append": func(rt *rapid.T) {
				r := rapid.StringN(1, 8, -1).Draw(rt, "record")
				if err := s.Append(rt.Context(), []byte(r)); err != nil {
					rt.Fatal(err)
				}
				uncut = append(uncut, r)
			},
			"cut": func(rt *rapid.T) {
				_, through, _ := s.Uncut()
				b := Batch{ID: schema.NewBatchID(), Kind: envelope.Page, Day: schema.DayOf(time.Now()), Records: len(uncut)}
				if err := s.Cut(rt.Context(), Cut{Through: through, Batches: []Batch{b}}); err != nil {
					rt.Fatal(err)
				}
				uncut, pending[b.ID] = []string{}, true
			},
			"release": func(rt *rapid.T) {
				for id := range pending {
					if err := s.Release(rt.Context(), id, wire.Stored); err != nil {
						rt.Fatal(err)
					}
					delete(pending, id)
					break
				}
			},
			"restart": func(rt *rapid.T) {
				if err := s.Close(); err != nil {
					rt.Fatal(err)
				}
				s = open(t, c)
			},
			"": func(rt *rapid.T) {
				if got := texts(s); !reflect.DeepEqual(got, uncut) {
					rt.Fatalf("uncut %q, want %q", got, uncut)
				}
				for _, b := range s.Pending() {
					if !pending[b.ID] {
						rt.Fatal("a released batch is back")
					}
				}
				if len(s.Pending()) != len(pending) {
					rt.Fatalf("%d pending, want %d", len(s.Pending()), len(pending))
				}
			},
		})
	})
}

func FuzzReplay(f *testing.F) {
	f.Add(appendFrame([]byte(magic), kindRecords, []byte("12345678record")))
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "00000001.seg"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(Config{Dir: dir})
		if err != nil {
			t.Fatalf("a damaged segment stops the agent: %v", err)
		}
		if err := s.Append(t.Context(), []byte("new")); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
