//go:build unix

package spool

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// segmented returns a spool's directory with records in the segments 1 to n.
func segmented(t *testing.T, n uint32) Config {
	t.Helper()
	c := Config{Dir: filepath.Join(t.TempDir(), "spool"), MaxBytes: 64 << 10}
	s := open(t, c)
	for s.log.last().number < n {
		if err := s.Append(t.Context(), bytes.Repeat([]byte("x"), 1000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestMissingSegmentIsCounted removes or empties segments between stop and
// start: each is counted once, and the log names it.
func TestMissingSegmentIsCounted(t *testing.T) {
	remove := os.Remove
	empty := func(path string) error { return os.Truncate(path, 0) }
	zeros := func(path string) error { return os.WriteFile(path, make([]byte, 4096), 0o600) }
	for name, d := range map[string]struct {
		segments uint32
		do       func(string) error
		numbers  []uint32
		told     string // of the file in the log's line
		gone     uint64
	}{
		"the only one, removed":  {1, remove, []uint32{1}, "00000001.seg", 1},
		"the only one, emptied":  {1, empty, []uint32{1}, "00000001.seg", 1},
		"the only one, zeros":    {1, zeros, []uint32{1}, "00000001.seg", 1},
		"the first, removed":     {4, remove, []uint32{1}, "00000001.seg", 1},
		"the first, emptied":     {4, empty, []uint32{1}, "00000001.seg", 0}, // what it should hold is known: it is set aside
		"in the middle, removed": {4, remove, []uint32{2, 3}, "00000002.seg", 2},
		"the last, removed":      {4, remove, []uint32{4}, "00000004.seg", 1},
		"the last, emptied":      {4, empty, []uint32{4}, "00000004.seg", 1},
		"all of them":            {4, remove, []uint32{1, 2, 3, 4}, "00000004.seg", 1},
	} {
		t.Run(name, func(t *testing.T) {
			c := segmented(t, d.segments)
			for _, n := range d.numbers {
				if err := d.do(filepath.Join(c.Dir, fileName(n, segmentSuffix))); err != nil {
					t.Fatal(err)
				}
			}
			want := uint64(max(d.gone, 1))
			for start := range 3 {
				var log bytes.Buffer
				c.Logger = slog.New(slog.NewTextHandler(&log, nil))
				s := open(t, c)
				if st := s.Stats(); st.Aside != want || st.Gone != d.gone {
					t.Errorf("start %d: %+v, want %d aside and %d gone", start, st, want, d.gone)
				}
				if said := strings.Contains(log.String(), "file="+d.told); said != (start == 0) {
					t.Errorf("start %d: the log says %q", start, log.String())
				}
				if err := s.Append(t.Context(), []byte("goes on")); err != nil {
					t.Fatal(err)
				}
				if got := texts(s); len(got) == 0 || got[len(got)-1] != "goes on" {
					t.Errorf("start %d: the record is not there", start)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestNothingIsMissing: segments that went because they are not needed any
// more, one that a crash left before its first frame, and a file newest that is
// behind, torn or not there, are no loss.
func TestNothingIsMissing(t *testing.T) {
	for name, do := range map[string]func(c Config) error{
		"nothing was done": func(Config) error { return nil },
		"a crash before the first frame": func(c Config) error {
			return os.WriteFile(filepath.Join(c.Dir, fileName(5, segmentSuffix)), make([]byte, 4096), 0o600)
		},
		"newest is behind": func(c Config) error {
			s := Spool{config: c}
			s.config.Disk, s.begun = osDisk{}, begun{newest: 3}
			return s.writeBegun()
		},
		"newest is torn":      func(c Config) error { return os.Truncate(filepath.Join(c.Dir, begunName), 5) },
		"newest is not there": func(c Config) error { return os.Remove(filepath.Join(c.Dir, begunName)) },
		"the oldest were dropped": func(c Config) error {
			c.MaxBytes = 8 << 10
			s, err := Open(c)
			if err != nil {
				return err
			}
			if err := s.Close(); err != nil {
				return err
			}
			if _, err := os.Stat(s.path(1)); !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("the first is still there: %w", err)
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := segmented(t, 4)
			if err := do(c); err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			c.Logger = slog.New(slog.NewTextHandler(&log, nil))
			if st := open(t, c).Stats(); st.Aside != 0 || log.Len() > 0 {
				t.Errorf("%+v, and the log says %q", st, log.String())
			}
		})
	}
}
