package secret_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/store/secret"
)

var (
	right = secret.FromBytes([]byte("right"))
	wrong = secret.FromBytes([]byte("wrong"))
)

func open(t *testing.T, dir string, pass secret.Passphrase) *secret.Box {
	t.Helper()
	b, err := secret.Open(dir, pass)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// fill writes two secrets and returns the directory.
func fill(t *testing.T, pass secret.Passphrase) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "keys")
	b := open(t, dir, pass)
	for _, name := range []string{"a.json", "b.key"} {
		if err := b.Write(name, []byte("content of "+name)); err != nil {
			t.Fatal(err)
		}
	}
	check(t, dir, pass)
	return dir
}

// check opens the directory anew and reads what fill wrote.
func check(t *testing.T, dir string, pass secret.Passphrase) {
	t.Helper()
	b := open(t, dir, pass)
	for _, name := range []string{"a.json", "b.key"} {
		if got, err := b.Read(name); err != nil || string(got) != "content of "+name {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || bytes.Contains(raw, []byte("content")) != (pass == nil) {
			t.Errorf("%s on disk: %q, %v", name, raw, err)
		}
	}
	if b.Sealed() != (pass != nil) {
		t.Errorf("sealed: %v", b.Sealed())
	}
}

func TestReadsWhatItWrote(t *testing.T) {
	for name, pass := range map[string]secret.Passphrase{"plain": nil, "sealed": right} {
		t.Run(name, func(t *testing.T) {
			dir := fill(t, pass)
			b := open(t, dir, pass)
			if _, err := b.Read("c.json"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("none of that name: %v", err)
			}
			for _, bad := range []string{"", ".json", "../a.json", "x/a.json", ".a.json", "erased.log", "a", `..\a.key`} {
				if err := b.Write(bad, nil); !errors.Is(err, secret.ErrName) {
					t.Errorf("name %q: %v", bad, err)
				}
			}
			if err := b.Write("c.json", make([]byte, secret.MaxLen+1)); err == nil {
				t.Error("a secret without bound is taken")
			}
			if err := os.WriteFile(filepath.Join(dir, "erased.log"), []byte("a log beside"), 0o644); err != nil {
				t.Fatal(err)
			}
			check(t, dir, pass)
		})
	}
}

// TestOneDerivation: the passphrase is asked for once, however many files are
// read and written.
func TestOneDerivation(t *testing.T) {
	asked := 0
	pass := func() ([]byte, error) { asked++; return []byte("right"), nil }
	dir := fill(t, right)
	b := open(t, dir, pass)
	for range 10 {
		_, err := b.Read("a.json")
		if err := errors.Join(err, b.Write("c.json", nil)); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

// TestWhatDoesNotOpen names the file and the way out, and changes nothing.
func TestWhatDoesNotOpen(t *testing.T) {
	for name, c := range map[string]struct {
		sealed secret.Passphrase
		with   secret.Passphrase
		change func(t *testing.T, dir string)
		want   error
	}{
		"wrong passphrase":   {right, wrong, nil, secret.ErrPassphrase},
		"none":               {right, nil, nil, secret.ErrPassphrase},
		"plain with one":     {nil, right, nil, secret.ErrPlain},
		"a plain one":        {right, right, func(t *testing.T, dir string) { put(t, dir, "a.json", []byte("plain")) }, secret.ErrMixed},
		"one from elsewhere": {right, right, func(t *testing.T, dir string) { put(t, dir, "a.json", take(t, fill(t, right), "a.json")) }, secret.ErrMixed},
		"open to all":        {nil, nil, func(t *testing.T, dir string) { chmod(t, filepath.Join(dir, "a.json"), 0o644) }, durable.ErrExposed},
		"directory open":     {nil, nil, func(t *testing.T, dir string) { chmod(t, dir, 0o755) }, durable.ErrExposed},
		"cut":                {right, right, func(t *testing.T, dir string) { put(t, dir, "a.json", take(t, dir, "a.json")[:50]) }, durable.ErrDamaged},
		"a year of work": {right, right, func(t *testing.T, dir string) {
			b := take(t, dir, "a.json")
			copy(b[16:], "\xff\xff\xff\xff")
			put(t, dir, "a.json", b)
		}, durable.ErrDamaged},
		"too long": {right, right, func(t *testing.T, dir string) { put(t, dir, "a.json", make([]byte, 2*secret.MaxLen)) }, durable.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			dir := fill(t, c.sealed)
			if c.change != nil {
				c.change(t, dir)
			}
			_, err := secret.Open(dir, c.with)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func put(t *testing.T, dir, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func take(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func chmod(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// TestEveryByteCounts: a sealed file that was changed anywhere, or that has
// another one's name, does not open.
func TestEveryByteCounts(t *testing.T) {
	dir := fill(t, right)
	b := open(t, dir, right)
	good := take(t, dir, "a.json")
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		put(t, dir, "a.json", bad)
		if got, err := b.Read("a.json"); err == nil {
			t.Fatalf("byte %d: opens as %q", i, got)
		}
	}
	put(t, dir, "a.json", take(t, dir, "b.key"))
	if _, err := b.Read("a.json"); !errors.Is(err, durable.ErrDamaged) {
		t.Errorf("under another name: %v", err)
	}
	if _, err := secret.Open(dir, right); err != nil {
		t.Errorf("the other secret opens no more: %v", err)
	}
}

// TestSeal goes through all changes, and a box that is open stays so.
func TestSeal(t *testing.T) {
	dir := fill(t, nil)
	b := open(t, dir, nil)
	for i, c := range []struct {
		old, now secret.Passphrase
		changed  int
	}{
		{nil, right, 2}, {nil, right, 0}, {right, wrong, 2}, {wrong, nil, 2}, {nil, nil, 0}, {nil, wrong, 2}, {wrong, right, 2}, {right, nil, 2},
	} {
		changed, err := secret.Seal(dir, c.old, c.now)
		if err != nil || changed != c.changed {
			t.Fatalf("step %d: %d changed, %v", i, changed, err)
		}
		check(t, dir, c.now)
	}
	var old secret.Passphrase
	for i, now := range []secret.Passphrase{right, wrong, nil, right} {
		for name, other := range map[string]secret.Passphrase{"without the old one": nil, "with another": secret.FromBytes([]byte("other"))} {
			if b.Sealed() {
				if changed, err := b.Seal(other, now); !errors.Is(err, secret.ErrPassphrase) || changed != 0 {
					t.Errorf("open, step %d, %s: %d, %v", i, name, changed, err)
				}
			}
		}
		if changed, err := b.Seal(old, now); err != nil || changed != 2 {
			t.Fatalf("open, step %d: %d, %v", i, changed, err)
		}
		if got, err := b.Read("a.json"); err != nil || string(got) != "content of a.json" {
			t.Errorf("open, step %d: %q, %v", i, got, err)
		}
		if err := b.Write("b.key", []byte("content of b.key")); err != nil {
			t.Error(err)
		}
		check(t, dir, now)
		old = now
	}
	before := take(t, dir, "a.json")
	if _, err := secret.Seal(dir, wrong, nil); !errors.Is(err, secret.ErrPassphrase) || !bytes.Equal(before, take(t, dir, "a.json")) {
		t.Errorf("with the wrong passphrase: %v", err)
	}
	if _, err := secret.Seal(t.TempDir(), nil, right); err == nil {
		t.Error("a directory without secrets is sealed")
	}
}

// TestSealGoesOn takes the directory as a crash in a Seal leaves it, after every
// file and in both directions, and seals again.
func TestSealGoesOn(t *testing.T) {
	for name, c := range map[string]struct{ old, now secret.Passphrase }{
		"seal": {nil, right}, "change": {wrong, right}, "open": {right, nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := fill(t, c.old)
			old := take(t, dir, "b.key")
			if _, err := secret.Seal(dir, c.old, c.now); err != nil {
				t.Fatal(err)
			}
			put(t, dir, "b.key", old) // it had not come so far
			for _, pass := range []secret.Passphrase{c.old, c.now} {
				if _, err := secret.Open(dir, pass); !errors.Is(err, secret.ErrMixed) && !errors.Is(err, secret.ErrPassphrase) {
					t.Errorf("half way: %v", err)
				}
			}
			if changed, err := secret.Seal(dir, c.old, c.now); err != nil || changed != 1 {
				t.Fatalf("again: %d, %v", changed, err)
			}
			check(t, dir, c.now)
		})
	}
}

func TestPassphraseFiles(t *testing.T) {
	dir := t.TempDir()
	for i, c := range []struct {
		text, want string
		mode       fs.FileMode
	}{
		{"secret\n", "secret", 0o600}, {"secret\r\n", "secret", 0o400}, {" sec ret ", " sec ret ", 0o600}, {"", "", 0o600}, {"\n", "", 0o600},
		{"two\nlines\n", "", 0o600}, {strings.Repeat("x", 5000), "", 0o600}, {"secret\n", "", 0o640},
	} {
		path := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		chmod(t, path, c.mode)
		got, err := secret.FromFile(path)()
		if string(got) != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%.10q: %q, %v", c.text, got, err)
		}
		if err != nil && (!strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "lines")) {
			t.Errorf("%v: names no file, or repeats what is in it", err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, secret.CredentialName), []byte("given\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	chmod(t, filepath.Join(dir, secret.CredentialName), 0o440) // as an access list shows
	if got, err := secret.FromCredentials(dir)(); string(got) != "given" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := secret.Open(filepath.Join(dir, "keys"), secret.FromFile(filepath.Join(dir, "none"))); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
