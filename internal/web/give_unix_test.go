//go:build unix

package web

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestRecoverOwner: what root's command writes, the service can read.
func TestRecoverOwner(t *testing.T) {
	rg := newRig(t, nil)
	rg.admin()
	want := os.Geteuid()
	if want == 0 {
		want = 65534
		if err := os.Chown(rg.cfg.Dir, want, want); err != nil {
			t.Fatal(err)
		}
	}
	rg.recoveryCode("")
	info, err := os.Stat(filepath.Join(rg.cfg.Dir, recoverFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	if got := int(info.Sys().(*syscall.Stat_t).Uid); got != want {
		t.Errorf("the file belongs to %d, want %d", got, want)
	}
}
