package upkeep

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/tacit-telemetry/tacit/store/pages"
	"github.com/tacit-telemetry/tacit/store/secret"
)

func TestBackupAndRestore(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 40)
	file := h.backup()
	h.fill(40, 50) // after the backup
	checked, err := CheckBackup(t.Context(), file, h.box, nil)
	if err != nil || len(checked.Months) < 3 || checked.Rows != 82 || len(checked.Findings) > 0 {
		t.Fatalf("check: %+v, %v", checked, err)
	}
	r, err := h.restore(file, true)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Verified || r.Rows != 82 || r.Digest != checked.Digest || r.Erased != 0 {
		t.Errorf("restored: %+v", r)
	}
	if got := h.count(50); got != 40 {
		t.Errorf("%d of 40 pages are there", got)
	}
	report, err := h.up.Verify(t.Context(), nil)
	if err != nil || !report.Sound || report.Rows != 82 {
		t.Errorf("verify: %+v, %v", report, err)
	}
	if _, err := os.Stat(h.dir + partialExt); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the partial directory is left: %v", err)
	}
}

// TestBackupHidesAll: what is in the keys directory, and whatever the rows
// hold, is not in the backup's bytes.
func TestBackupHidesAll(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 10)
	b, err := os.ReadFile(h.backup())
	if err != nil {
		t.Fatal(err)
	}
	for _, plain := range []string{"sum", "2026", "rows", "pages"} {
		if bytes.Contains(b, []byte(plain)) {
			t.Errorf("%q stands in the backup", plain)
		}
	}
}

// TestErasedStaysErased: a page that was erased after the backup does not come
// back with it, and a ledger from before the backup is refused.
func TestErasedStaysErased(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 20)
	h.erase(1)
	old, err := os.ReadFile(filepath.Join(h.keys, pages.LedgerFile))
	if err != nil {
		t.Fatal(err)
	}
	h.erase(2)
	file := h.backup()
	h.erase(3)
	now, err := os.ReadFile(filepath.Join(h.keys, pages.LedgerFile))
	if err != nil {
		t.Fatal(err)
	}

	for name, ledger := range map[string][]byte{"an older ledger": old, "no ledger": nil} {
		if err := os.WriteFile(filepath.Join(h.keys, pages.LedgerFile), ledger, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := h.restore(file, false); !errors.Is(err, pages.ErrOlder) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.WriteFile(filepath.Join(h.keys, pages.LedgerFile), now, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := h.restore(file, true)
	if err != nil || r.Erased != 1 {
		t.Fatalf("restored: %+v, %v", r, err)
	}
	for n := 1; n <= 3; n++ {
		if h.has(n) {
			t.Errorf("page %d is back", n)
		}
	}
	if got := h.count(20); got != 17 {
		t.Errorf("%d of 17 pages are there", got)
	}
}

// TestRestoreRefuses: a backup that is not whole leaves nothing behind.
func TestRestoreRefuses(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 40)
	file := h.backup()
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	change := func(f func(b []byte) []byte) string {
		path := filepath.Join(t.TempDir(), "changed")
		if err := os.WriteFile(path, f(bytes.Clone(whole)), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, path := range map[string]string{
		"cut":     change(func(b []byte) []byte { return b[:len(b)-1] }),
		"flipped": change(func(b []byte) []byte { b[len(b)/2] ^= 4; return b }),
		"empty":   change(func([]byte) []byte { return nil }),
	} {
		dir := filepath.Join(t.TempDir(), "store")
		_, err := Restore(t.Context(), RestoreConfig{File: path, Dir: dir, Secrets: h.box}, nil)
		if !errors.Is(err, ErrBackup) {
			t.Errorf("%s: %v", name, err)
		}
		if left, _ := filepath.Glob(dir + "*"); len(left) > 0 {
			t.Errorf("%s: left behind: %v", name, left)
		}
	}
	if _, err := Restore(t.Context(), RestoreConfig{File: file, Dir: h.dir, Secrets: h.box}, nil); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("into a store: %v", err)
	}
	other, err := secret.Open(filepath.Join(t.TempDir(), "keys"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), RestoreConfig{File: file, Dir: filepath.Join(t.TempDir(), "x"), Secrets: other}, nil); !errors.Is(err, ErrNoSecret) {
		t.Errorf("without the secret: %v", err)
	}
}
