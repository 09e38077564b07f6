package attack

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/figures"
	"github.com/tacit-telemetry/tacit/integration/rig"
)

// window is the length of what two pages of one installation must not share.
// Random bytes share that much once in 2⁶⁴ pairs of positions.
const window = 8

// TestStolenStore steals DIR/store, DIR/relay and DIR/run, and comes with a
// true ID and with true contents of fragments. Then he comes with the keys
// directory as well, but its secrets are sealed and he has not the passphrase.
func TestStolenStore(t *testing.T) {
	t.Parallel()
	dir := rig.Dir(t)
	id := fill(t, dir)
	pages, contents := stored(t, dir)
	loot := steal(t, dir, "store")
	files := stolenFiles(t, loot, steal(t, dir, "relay"), steal(t, dir, "run"))
	all := rows(t, loot)
	open := monthSecrets(t, filepath.Join(dir, "keys"))

	// The control: the same thief opens every page, and confirms every fragment,
	// when he has everything.
	opened, build := robWithKeys(t, all, open, id)
	if len(opened) != pages || pages < 2 {
		t.Fatalf("a thief with store, keys and ID opens %d of %d pages: he does not know his trade", len(opened), pages)
	}
	if n := guess(t, all, contents, open); n != len(contents) || n < 2 {
		t.Fatalf("a thief with store and keys confirms %d of %d fragments: he does not know his trade", n, len(contents))
	}

	without := robWithoutKeys(t, all, files, id, build)
	if without != 0 {
		t.Errorf("a thief with the store and a true ID opens or finds %d rows", without)
	}
	guessed := guess(t, all, contents, nil)
	if guessed != 0 {
		t.Errorf("a thief with the store confirms %d fragments that he guessed", guessed)
	}
	stranger := make([]byte, 16)
	_, _ = rand.Read(stranger) // crypto/rand.Read never returns an error
	if others, _ := robWithKeys(t, all, open, stranger); len(others) != 0 {
		t.Errorf("a thief with store and keys opens %d rows with another ID", len(others))
	}
	withVault := vault(t, dir, all, id, pages)
	unlinked(t, all, pages)
	figures.Report(t, figures.Stolen, "%d / %d (with the sealed keys: %d)", len(all), without+guessed, withVault)
}

// likely are passphrases that a thief tries.
var likely = []string{"", "tacit", "password", "passphrase", "admin", "secret"}

// vault seals the store's secrets under a passphrase and returns how many pages
// open to a thief who has them, and who has not the passphrase.
func vault(t *testing.T, dir string, all []row, id []byte, pages int) (opened int) {
	t.Helper()
	const passphrase = "nine lazy otters swim at dawn"
	path := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(path, []byte(passphrase+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := monthSecrets(t, filepath.Join(dir, "keys"))
	if r := rig.Tacit(t, "store", "keys", "seal", "--passphrase-file", path, "--data", dir).Run(t); r.Code != 0 {
		t.Fatalf("tacit store keys seal: exit %d: %s", r.Code, r.Stderr)
	}
	keys := steal(t, dir, "keys")
	guessed, _ := robWithKeys(t, all, monthSecrets(t, keys, likely...), id)
	if opened = len(guessed); opened != 0 {
		t.Errorf("a thief with store, ID and the sealed secrets opens %d rows", opened)
	}
	for _, f := range stolenFiles(t, keys) {
		for _, s := range before {
			if bytes.Contains(f, s) || bytes.Contains(f, []byte(base64.StdEncoding.EncodeToString(s))) {
				t.Error("a sealed keys directory holds a month's secret")
			}
		}
	}
	// The control: with the passphrase he opens all.
	if all, _ := robWithKeys(t, all, monthSecrets(t, keys, append(likely, passphrase)...), id); len(all) != pages {
		t.Errorf("a thief with store, ID, secrets and passphrase opens %d of %d pages: he does not know his trade", len(all), pages)
	}
	return opened
}

// fill has an installation send at least two pages, and returns its ID.
func fill(t *testing.T, dir string) []byte {
	t.Helper()
	var cycle struct {
		ID string `json:"installation_id"`
	}
	for range figures.Size(t, 3, 30, 0) {
		rig.Tacit(t, "up", "--once", "--json", "--data", dir).JSON(t, &cycle)
	}
	id, err := hex.DecodeString(strings.ReplaceAll(cycle.ID, "-", ""))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// stored counts the pages that the agent says were stored, and returns the
// contents of the fragments.
func stored(t *testing.T, dir string) (pages int, fragments [][]byte) {
	t.Helper()
	var entries []struct {
		Number        int
		Kind, Outcome string
	}
	rig.Tacit(t, "outbox", "list", "--json", "--data", dir).JSON(t, &entries)
	for _, e := range entries {
		switch {
		case e.Outcome != "stored":
		case e.Kind == "page":
			pages++
		case e.Kind == "fragment":
			var shown struct{ Plain []byte }
			rig.Tacit(t, "outbox", "show", strconv.Itoa(e.Number), "--json", "--data", dir).JSON(t, &shown)
			fragments = append(fragments, shown.Plain)
		}
	}
	return pages, fragments
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
