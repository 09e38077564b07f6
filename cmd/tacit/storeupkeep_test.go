package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store"
	"github.com/tacit-telemetry/tacit/store/calendar"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/ingest"
	"github.com/tacit-telemetry/tacit/store/pages"
	"github.com/tacit-telemetry/tacit/store/secret"
	"github.com/tacit-telemetry/tacit/store/upkeep"
)

// storeOrder runs a command of tacit store with --json, and returns what it
// prints and what it says on stderr.
func storeOrder(t *testing.T, command func(*cli.Env) *cobra.Command, args ...string) (out, said string, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c := command(&cli.Env{Out: &stdout, Err: &stderr, In: strings.NewReader(""), JSON: true})
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetArgs(args)
	err = c.ExecuteContext(t.Context())
	return stdout.String(), stderr.String(), err
}

// mustOrder runs one that must not fail, into result.
func mustOrder(t *testing.T, result any, command func(*cli.Env) *cobra.Command, args ...string) {
	t.Helper()
	out, said, err := storeOrder(t, command, args...)
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	if said != "" {
		t.Errorf("%v: on stderr, which is no terminal: %q", args, said)
	}
	if err := json.Unmarshal([]byte(out), result); err != nil {
		t.Fatalf("%v: %q: %v", args, out, err)
	}
}

// newPages makes a store of so many pages of today and gives back its
// directory.
func newPages(t *testing.T, count int) datadir.Dir {
	t.Helper()
	t.Setenv("GOMEMLIMIT", "1GiB") // the commands leave this process's own alone
	dir := datadir.Dir(t.TempDir())
	box, err := secret.Open(dir.Keys(), nil)
	if err != nil {
		t.Fatal(err)
	}
	today := schema.DayOf(time.Now())
	_, err = store.OpenVendor(box, dir.Store())
	_, err2 := ingest.OpenKeyring(box, false, calendar.On(today))
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	rows, err := db.Open(db.Config{Dir: dir.Store(), Secrets: box})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := rows.Keys(today.Month())
	g := db.Group{Month: today.Month()}
	for n := range count {
		p, err2 := page.Seal(page.NewRoot([16]byte{1}), today, uint32(n), page.Build{Release: 1, Version: "0.1.0"}, []byte("page"))
		row, err3 := pages.Row(keys, p, schema.NewBatchID())
		if err = errors.Join(err, err2, err3); err != nil {
			t.Fatal(err)
		}
		g.Batches = append(g.Batches, db.Batch{row})
	}
	if err := errors.Join(rows.Commit(t.Context(), g), rows.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// wayTo returns flags that find the store in a directory. The directory itself
// comes by the environment: --data is a flag of the whole command tree.
func wayTo(t *testing.T, dir datadir.Dir) []string {
	t.Helper()
	t.Setenv("TACIT_DATA", string(dir))
	return []string{"--keys", dir.Keys()}
}

func TestStoreUpkeep(t *testing.T) {
	dir := newPages(t, 5)
	at := wayTo(t, dir)
	var report upkeep.Report
	mustOrder(t, &report, storeVerifyCommand, at...)
	if !report.Sound || report.Rows != 5 {
		t.Errorf("verify: %+v", report)
	}
	file := filepath.Join(t.TempDir(), "backup")
	var backed, checked upkeep.Backed
	mustOrder(t, &backed, storeBackupCommand, append(at, "--out", file)...)
	mustOrder(t, &checked, storeVerifyCommand, append(at, "--backup", file)...)
	if backed.Rows != 5 || checked.Digest != backed.Digest {
		t.Errorf("backup %+v, checked %+v", backed, checked)
	}
	_, _, err := storeOrder(t, storeRestoreCommand, append(at, file)...)
	wantHinted(t, err, "there is a store already")

	var recalled upkeep.Recalled
	order := []string{"--agent", "0.1.0", "--from", "2026-01-01", "--to", time.Now().UTC().Format(time.DateOnly)}
	mustOrder(t, &recalled, storeRecallCommand, append(append(at, order...), "--dry-run")...)
	if recalled.Pages != 5 || !recalled.DryRun {
		t.Errorf("dry run: %+v", recalled)
	}

	if err := os.RemoveAll(dir.Store()); err != nil { // the disk is lost
		t.Fatal(err)
	}
	_, _, err = storeOrder(t, storeVerifyCommand, at...)
	wantHinted(t, err, "no store here")
	var restored upkeep.Restored
	mustOrder(t, &restored, storeRestoreCommand, append(at, file, "--verify")...)
	if restored.Rows != 5 || !restored.Verified {
		t.Errorf("restored: %+v", restored)
	}
	mustOrder(t, &recalled, storeRecallCommand, append(at, order...)...)
	if recalled.Pages != 5 || recalled.DryRun {
		t.Errorf("recall: %+v", recalled)
	}
	if mustOrder(t, &report, storeVerifyCommand, at...); !report.Sound || report.Rows != 0 {
		t.Errorf("verify after the recall: %+v", report)
	}
}

// TestStoreVerifyFindsDamage: what is wrong is printed, with what to do, and
// the command fails.
func TestStoreVerifyFindsDamage(t *testing.T) {
	dir := newPages(t, 5)
	month := schema.DayOf(time.Now()).Month().String()
	path := filepath.Join(dir.Store(), month, "pages.manifest")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)-3] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	out, _, err := storeOrder(t, storeVerifyCommand, wayTo(t, dir)...)
	wantHinted(t, err, "finding")
	var report upkeep.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil || report.Sound || len(report.Findings) == 0 {
		t.Fatalf("%s: %v", out, err)
	}
	if f := report.Findings[0]; f.Month != month || f.Half != "pages" || f.Fix == "" {
		t.Errorf("%+v", f)
	}
}

func TestStoreUpkeepRefuses(t *testing.T) {
	dir := newPages(t, 1)
	at := wayTo(t, dir)
	noBackup := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(noBackup, []byte("no backup"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "backup")
	mustOrder(t, new(upkeep.Backed), storeBackupCommand, append(at, "--out", file)...)
	for name, tt := range map[string]struct {
		command func(*cli.Env) *cobra.Command
		args    []string
		want    string
	}{
		"no day":                   {storeRecallCommand, []string{"--agent", "x", "--from", "yesterday", "--to", "2026-01-01"}, `--from "yesterday"`},
		"days the wrong way":       {storeRecallCommand, []string{"--agent", "x", "--from", "2026-01-02", "--to", "2026-01-01"}, "before"},
		"a file that is no backup": {storeVerifyCommand, []string{"--backup", noBackup}, "not a whole backup"},
	} {
		_, _, err := storeOrder(t, tt.command, append(at, tt.args...)...)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		wantHinted(t, err, tt.want)
	}
}

// TestStoreUpkeepUsage: what is missing is said before a store is looked for.
func TestStoreUpkeepUsage(t *testing.T) {
	for name, tt := range map[string]struct {
		command func(*cli.Env) *cobra.Command
		args    []string
		want    string
	}{
		"no file to back up to": {storeBackupCommand, nil, "--out"},
		"no file to restore":    {storeRestoreCommand, nil, "accepts 1 arg"},
		"no build":              {storeRecallCommand, []string{"--from", "2026-01-01", "--to", "2026-01-02"}, "no build"},
		"no last day":           {storeRecallCommand, []string{"--agent", "x", "--from", "2026-01-01"}, "no days"},
	} {
		if _, _, err := storeOrder(t, tt.command, tt.args...); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestUpkeepOfARunningStore asks a store that runs.
func TestUpkeepOfARunningStore(t *testing.T) {
	m, _ := newVendor(t)
	m.start("store.yaml", runStore)
	m.edgeHas(1)
	at := []string{"--config", m.file["store.yaml"]}
	var report upkeep.Report
	if mustOrder(t, &report, storeVerifyCommand, at...); !report.Sound {
		t.Errorf("%+v", report)
	}
	file := filepath.Join(m.dir, "backup")
	mustOrder(t, new(upkeep.Backed), storeBackupCommand, append(at, "--out", file)...)
	mustOrder(t, new(upkeep.Backed), storeVerifyCommand, append(at, "--backup", file)...)
	mustOrder(t, new(upkeep.Recalled), storeRecallCommand, append(at, "--registry", "1", "--from", "2026-01-01", "--to", "2026-01-02")...)
	m.refusesOtherKeys(at)
}

// refusesOtherKeys: a store that runs uses its own keys, and whoever names some
// hears that, also when they are the right ones.
func (m *machines) refusesOtherKeys(at []string) {
	m.t.Helper()
	id := uuid.NewString()
	recall := []string{"--registry", "1", "--from", "2026-01-01", "--to", "2026-01-02"}
	for name, c := range map[string]struct {
		command func(*cli.Env) *cobra.Command
		args    []string
	}{
		"verify": {storeVerifyCommand, nil},
		"backup": {storeBackupCommand, []string{"--out", filepath.Join(m.dir, "refused")}},
		"recall": {storeRecallCommand, recall},
		"erase":  {storeEraseCommand, []string{id}},
		"lookup": {lookupCommand, []string{id}},
		"list":   {keysListCommand, nil},
		"rotate": {keysRotateCommand, nil},
	} {
		for _, flag := range [][]string{{"--keys", filepath.Join(m.dir, "none")}, {"--keys", filepath.Join(m.dir, "vendor-keys")}, {"--passphrase-file", filepath.Join(m.dir, "none")}} {
			_, _, err := storeOrder(m.t, c.command, slices.Concat(at, c.args, flag)...)
			if !errors.Is(err, home.ErrOwnKeys) {
				m.t.Errorf("%s %v: %v", name, flag, err)
				continue
			}
			wantHinted(m.t, err, "uses its own keys")
		}
	}
	_, _, err := storeOrder(m.t, keysSealCommand, slices.Concat(at, []string{"--plain", "--keys", filepath.Join(m.dir, "none")})...)
	wantHinted(m.t, err, "uses its own keys")
}

// TestStoreVerifyRefusesTheKeysOfAnotherStore, which would call it sound.
func TestStoreVerifyRefusesTheKeysOfAnotherStore(t *testing.T) {
	dir, other := newPages(t, 2), newPages(t, 2)
	err := errors.Join(os.RemoveAll(dir.Keys()), os.Rename(other.Keys(), dir.Keys()))
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = storeOrder(t, storeVerifyCommand, wayTo(t, dir)...)
	wantHinted(t, err, "these keys belong to another store")
}
