package upkeep

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tacit-telemetry/tacit/store/ingest"
	"github.com/tacit-telemetry/tacit/store/pages"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// damage flips a bit in the middle of a file.
func damage(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestOneDamagedMonth: it is a finding with its month, half and what to do; the
// others are verified, backed up and restored all the same.
func TestOneDamagedMonth(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 30)
	h.close()
	month := h.today.Month().String()
	damage(t, filepath.Join(h.dir, month, "pages.manifest"))
	h.open(true)

	r, err := h.up.Verify(t.Context(), nil)
	if err != nil || r.Sound || len(r.Findings) == 0 || len(r.Months) != 6 {
		t.Fatalf("verify: %+v, %v", r, err)
	}
	for _, f := range r.Findings {
		if f.Month != month || f.Half != "pages" || f.What == "" || f.Fix == "" {
			t.Errorf("finding %+v", f)
		}
	}
	if r.Rows < 42 { // 20 pages with their batches, and a sum with its
		t.Errorf("%d rows of the other halves are sound", r.Rows)
	}

	path := filepath.Join(t.TempDir(), "backup")
	b, err := WriteBackup(t.Context(), h.up, path, nil)
	if err != nil || len(b.Findings) != 1 || b.Findings[0].Month != month || b.Findings[0].Half != "pages" {
		t.Fatalf("backup: %+v, %v", b, err)
	}
	got, err := h.restore(path, true)
	if err != nil || len(got.Findings) != 1 || got.Rows != b.Rows {
		t.Errorf("restored: %+v, %v", got, err)
	}
	if got := h.count(30); got < 20 {
		t.Errorf("%d pages are there", got)
	}
}

func TestVerifyLooksBesideTheRows(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 6)
	h.erase(2)
	if err := os.WriteFile(filepath.Join(h.dir, ingest.QuarantineFile),
		[]byte(`{"version":1,"check":2949497623,"refused":[{"day":"2026-11-21","reason":"closed","up_to_kb":8,"count":7}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := h.up.Verify(t.Context(), nil)
	if err != nil || !r.Sound || r.Erased != 1 || len(r.Refused) != 1 || r.Refused[0].Count != 7 {
		t.Errorf("%+v, %v", r, err)
	}
	damage(t, filepath.Join(h.keys, pages.LedgerFile))
	if r, err = h.up.Verify(t.Context(), nil); err != nil || r.Sound || len(r.Findings) != 1 || r.Findings[0].Fix != fixLedger {
		t.Errorf("a damaged ledger: %+v, %v", r, err)
	}
}

func TestSecretOfBackupsIsDamaged(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 3)
	file := h.backup()
	if err := h.box.Write(secretFile, []byte(`{"version":1,"secret":"AAAA"}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := CheckBackup(t.Context(), file, h.box, nil); err == nil || errors.Is(err, ErrNoSecret) {
		t.Errorf("%v", err)
	}
	other, err := secret.Open(filepath.Join(t.TempDir(), "keys"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ownSecret(other); err != nil {
		t.Fatal(err)
	}
	if _, err := CheckBackup(t.Context(), file, other, nil); !errors.Is(err, ErrBackup) {
		t.Errorf("with another store's secret: %v", err)
	}
}
