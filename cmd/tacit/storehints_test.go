package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/store/secret"
)

func hintOf(err error) string {
	if hinted, ok := errors.AsType[*cli.Hinted](err); ok {
		return hinted.Hint
	}
	return ""
}

// TestStoreHintsOfAnotherUser: the way out is the user who runs the store, and
// not the agent, which most hosts of a store do not have.
func TestStoreHintsOfAnotherUser(t *testing.T) {
	env := new(cli.Env)
	err := fmt.Errorf("open store: %w", &fs.PathError{Op: "open", Path: "/d/store/store.lock", Err: syscall.EACCES})
	for name, explain := range map[string]func(error) error{
		"keys": explainKeys, "upkeep": explainUpkeep,
		"lookup": func(err error) error { return explainLookup(env, err) },
		"erase":  func(err error) error { return explainErase(env, err) },
	} {
		if hint := hintOf(explain(err)); !strings.Contains(hint, "whoever runs it") {
			t.Errorf("%s: hint %q", name, hint)
		}
		if hint := hintOf(explain(cli.WithHint(err, "before"))); hint != "before" {
			t.Errorf("%s: a hint that was there is %q now", name, hint)
		}
	}
}

// TestOutHints: what is wrong beside the file of --out is said of that place, and
// what is wrong elsewhere is not.
func TestOutHints(t *testing.T) {
	out := outFile{filepath.Join("dir", "backup")}
	for in, want := range map[syscall.Errno]string{
		syscall.ENOSPC: "free space on the volume of " + out.path, syscall.EROFS: "the volume of " + out.path + " can only be read",
		syscall.EACCES: "you may not write beside " + out.path, syscall.EIO: "",
	} {
		err := fmt.Errorf("write backup: %w", &fs.PathError{Op: "open", Path: filepath.Join("dir", ".backup.1"), Err: in})
		if hint := hintOf(out.explain(err)); !strings.HasPrefix(hint, want) || want == "" && hint != "" {
			t.Errorf("%v: hint %q, want %q", in, hint, want)
		}
		err = fmt.Errorf("write backup: %w", &fs.PathError{Op: "open", Path: filepath.Join("keys", "backup.json"), Err: in})
		if hint := hintOf(out.explain(err)); hint != "" {
			t.Errorf("%v of the keys: hint %q", in, hint)
		}
	}
}

// TestPassphraseOfPlainSecrets: nothing is half sealed, and seal is not the only
// way out.
func TestPassphraseOfPlainSecrets(t *testing.T) {
	at := wayTo(t, newPages(t, 1))
	pass := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(pass, []byte("open sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := storeOrder(t, storeVerifyCommand, append(at, "--passphrase-file", pass)...)
	if !errors.Is(err, secret.ErrPlain) || !strings.Contains(hintOf(err), "leave --passphrase-file out") {
		t.Errorf("%v, hint %q", err, hintOf(err))
	}
}
