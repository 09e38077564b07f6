package engineers

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// TestList adds and removes, and finds each by name; the private half is in no
// file.
func TestList(t *testing.T) {
	l := In(filepath.Join(t.TempDir(), "desk"))
	if all, err := l.All(); err != nil || len(all) != 0 {
		t.Fatalf("%v, %v", all, err)
	}
	keys := map[string]ed25519.PrivateKey{}
	for _, name := range []string{"mia", "ada", "zoe.2"} {
		key, err := l.Add(name, time.Unix(1, 0))
		if err != nil {
			t.Fatal(err)
		}
		keys[name] = key
	}
	if _, err := l.Add("ada", time.Unix(1, 0)); !errors.Is(err, ErrThere) {
		t.Errorf("a second ada: %v", err)
	}
	if err := l.Remove("mia"); err != nil {
		t.Fatal(err)
	}
	if err := l.Remove("mia"); !errors.Is(err, ErrNone) {
		t.Errorf("removed twice: %v", err)
	}
	if _, err := l.Key("mia"); !errors.Is(err, ErrNone) {
		t.Errorf("the removed one's key: %v", err)
	}
	for _, name := range []string{"ada", "zoe.2"} {
		if key, err := l.Key(name); err != nil || !key.Equal(keys[name].Public()) {
			t.Errorf("%s: another key, %v", name, err)
		}
	}
	b, err := os.ReadFile(filepath.Join(l.dir, file))
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range keys {
		if bytes.Contains(b, fmt.Appendf(nil, "%x", key.Seed())) {
			t.Errorf("the private key of %s is in the file", name)
		}
	}
}

func TestNames(t *testing.T) {
	l := In(t.TempDir())
	for _, name := range []string{"", "Ada", "a b", "-a", "a/b", "..", strings.Repeat("a", 41), "a\n"} {
		if _, err := l.Add(name, time.Unix(1, 0)); !errors.Is(err, ErrName) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestFull: the list has an end, and a damaged one knows nobody.
func TestFull(t *testing.T) {
	l := In(filepath.Join(t.TempDir(), "desk"))
	err := l.change(func([]Engineer) (all []Engineer, err error) {
		for i := range Most {
			all = append(all, Engineer{Name: fmt.Sprintf("e%03d", i)})
		}
		return slices.Clip(all), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Add("zoe", time.Unix(1, 0)); !errors.Is(err, ErrMany) {
		t.Errorf("one more than the most: %v", err)
	}
	if _, err := l.Key("e001"); !errors.Is(err, durable.ErrDamaged) {
		t.Errorf("an entry without a key: %v", err)
	}
	if err := os.WriteFile(filepath.Join(l.dir, file), []byte("[{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Key("e001"); err == nil || errors.Is(err, ErrNone) {
		t.Errorf("a damaged list: %v", err)
	}
}
