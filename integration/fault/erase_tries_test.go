package fault

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// shown returns how many pages of the erased a lookup finds in a store.
func (e *erasable) shown(t *testing.T, data string) int {
	t.Helper()
	return opened(t, data, e.s.Store.Config, e.user) + opened(t, data, e.s.Store.Config, e.operated)
}

// opened counts the pages that an ID opens in a store.
func opened(t *testing.T, data, config, id string) int {
	t.Helper()
	got := rig.Tacit(t, "lookup", id, "--config", config, "--data", data, "--json").Run(t)
	if got.Code == 1 && strings.Contains(got.Stderr, "no pages for this ID") {
		return 0
	}
	var tl rig.Timeline
	if err := json.Unmarshal([]byte(got.Stdout), &tl); err != nil || got.Code != 0 {
		t.Fatalf("lookup: exit %d, %v: %s", got.Code, err, got.Stderr)
	}
	return tl.Pages
}

// left counts the rows of the erased in a store that does not run, and checks
// that the third installation has all of its own.
func (e *erasable) left(t *testing.T, where, data string) (n int) {
	t.Helper()
	now := e.read(t, data)
	for _, id := range []string{e.user, e.operated} {
		n += now.count(id, e.before.batches[id])
	}
	if had, has := e.before.batches[e.others], now.count(e.others, e.before.batches[e.others]); has != 2*len(had) {
		t.Errorf("%s: of another installation are %d rows of %d", where, has, 2*len(had))
	}
	if pages := opened(t, data, e.s.Store.Config, e.others); pages != len(e.before.batches[e.others]) {
		t.Errorf("%s: another installation opens %d pages of %d", where, pages, len(e.before.batches[e.others]))
	}
	if n > 0 {
		t.Errorf("%s: %d rows are there of what was erased", where, n)
	}
	return n + e.shown(t, data)
}

// merged lets the store write more, and merge: once more than it has tables of
// its newest rows. It does not run in the end.
func (e *erasable) merged(t *testing.T) int {
	t.Helper()
	for range 2 {
		replay(t, e.s, sealAll(t, e.s, fillOrder{Installations: []string{newInstallation()}, Days: past(), Pages: 2}))
		e.s.Store.Interrupt(t)
		e.s.Store.Start(t)
		e.s.Store.WaitReady(t)
	}
	e.s.Store.Interrupt(t)
	upkeep(t, "store", "verify", "--config", e.s.Store.Config)
	return e.left(t, "merged", e.s.Store.Data)
}

// restored restores a backup of before beside the store, and counts.
func (e *erasable) restored(t *testing.T) int {
	t.Helper()
	data := rig.Dir(t)
	upkeep(t, "store", "restore", e.backup, "--verify", "--config", e.s.Store.Config, "--data", data)
	return e.left(t, "an older backup", data)
}

// refusesOlderLedger puts the ledger of before beside the secrets: neither a
// restore of what is newer nor the store itself goes on with it.
func (e *erasable) refusesOlderLedger(t *testing.T) {
	t.Helper()
	now, data := filepath.Join(t.TempDir(), "backup"), rig.Dir(t)
	upkeep(t, "store", "backup", "--config", e.s.Store.Config, "--out", now)
	newest, err := os.ReadFile(e.ledgerFile())
	if err != nil {
		t.Fatalf("where erasures are remembered: %v", err)
	}
	if b, err := os.ReadFile(e.ledger); err == nil {
		err = os.WriteFile(e.ledgerFile(), b, 0o600)
		if err != nil || bytes.Equal(b, newest) {
			t.Fatalf("the older ledger: %v, or it is the newest", err)
		}
	} else if err := os.Remove(e.ledgerFile()); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]rig.Command{
		"restore": rig.Tacit(t, "store", "restore", now, "--config", e.s.Store.Config, "--data", data),
		"start":   {Path: e.s.Store.Command.Path, Args: e.s.Store.Command.Args, Env: e.s.Store.Command.Env},
	} {
		if got := c.Run(t); got.Code == 0 || !strings.Contains(got.Stderr, "ledger of erasures is older") {
			t.Errorf("%s with an older ledger: exit %d: %s%s", what, got.Code, got.Stdout, got.Stderr)
		}
	}
	if made, _ := filepath.Glob(filepath.Join(data, "store", "2*")); len(made) > 0 {
		t.Errorf("restore with an older ledger has made %d months", len(made))
	}
	if err := os.WriteFile(e.ledgerFile(), newest, 0o600); err != nil {
		t.Fatal(err)
	}
}

// putBack puts a copy of the data directory of before in place, lets a store run
// on it, and counts. It goes on with that store.
func (e *erasable) putBack(t *testing.T) int {
	t.Helper()
	store := filepath.Join(e.s.Store.Data, "store")
	if err := os.RemoveAll(store); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command("cp", "-a", filepath.Join(e.copied, "store"), store).CombinedOutput(); err != nil {
		t.Fatalf("copy: %v: %s", err, text)
	}
	e.s.Store.Start(t)
	e.s.Store.WaitReady(t)
	replay(t, e.s, e.recorded)
	e.s.Store.Interrupt(t)
	n := e.left(t, "an older copy", e.s.Store.Data)
	e.s.Store.Start(t)
	e.s.Store.WaitReady(t)
	return n
}
