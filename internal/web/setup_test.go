package web

import (
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestSetUp(t *testing.T) {
	rg := newRig(t, nil)
	b := rg.browser()
	for _, path := range []string{"/", "/thing", "/account", "/login", "/nowhere", "/file"} {
		if got := b.get(path); got.status != http.StatusSeeOther || got.to() != "/setup" {
			t.Errorf("%s before the first account: %d %q", path, got.status, got.to())
		}
	}
	code := rg.code()
	file := filepath.Join(rg.cfg.Dir, "setup-code")
	info, err := os.Stat(file)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("setup-code: %v, %v", info, err)
	}
	if kept, _ := os.ReadFile(file); strings.TrimSpace(string(kept)) != code {
		t.Errorf("setup-code holds %q, want %q", kept, code)
	}
	rg.want("no code", b.setUp("", "eve"), http.StatusForbidden, "not a valid code", "tacit relay recover")
	rg.want("wrong code", b.setUp(newCode(), "eve"), http.StatusForbidden, "not a valid code")
	rg.want("mistake", b.post("/setup", "code", code, "name", "ada", "password", "short", "password-again", "short"), http.StatusUnprocessableEntity, "at least 12")
	// Small letters, gaps, and letters that look like digits are what people type.
	typed := " " + strings.NewReplacer("-", " ", "0", "o", "1", "l").Replace(strings.ToLower(code))
	if got := b.setUp(typed, " Ada  Lovelace "); got.status != http.StatusSeeOther || !b.in() {
		t.Errorf("set up: %d: %s", got.status, got.body)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("setup-code is still there: %v", err)
	}
	rg.want("second use", rg.browser().setUp(code, "eve"), http.StatusForbidden, "used already")
	if again, err := rg.site.SetupCode(); again != "" || err != nil {
		t.Errorf("setup code after setup: %q, %v", again, err)
	}
	if names := rg.site.accounts.names(); len(names) != 1 || names[0] != "Ada Lovelace" {
		t.Errorf("accounts %q", names)
	}
	if len(rg.notes) != 1 || rg.notes[0] != ActSetUp+": Ada Lovelace" {
		t.Errorf("history %q", rg.notes)
	}
}

// TestSetUpLate: a code dies after an hour, and with the process.
func TestSetUpLate(t *testing.T) {
	rg := newRig(t, nil)
	code := rg.code()
	rg.clock.add(time.Hour)
	rg.want("late", rg.browser().setUp(code, "ada"), http.StatusForbidden, "expired", "restart the service", "tacit relay recover")
	old := rg.code()
	rg.code()
	rg.want("replaced", rg.browser().setUp(old, "ada"), http.StatusForbidden, "not a valid code")
	code = rg.code()
	rg.shut()
	rg.start()
	rg.want("of another process", rg.browser().setUp(code, "ada"), http.StatusForbidden, "not a valid code")
	if got := rg.browser().setUp(rg.code(), "ada"); got.status != http.StatusSeeOther {
		t.Errorf("new code: %d", got.status)
	}
}

// TestSetUpRace posts one code twenty times at once.
func TestSetUpRace(t *testing.T) {
	rg := newRig(t, nil)
	code := rg.code()
	var wg sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for i := range 20 {
		wg.Go(func() {
			got := rg.browser().setUp(code, "admin "+string(rune('a'+i)))
			mu.Lock()
			defer mu.Unlock()
			if got.status == http.StatusSeeOther && got.to() == "/" {
				made++
			}
		})
	}
	wg.Wait()
	if names := rg.site.accounts.names(); made != 1 || len(names) != 1 {
		t.Errorf("%d browsers were let in, accounts %q: want one", made, names)
	}
}

// TestSetUpUnwritten: what cannot be written is not done, and the code is
// still good.
func TestSetUpUnwritten(t *testing.T) {
	rg := newRig(t, nil)
	code := rg.code()
	// Root writes everywhere: a directory in the file's place stops everybody.
	path := filepath.Join(rg.cfg.Dir, accountsFile)
	if err := os.MkdirAll(filepath.Join(path, "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	rg.want("no disk", rg.browser().setUp(code, "ada"), http.StatusInternalServerError, "could not be written")
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	if got := rg.browser().setUp(code, "ada"); got.status != http.StatusSeeOther {
		t.Errorf("the same code afterwards: %d: %s", got.status, got.body)
	}
}

// TestDamagedAccounts: the site closes, and never falls back to setup.
func TestDamagedAccounts(t *testing.T) {
	rg := newRig(t, nil)
	rg.admin()
	path := filepath.Join(rg.cfg.Dir, accountsFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"empty": "", "cut": string(whole[:len(whole)/2]), "null": "null", "none": `{"accounts": []}`,
		"unknown": strings.Replace(string(whole), `"name"`, `"admin": true, "name"`, 1), "more": string(whole) + "{}",
		"weak": strings.Replace(string(whole), "m=64,", "m=1,", 1),
	} {
		t.Run(name, func(t *testing.T) {
			rg.shut()
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			rg.start()
			if code, err := rg.site.SetupCode(); code != "" || err != nil {
				t.Errorf("setup code: %q, %v", code, err)
			}
			b := rg.browser()
			for _, page := range []string{"/", "/setup", "/login", "/account"} {
				rg.want(page, b.get(page), http.StatusServiceUnavailable, "damaged", "tacit relay recover")
			}
			rg.want("log in", b.logIn("admin", goodPassword), http.StatusServiceUnavailable)
			rg.want("recover", b.get("/recover"), http.StatusOK, "tacit relay recover")
			if kept, err := os.ReadFile(path); err != nil || string(kept) != content {
				t.Errorf("the damaged file was changed: %q, %v", kept, err)
			}
		})
	}
}
