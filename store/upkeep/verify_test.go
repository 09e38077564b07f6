package upkeep

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/store/home"
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

// TestAHalfWhoseDirectoryIsGone is not taken for one that never was: verify says
// how much was lost, and the backup is not called whole.
func TestAHalfWhoseDirectoryIsGone(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 30)
	h.close()
	month := h.today.Month().String()
	if err := os.RemoveAll(filepath.Join(h.dir, month, "pages")); err != nil {
		t.Fatal(err)
	}
	h.open(true)

	r, err := h.up.Verify(t.Context(), nil)
	if err != nil || r.Sound || len(r.Findings) != 2 || r.Rows != 42 {
		t.Fatalf("verify: %+v, %v", r, err)
	}
	for i, want := range []string{"gone", "20 rows that were confirmed are missing"} {
		if f := r.Findings[i]; f.Month != month || f.Half != "pages" || !strings.Contains(f.What, want) || f.Fix == "" {
			t.Errorf("finding %+v, want %q", f, want)
		}
	}
	for _, m := range r.Months {
		if lost := m.Month == month && m.Half == "pages"; (m.Missing == 20) != lost {
			t.Errorf("%+v", m)
		}
	}
	b, err := WriteBackup(t.Context(), h.up, filepath.Join(t.TempDir(), "backup"), nil)
	if err != nil || len(b.Findings) != 1 || b.Findings[0].Month != month || b.Findings[0].Half != "pages" {
		t.Errorf("backup: %+v, %v", b, err)
	}
	ask := pages.Ask{Day: h.today, Tag: h.right[0].Tag}
	unread, err := pages.New(h.rows, nil).Get(t.Context(), []pages.Ask{ask}, func(pages.Found) error { return nil })
	if err != nil || len(unread) != 1 || unread[0].String() != month {
		t.Errorf("unread: %v, %v", unread, err)
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

// TestTheLedgerIsComparedWithTheData: a ledger of erasures that is gone, of before
// or cut is intact in itself, and not whole all the same. Looking changes nothing.
func TestTheLedgerIsComparedWithTheData(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 1)
	h.fill(3, 4)
	path, applied := filepath.Join(h.keys, pages.LedgerFile), filepath.Join(h.dir, "erased.json")
	h.erase(0)
	older := readFileOf(t, path)
	h.erase(3)
	whole, mark := readFileOf(t, path), readFileOf(t, applied)
	h.close()
	quarantine, err := ingest.OpenQuarantine(h.dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	running, err := New(Config{Dir: h.dir, DB: h.rows, Secrets: h.box, Ledger: h.ledger, Quarantine: quarantine, Today: h.on})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		ledger, mark []byte // nil: gone
		idle, runs   string // the fix, when nobody runs the store, and when its process looks; "": it is sound
	}{
		"whole":                {whole, mark, "", ""},
		"gone":                 {nil, mark, fixLedger, fixLedger},
		"empty":                {[]byte{}, mark, fixLedger, fixLedger},
		"of before":            {older, mark, fixLedger, fixLedger},
		"torn, or going on":    {slices.Concat(whole, older[:40]), mark, fixTornEnd, ""},
		"cut":                  {whole[:len(whole)-1], mark, fixLedger, fixLedger},
		"cut, and older data":  {whole[:len(whole)-1], nil, fixTornEnd, fixLedger},
		"gone, and older data": {nil, nil, "", fixLedger}, // as in a store that never erased
		"data of before":       {whole, nil, "", ""},
		"a mark that is cut":   {whole, mark[:9], fixApplied, fixApplied},
	} {
		t.Run(name, func(t *testing.T) {
			putFile(t, path, tt.ledger)
			putFile(t, applied, tt.mark)
			s, err := Open(t.Context(), home.Home{Dir: h.dir, KeysDir: h.keys, RunDir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			idle, err := s.Verify(t.Context(), nil)
			if err := errors.Join(err, s.Close()); err != nil {
				t.Fatal(err)
			}
			var runs Report
			running.verifyLedger(&runs)
			for who, got := range map[string]struct {
				findings []Finding
				fix      string
			}{"idle": {idle.Findings, tt.idle}, "running": {runs.Findings, tt.runs}} {
				if sound := len(got.findings) == 0; sound != (got.fix == "") || !sound && (len(got.findings) != 1 || got.findings[0].Fix != got.fix) {
					t.Errorf("%s: %+v, want the fix %q", who, got.findings, got.fix)
				}
			}
			if b, err := os.ReadFile(path); (err == nil) != (tt.ledger != nil) || !bytes.Equal(b, tt.ledger) {
				t.Error("looking changed the ledger")
			}
		})
	}
}

func readFileOf(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// putFile writes a file, or removes it when there is nothing to write.
func putFile(t *testing.T, path string, b []byte) {
	t.Helper()
	err := os.WriteFile(path, b, 0o600)
	if b == nil {
		err = os.Remove(path)
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	if err != nil {
		t.Fatal(err)
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

// TestAMonthThatVanishes is a finding in each half, of a verify and of a backup,
// and its pages are said to be unread.
func TestAMonthThatVanishes(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 30)
	h.close()
	month := h.today.Month().String()
	if err := os.RemoveAll(filepath.Join(h.dir, month)); err != nil {
		t.Fatal(err)
	}
	h.open(true)
	wantLost := func(what string, got []Finding, err error) {
		t.Helper()
		if err != nil || len(got) != 2 {
			t.Fatalf("%s: %+v, %v", what, got, err)
		}
		for i, half := range halves {
			if f := got[i]; f.Month != month || f.Half != half.String() || !strings.Contains(f.What, "gone") || f.Fix == "" {
				t.Errorf("%s: %+v", what, f)
			}
		}
	}
	r, err := h.up.Verify(t.Context(), nil)
	wantLost("verify", r.Findings, err)
	if r.Sound {
		t.Error("verify calls it sound")
	}
	b, err := WriteBackup(t.Context(), h.up, filepath.Join(t.TempDir(), "backup"), nil)
	wantLost("backup", b.Findings, err)
	ask := pages.Ask{Day: h.today, Tag: h.right[0].Tag}
	unread, err := pages.New(h.rows, nil).Get(t.Context(), []pages.Ask{ask}, func(pages.Found) error { return nil })
	if err != nil || len(unread) != 1 || unread[0].String() != month {
		t.Errorf("unread: %v, %v", unread, err)
	}
}

// TestNoSuchBackup: before the first backup there is no secret of backups
// either, and what is missed is the file.
func TestNoSuchBackup(t *testing.T) {
	h := newHouse(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "none")
	for _, want := range []error{fs.ErrNotExist, ErrNoSecret} {
		_, err := CheckBackup(t.Context(), file, h.box, nil)
		_, err2 := Restore(t.Context(), RestoreConfig{File: file, Dir: filepath.Join(dir, "store"), Secrets: h.box}, nil)
		if !errors.Is(err, want) || !errors.Is(err2, want) {
			t.Errorf("check: %v, restore: %v, want %v", err, err2, want)
		}
		putFile(t, file, []byte("there"))
	}
}
