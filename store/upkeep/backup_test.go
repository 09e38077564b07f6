package upkeep

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/store/home"
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
	for _, plain := range []string{"a sum of", "2026", "rows", "pages"} {
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
	// Who opens it next need not read all pages again.
	var mark pages.Mark
	b, err := os.ReadFile(filepath.Join(h.dir, "erased.json"))
	if err == nil {
		err = json.Unmarshal(b, &mark)
	}
	if err != nil || mark != h.ledger.Mark() {
		t.Errorf("the mark of what is erased is %+v, %v", mark, err)
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

// TestErasedDuringABackup: a ledger that was copied while the backup was being
// written does not know of an erasure that came later, whose page may be in the
// backup already. It is refused.
func TestErasedDuringABackup(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 20)
	h.erase(1)
	ledger := filepath.Join(h.keys, pages.LedgerFile)
	old, err := os.ReadFile(ledger)
	if err != nil {
		t.Fatal(err)
	}
	file, erased := filepath.Join(t.TempDir(), "backup"), false
	_, err = WriteBackup(t.Context(), h.up, file, func(Step) {
		if !erased {
			erased = true
			h.erase(2)
		}
	})
	if err != nil || !erased {
		t.Fatalf("backup: %v, erased %v", err, erased)
	}
	now, err := os.ReadFile(ledger)
	if err == nil {
		err = os.WriteFile(ledger, old, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.restore(file, false); !errors.Is(err, pages.ErrOlder) {
		t.Errorf("with the ledger of before: %v", err)
	}
	if err := os.WriteFile(ledger, now, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := h.restore(file, true); err != nil || h.has(2) || h.count(20) != 18 {
		t.Errorf("with the newest: %v, %d of 18 pages are there", err, h.count(20))
	}
}

// TestTwoRestores: the second one leaves what the first one makes alone.
func TestTwoRestores(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 3)
	dir := filepath.Join(t.TempDir(), "store")
	if err := os.Mkdir(dir+partialExt, 0o700); err != nil {
		t.Fatal(err)
	}
	lock, err := datadir.TakeLock(dir+partialExt, home.Name)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	_, err = Restore(t.Context(), RestoreConfig{File: h.backup(), Dir: dir, Secrets: h.box}, nil)
	if _, ok := errors.AsType[*datadir.HeldError](err); !ok {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(dir + partialExt); err != nil {
		t.Error(err)
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
	elsewhere := RestoreConfig{File: file, Dir: filepath.Join(t.TempDir(), "x"), Secrets: other}
	if _, err := Restore(t.Context(), elsewhere, nil); !errors.Is(err, ErrNoSecret) {
		t.Errorf("without the secret: %v", err)
	}
}

// TestErasedIsNotBackedUp: what was erased and could not be taken from the rows
// yet is in no backup, and nothing that knows its batch is.
func TestErasedIsNotBackedUp(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 20)
	h.erase(1) // from here on the data says how far it has followed
	for _, n := range []int{2, 4, 6} {
		item := h.right[n]
		keys, err := h.rows.Keys(item.Day.Month())
		if err != nil {
			t.Fatal(err)
		}
		tomb := pages.Buried{Month: item.Day.Month(), Tombstone: pages.TombstoneOf(keys, item.Tag, item.Right.Witness())}
		if _, err := h.ledger.Append([]pages.Buried{tomb}, nil); err != nil {
			t.Fatal(err)
		}
		if !h.has(n) {
			t.Fatalf("page %d is gone", n)
		}
	}
	file := h.backup()
	checked, err := CheckBackup(t.Context(), file, h.box, nil)
	if err != nil || checked.Rows != 2*16+2 || len(checked.Findings) > 0 {
		t.Errorf("check: %+v, %v", checked, err)
	}
	r, err := h.restore(file, true)
	if err != nil || r.Erased != 0 {
		t.Fatalf("restored: %+v, %v", r, err)
	}
	if got := h.count(20); got != 16 {
		t.Errorf("%d of 16 pages are there", got)
	}
}
