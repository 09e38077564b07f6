//go:build unix

package spool

import (
	"bytes"
	"io/fs"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
)

// TestNinetyDaysOffline: a host that fails all the time and reaches nobody for 90
// days keeps within its bound on every one of them, as the files on disk show, and
// whatever is not there any more was counted.
func TestNinetyDaysOffline(t *testing.T) {
	begin := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	var hours atomic.Int64
	c := Config{Dir: filepath.Join(t.TempDir(), "spool"), MaxBytes: 1 << 20, Now: func() time.Time {
		return begin.Add(time.Duration(hours.Load()) * time.Hour)
	}}
	s := open(t, c)
	failures := slices.Repeat([][]byte{bytes.Repeat([]byte("x"), 4<<10)}, 16)
	told := 0
	for range 90 {
		for range 8 {
			hours.Add(3)
			if err := s.Append(t.Context(), failures...); err != nil {
				t.Fatal(err)
			}
			told += len(failures)
			cut(t, s)
		}
		if size, most := onDisk(t, c.Dir), c.MaxBytes+2*s.segmentLen(); size > most {
			t.Fatalf("day %d: %d bytes on disk, at most %d", hours.Load()/24, size, most)
		}
	}
	if err := s.Close(); err != nil { // it keeps its bounds after it answers
		t.Fatal(err)
	}
	s = reopen(t, c)
	st, kept := s.Stats(), 0
	for _, b := range s.Pending() {
		kept += b.Records
	}
	if kept == 0 || st.Dropped == 0 || kept+st.Records+int(st.Dropped) != told {
		t.Errorf("%d records are kept, %d wait and %d were dropped, of %d", kept, st.Records, st.Dropped, told)
	}
}

// cut makes a batch of all that waits.
func cut(t *testing.T, s *Spool) {
	t.Helper()
	records, through, _, err := s.Uncut()
	if err != nil {
		t.Fatal(err)
	}
	b := Batch{ID: schema.NewBatchID(), Kind: envelope.Page, Day: schema.DayOf(s.config.Now()), Records: len(records), Plain: bytes.Repeat([]byte("p"), 4<<10)}
	if err := s.Cut(t.Context(), Cut{Through: through, Batches: []Batch{b}}); err != nil {
		t.Fatal(err)
	}
}

// onDisk is how many bytes the files below dir have. One may go meanwhile.
func onDisk(t *testing.T, dir string) (size int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if info, err := entry.Info(); err == nil {
			size += info.Size()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return size
}
