package web

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func (b *browser) recover(code, name string) answer {
	b.t.Helper()
	return b.post("/recover", "code", code, "name", name, "password", otherPassword, "password-again", otherPassword)
}

func (rg *rig) recoveryCode(account string) string {
	rg.t.Helper()
	code, err := Recover(rg.t.Context(), rg.cfg.Dir, account, rg.clock.now())
	if err != nil {
		rg.t.Fatal(err)
	}
	return code
}

// TestRecover restores access beside the running site.
func TestRecover(t *testing.T) {
	rg := newRig(t, nil)
	old := rg.admin()
	b := rg.browser()
	rg.want("no code made", b.recover(newCode(), "admin"), http.StatusForbidden, "not a valid code", "tacit relay recover")
	first := rg.recoveryCode("")
	code := rg.recoveryCode("ADMIN")
	rg.want("replaced", b.recover(first, "admin"), http.StatusForbidden)
	rg.want("another's", b.recover(code, "eve"), http.StatusUnprocessableEntity, "another account")
	rg.want("mistake", b.post("/recover", "code", code, "name", "admin", "password", otherPassword, "password-again", "x"), http.StatusUnprocessableEntity, "not the same password")
	if !old.in() {
		t.Error("a code alone ended sessions")
	}
	if got := b.recover(code, "Admin"); got.status != http.StatusSeeOther || !b.in() {
		t.Fatalf("recover: %d: %s", got.status, got.body)
	}
	rg.want("notice", b.get("/account"), http.StatusOK, "admin")
	if old.in() {
		t.Error("the old session still opens the site")
	}
	rg.want("old password", rg.browser().logIn("admin", goodPassword), http.StatusForbidden)
	if got := rg.browser().logIn("admin", otherPassword); got.status != http.StatusSeeOther {
		t.Errorf("new password: %d", got.status)
	}
	rg.want("second use", rg.browser().recover(code, "admin"), http.StatusForbidden)
	if !slices.Equal(rg.notes, []string{ActSetUp + ": admin", ActRestored + ": admin"}) {
		t.Errorf("history %q", rg.notes)
	}
	if names := rg.site.accounts.names(); len(names) != 1 {
		t.Errorf("accounts %q", names)
	}
}

func TestRecoverLate(t *testing.T) {
	rg := newRig(t, nil)
	rg.admin()
	code := rg.recoveryCode("admin")
	rg.clock.add(time.Hour)
	rg.want("late", rg.browser().recover(code, "admin"), http.StatusForbidden, "expired")
	rg.clock.add(-24 * time.Hour)
	rg.want("clock set back", rg.browser().recover(code, "admin"), http.StatusForbidden, "expired")
}

func TestRecoverRace(t *testing.T) {
	rg := newRig(t, nil)
	rg.admin()
	code := rg.recoveryCode("admin")
	var wg sync.WaitGroup
	var mu sync.Mutex
	let := 0
	for range 8 {
		wg.Go(func() {
			if got := rg.browser().recover(code, "admin"); got.status == http.StatusSeeOther {
				mu.Lock()
				let++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if let != 1 {
		t.Errorf("%d browsers used one code", let)
	}
}

// TestRecoverDamaged: the way out when the accounts cannot be read, or when
// there is none.
func TestRecoverDamaged(t *testing.T) {
	rg := newRig(t, nil)
	rg.admin()
	rg.shut()
	path := filepath.Join(rg.cfg.Dir, accountsFile)
	if err := os.WriteFile(path, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	rg.start()
	b := rg.browser()
	if got := b.recover(rg.recoveryCode(""), "ada"); got.status != http.StatusSeeOther || !b.in() {
		t.Fatalf("recover: %d: %s", got.status, got.body)
	}
	if kept, err := os.ReadFile(path + ".damaged-1"); err != nil || string(kept) != "damaged" {
		t.Errorf("the damaged file: %q, %v", kept, err)
	}
	rg.shut()
	rg.start()
	if got := rg.browser().logIn("ada", otherPassword); got.status != http.StatusSeeOther {
		t.Errorf("log in after a restart: %d", got.status)
	}
}

func TestRecoverWithoutAccount(t *testing.T) {
	rg := newRig(t, nil)
	setup := rg.code()
	b := rg.browser()
	rg.want("the page", b.get("/recover"), http.StatusOK)
	if got := b.recover(rg.recoveryCode("ada"), "ada"); got.status != http.StatusSeeOther || !b.in() {
		t.Fatalf("recover: %d: %s", got.status, got.body)
	}
	rg.want("the setup code afterwards", rg.browser().setUp(setup, "eve"), http.StatusForbidden, "used already")
	if _, err := os.Stat(filepath.Join(rg.cfg.Dir, setupFile)); !os.IsNotExist(err) {
		t.Errorf("setup-code is still there: %v", err)
	}
}

func TestRecoverErrors(t *testing.T) {
	rg := newRig(t, nil)
	rg.admin()
	if _, err := Recover(t.Context(), rg.cfg.Dir, "nobody", rg.clock.now()); !errors.Is(err, ErrNoAccount) || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("unknown account: %v", err)
	}
	if _, err := Recover(t.Context(), filepath.Join(rg.cfg.Dir, "nowhere"), "", rg.clock.now()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
	path := filepath.Join(rg.cfg.Dir, recoverFile)
	for _, content := range []string{"", "{}", `{"account":"admin","hash":"00","expires":"2026-11-21T12:30:00Z"}`, `{"account":"<b>","hash":"` + strings.Repeat("0", 64) + `","expires":"2026-11-21T12:30:00Z"}`} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		rg.want("damaged recover file", rg.browser().recover(newCode(), "admin"), http.StatusForbidden, "not a valid code")
		rg.clock.add(longestWait)
	}
}

// TestTroubleWithFilesIsLoggedBriefly: the log names no path, which may be in
// somebody's home, and strangers cannot fill it.
func TestTroubleWithFilesIsLoggedBriefly(t *testing.T) {
	var log bytes.Buffer
	dir := t.TempDir() + "/web"
	for _, name := range []string{accountsFile, recoverFile} { // what cannot be read as a file
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	rg := newRig(t, func(c *Config) {
		c.Dir, c.Logger = dir, slog.New(slog.NewTextHandler(&log, nil))
	})
	b := rg.browser()
	for range 3 * allBurst {
		b.recover(newCode(), "admin")
	}
	rg.shut()
	lines := strings.Count(log.String(), "\n")
	if !strings.Contains(log.String(), accountsFile) || lines < 2 || lines > 1+triesBurst {
		t.Errorf("%d lines:\n%s", lines, log.String())
	}
	if strings.Contains(log.String(), dir) {
		t.Errorf("the log names the directory:\n%s", log.String())
	}
}
