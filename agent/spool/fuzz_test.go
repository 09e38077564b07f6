//go:build unix

package spool

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// FuzzReplay: whatever stands in a segment, the agent starts, keeps what is
// new, finds the same at the next start, and does not take much memory.
func FuzzReplay(f *testing.F) {
	f.Add([]byte(magic))
	f.Add(appendFrame([]byte(magic), kindRecords, []byte("12345678record")))
	f.Fuzz(func(t *testing.T, b []byte) {
		c := Config{Dir: t.TempDir(), MaxBytes: 1 << 20, Disk: hasty{}}
		if err := os.Chmod(c.Dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(c.Dir, "00000001.seg"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s, err := Open(c)
		if err != nil {
			t.Fatalf("a damaged segment stops the agent: %v", err)
		}
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 8<<20+64*uint64(len(b)) {
			t.Errorf("%d bytes made it take %d", len(b), took)
		}
		if err := s.Append(t.Context(), []byte("new")); err != nil {
			t.Fatal(err)
		}
		want := s.Stats()
		for _, p := range s.Pending() {
			if _, ok, err := s.Load(p.ID); !ok || err != nil && p.Page == nil {
				t.Errorf("load a pending batch: %v, %v", ok, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if s, err = Open(c); err != nil {
			t.Fatal(err)
		}
		got := s.Stats()
		if got.Records != want.Records || got.Batches != want.Batches || got.Dropped != want.Dropped || got.Aside != want.Aside {
			t.Errorf("the next start finds %+v, and this one %+v", got, want)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzScan: the frames of a segment, read alone, without a disk. What the
// spool counts of a segment is what stands in it, and its own rewriting is
// whole.
func FuzzScan(f *testing.F) {
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, b []byte) {
		read := func(b []byte) (*state, found) {
			l := newState()
			return &l, scan(b, func(offset int64, kind uint8, payload []byte) error {
				return l.apply(place{1, offset}, kind, payload)
			})
		}
		l, _ := read(b)
		held := len(l.runs) + len(l.batches)
		for _, b := range l.batches {
			if b.assigned != nil {
				held++
			}
		}
		if l.live[1] != held || held == 0 && len(l.live) != 0 {
			t.Errorf("%d things are live, %d stand in it", l.live[1], held)
		}
		again, found := read(append([]byte(magicRewritten), readable(b)...))
		if found.damaged || len(again.batches) != len(l.batches) || again.records() != l.records() {
			t.Errorf("rewritten: damaged %v, %d batches and %d records of %d and %d",
				found.damaged, len(again.batches), again.records(), len(l.batches), l.records())
		}
	})
}
