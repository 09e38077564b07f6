//go:build unix

package spool

import (
	"bytes"
	"errors"
	"path/filepath"
	"reflect"
	"sync/atomic"
	"syscall"
	"testing"
)

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

// fullDisk has no room for another file as long as full is set.
type fullDisk struct {
	osDisk
	full atomic.Bool
}

func (d *fullDisk) Create(path string, size int64) (File, error) {
	if d.full.Load() {
		return nil, syscall.ENOSPC
	}
	return d.osDisk.Create(path, size)
}

// TestFullDiskIsMetAtASegment: on a full disk the segment that is begun takes
// what fits it, and then nothing is accepted, nothing is lost, and releases
// make room; when there is room again, it goes on.
func TestFullDiskIsMetAtASegment(t *testing.T) {
	d := &fullDisk{}
	c := Config{Dir: filepath.Join(t.TempDir(), "spool"), MaxBytes: 256 << 10, Disk: d}
	s := open(t, c)
	d.full.Store(true)
	record, kept := bytes.Repeat([]byte("x"), 1000), 0
	for ; ; kept++ {
		if err := s.Append(t.Context(), record); err != nil {
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			break
		}
	}
	if room := int(s.segmentLen()) / len(record); kept < room-3 || kept > room {
		t.Errorf("%d records were accepted, want about %d", kept, room)
	}
	if err := s.Append(t.Context(), record); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v, want ENOSPC", err)
	}
	if got := len(texts(reopen(t, Config{Dir: c.Dir, MaxBytes: c.MaxBytes}))); got != kept {
		t.Errorf("%d records after a crash, want %d", got, kept)
	}
	d.full.Store(false)
	if err := s.Append(t.Context(), record); err != nil {
		t.Error(err)
	}
	if got := len(texts(reopen(t, Config{Dir: c.Dir, MaxBytes: c.MaxBytes}))); got != kept+1 {
		t.Errorf("%d records after a crash, want %d", got, kept+1)
	}
}
