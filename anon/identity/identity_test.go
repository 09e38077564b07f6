package identity

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

func config(t *testing.T, machine string) Config {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "agent")
	if err := durable.MakeOwnerDir(dir); err != nil {
		t.Fatal(err)
	}
	return Config{Dir: dir, MachineID: func() string { return machine }}
}

func TestOpenKeepsTheInstallation(t *testing.T) {
	c := config(t, "machine-one")
	first, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	if *again != *first {
		t.Error("the second start is another installation")
	}
	if first.ID.Version() != 4 {
		t.Errorf("ID of version %d, want 4", first.ID.Version())
	}
}

func TestCloneIsANewInstallation(t *testing.T) {
	c := config(t, "machine-one")
	source, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	c.MachineID = func() string { return "machine-two" }
	clone, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	if !clone.Remains || clone.ID == source.ID || clone.Writer == source.Writer || clone.HashingKey == source.HashingKey {
		t.Error("a copied image went on as the same installation")
	}
	if again, err := Open(c); err != nil || !again.Remains || again.ID != clone.ID {
		t.Errorf("a crash before the clone was settled is forgotten: %v", err)
	}
	if err := Settle(c.Dir); err != nil {
		t.Fatal(err)
	}
	if again, err := Open(c); err != nil || again.Remains || again.ID != clone.ID {
		t.Errorf("the clone is not stable: %v", err)
	}
	c.MachineID = func() string { return "" }
	if same, err := Open(c); err != nil || same.ID != clone.ID {
		t.Errorf("a machine without an ID lost its installation: %v", err)
	}
}

func TestBadFilesAreRefusedAndKept(t *testing.T) {
	damage := map[string]func(path string, b []byte) error{
		"one letter of the ID": func(path string, b []byte) error {
			i := strings.Index(string(b), `"installation_id": "`) + 20
			b[i] ^= 1
			return os.WriteFile(path, b, 0o600)
		},
		"cut short":  func(path string, b []byte) error { return os.WriteFile(path, b[:len(b)/2], 0o600) },
		"empty":      func(path string, _ []byte) error { return os.WriteFile(path, nil, 0o600) },
		"not JSON":   func(path string, _ []byte) error { return os.WriteFile(path, []byte("hello"), 0o600) },
		"for others": func(path string, _ []byte) error { return os.Chmod(path, 0o644) },
	}
	for name, do := range damage {
		t.Run(name, func(t *testing.T) {
			c := config(t, "m")
			if _, err := Open(c); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(c.Dir, FileName)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := do(path, b); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(path)
			if _, err := Open(c); !errors.Is(err, ErrCorrupt) && !errors.Is(err, durable.ErrExposed) {
				t.Errorf("got %v, want a refusal", err)
			}
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("the damaged file was changed")
			}
		})
	}
}

func TestSpokenVector(t *testing.T) {
	id := uuid.MustParse("00010203-0405-4607-8809-0a0b0c0d0e0f")
	const want = "0004-1061-058R-3RG2-8A1C-60T3-GF2"
	if got := Spoken(id); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEverySpellingIsUnderstood(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := newID()
		spoken := Spoken(id)
		plain := strings.ReplaceAll(spoken, "-", "")
		for _, s := range []string{
			spoken, strings.ToLower(spoken), plain, strings.ReplaceAll(spoken, "-", " "), "  " + spoken + "\n",
			strings.NewReplacer("0", "O", "1", "l").Replace(spoken), strings.NewReplacer("1", "I").Replace(spoken),
			id.String(), strings.ToUpper(id.String()), strings.ReplaceAll(id.String(), "-", ""),
			"{" + id.String() + "}", id.URN(),
		} {
			got, err := Parse(s)
			if err != nil || got != id {
				t.Fatalf("a spelling of %d characters was not understood: %v", len(s), err)
			}
		}
	})
}

func TestSlipsAreCaught(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := []byte(strings.ReplaceAll(Spoken(newID()), "-", ""))
		i := rapid.IntRange(0, len(s)-1).Draw(t, "place")
		wrong := append([]byte(nil), s...)
		if rapid.Bool().Draw(t, "swap") && i > 0 {
			wrong[i], wrong[i-1] = wrong[i-1], wrong[i]
		} else {
			wrong[i] = alphabet[rapid.IntRange(0, 31).Draw(t, "letter")]
		}
		if string(wrong) == string(s) {
			return
		}
		if _, err := Parse(string(wrong)); err == nil {
			t.Fatalf("place %d: a slip was not noticed", i)
		}
	})
}

func TestWhatIsNoIDIsNamedAndNotRepeated(t *testing.T) {
	for _, s := range []string{"", "x", "hello world", strings.Repeat("Z", 27), "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "0004-1061-058R-3RG2-8A1C-60T3-GF", "zzzzzzzz-zzzz-4zzz-8zzz-zzzzzzzzzzzz"} {
		_, err := Parse(s)
		if !errors.Is(err, ErrForm) && !errors.Is(err, ErrMistyped) {
			t.Errorf("%q: got %v", s, err)
			continue
		}
		if len(s) > 3 && strings.Contains(err.Error(), s) {
			t.Errorf("the error repeats what was typed: %v", err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("0004-1061-058R-3RG2-8A1C-60T3-GF2")
	f.Add("00010203-0405-4607-8809-0a0b0c0d0e0f")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := Parse(s)
		if err != nil {
			return
		}
		again, err := Parse(Spoken(id))
		if err != nil || again != id {
			t.Errorf("%v is not read back: %v", id, err)
		}
	})
}
