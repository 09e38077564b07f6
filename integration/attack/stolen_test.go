package attack

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// window is the length of what two pages of one installation must not share.
// Random bytes share that much once in 2⁶⁴ pairs of positions.
const window = 8

// TestStolenStore steals DIR/store, DIR/relay and DIR/run, and comes with a
// true ID.
func TestStolenStore(t *testing.T) {
	t.Parallel()
	dir := rig.Dir(t)
	id := fill(t, dir)
	pages := storedPages(t, dir)
	all := rows(t, steal(t, dir, "store"))
	files := stolenFiles(t, steal(t, dir, "store"), steal(t, dir, "relay"), steal(t, dir, "run"))

	if n := robWithoutKeys(t, all, files, id); n != 0 {
		t.Errorf("a thief with the store and a true ID opens or finds %d rows", n)
	}
	stranger := make([]byte, 16)
	_, _ = rand.Read(stranger) // crypto/rand.Read never returns an error
	if n := robWithKeys(t, all, filepath.Join(dir, "keys"), stranger); n != 0 {
		t.Errorf("a thief with store and keys opens %d rows with another ID", n)
	}
	// The control: the same thief opens every page when he has everything.
	if n := robWithKeys(t, all, filepath.Join(dir, "keys"), id); n != pages || n < 2 {
		t.Errorf("a thief with store, keys and ID opens %d of %d pages: he does not know his trade", n, pages)
	}
	unlinked(t, all, pages)
}

// fill has an installation send at least two pages, and returns its ID.
func fill(t *testing.T, dir string) []byte {
	t.Helper()
	var cycle struct {
		ID string `json:"installation_id"`
	}
	for range 3 {
		rig.Tacit(t, "up", "--once", "--json", "--data", dir).JSON(t, &cycle)
	}
	id, err := hex.DecodeString(strings.ReplaceAll(cycle.ID, "-", ""))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// storedPages counts the pages that the agent says were stored.
func storedPages(t *testing.T, dir string) (n int) {
	t.Helper()
	var entries []struct{ Kind, Outcome string }
	r := rig.Tacit(t, "outbox", "list", "--json", "--data", dir).Run(t)
	if err := json.Unmarshal([]byte(r.Stdout), &entries); err != nil {
		t.Fatalf("tacit outbox list: %v: %s", err, r.Stderr)
	}
	for _, e := range entries {
		if e.Kind == "page" && e.Outcome == "stored" {
			n++
		}
	}
	return n
}

// steal copies one part of a data directory.
func steal(t *testing.T, dir, part string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), part)
	from, err := os.OpenRoot(filepath.Join(dir, part))
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	if err := os.CopyFS(to, from.FS()); err != nil {
		t.Fatal(err)
	}
	return to
}

func stolenFiles(t *testing.T, dirs ...string) (out [][]byte) {
	t.Helper()
	var e evidence
	for _, dir := range dirs {
		e.files(t, "stolen", dir)
	}
	for _, x := range e.exhibits {
		out = append(out, x.data)
	}
	return out
}

// unlinked compares the pages with each other, as they lie in the store.
func unlinked(t *testing.T, all []row, pages int) {
	t.Helper()
	var sealed [][]byte
	for _, r := range all {
		if r.key[0] == 'p' {
			sealed = append(sealed, append(r.key, r.value...))
		}
	}
	if len(sealed) != pages {
		t.Errorf("%d rows for %d pages", len(sealed), pages)
	}
	for i := range sealed {
		for j := range i {
			if n := shared(sealed[i], sealed[j]); n != 0 {
				t.Errorf("two pages of one installation share %d runs of %d bytes", n, window)
			}
		}
	}
}

// shared counts the windows of b that a has too.
func shared(a, b []byte) (n int) {
	seen := map[[window]byte]bool{}
	for i := 0; i+window <= len(a); i++ {
		seen[[window]byte(a[i:])] = true
	}
	for i := 0; i+window <= len(b); i++ {
		if seen[[window]byte(b[i:])] {
			n++
		}
	}
	return n
}

// TestSharedIsSeen is the control of shared.
func TestSharedIsSeen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"0123456789", "abcdefghij", 0},
		{"xx01234567", "01234567yy", 1},
		{"0123456789", "0123456789", 3},
		{"0123456", "0123456", 0},
	} {
		if got := shared([]byte(c.a), []byte(c.b)); got != c.want {
			t.Errorf("shared(%q, %q) = %d, not %d", c.a, c.b, got, c.want)
		}
	}
}
