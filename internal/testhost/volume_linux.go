package testhost

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// Volume is a small volume in memory.
type Volume struct {
	Dir  string // where it is mounted
	mode string
}

// Mount mounts a volume of a size as mount(8) takes it, such as 24m, over a
// directory that is there. It is gone with the test.
func Mount(t testing.TB, dir, size string) *Volume {
	t.Helper()
	v := &Volume{Dir: dir, mode: "mode=755"}
	if info, err := os.Stat(dir); err == nil && info.Mode().Perm() == 0o700 {
		v.mode = "mode=700"
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, v.mode+",size="+size); err != nil {
		t.Fatalf("mount a volume of %s: %v", size, err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) }) // it ends with the namespace anyway
	return v
}

// Resize gives the volume another size.
func (v *Volume) Resize(t testing.TB, size string) {
	t.Helper()
	if err := unix.Mount("tmpfs", v.Dir, "tmpfs", unix.MS_REMOUNT, v.mode+",size="+size); err != nil {
		t.Fatalf("make the volume %s: %v", size, err)
	}
}

// Fill writes, or goes on writing, a file beside all others until not a byte is
// left.
func (v *Volume) Fill(t testing.TB) {
	t.Helper()
	f, err := os.OpenFile(v.junk(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for b := make([]byte, 1<<18); err == nil || len(b) > 1; {
		if _, err = f.Write(b); errors.Is(err, unix.ENOSPC) {
			b = b[:(len(b)+1)/2]
		} else if err != nil {
			t.Fatal(err)
		}
	}
	_ = f.Close() // full, as it should be
}

// Free makes room again.
func (v *Volume) Free(t testing.TB) {
	t.Helper()
	if err := os.Remove(v.junk()); err != nil {
		t.Fatal(err)
	}
}

func (v *Volume) junk() string { return filepath.Join(v.Dir, "junk") }
