package sim_test

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"
)

// copied is what somebody took of a store: its data and its secrets.
type copied struct{ data, keys string }

// take copies the store's directories as they are.
func (w *world) take(name string) copied {
	life := w.store.life
	c := copied{w.path(name + "-data"), w.path(name + "-keys")}
	for from, to := range map[string]string{w.store.dir(life): c.data, w.store.keys(life): c.keys} {
		if err := copyTree(from, to); err != nil {
			w.t.Fatal(err)
		}
	}
	return c
}

// loot is what a thief with a code makes of a copy: the key of the code's day, and
// the grant that the code opens.
type loot struct{ key, grant []byte }

// rowLen is the length of a row of the daybook's grants.
const rowLen = 16 + chacha20poly1305.NonceSizeX + 1 + 1282 + chacha20poly1305.Overhead

// rob opens the grant of a code in a copy, by the documents and whatever the clocks
// say. Days is how many the grant gives; 0: there is none that opens.
func (c copied) rob(t *testing.T, code string) (found loot, days int) {
	t.Helper()
	g := extractKey(t, "tacit/v1/grant", bitsOf(code))
	tag := expandKey(t, g, "tag")[:16]
	var file struct{ Grants map[string]string }
	b, err := os.ReadFile(filepath.Join(c.keys, "daybook.json"))
	if err != nil || json.Unmarshal(b, &file) != nil {
		t.Fatalf("the keys of the daybook: %v", err)
	}
	for day, text := range file.Grants {
		key, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := os.ReadFile(filepath.Join(c.data, "daybook", "grants-"+day))
		if err != nil {
			continue
		}
		mac := hmac.New(sha256.New, expandKey(t, key, "index"))
		mac.Write(append(tag[:16:16], 0, 0))
		name := mac.Sum(nil)[:16]
		for ; len(rows) >= rowLen; rows = rows[rowLen:] {
			if !bytes.Equal(rows[:16], name) {
				continue
			}
			row := openSealed(expandKey(t, key, "wrap"), rows[16:rowLen], name)
			if len(row) == 0 || row[0] != 1 {
				continue
			}
			grant := row[1:]
			access := openSealed(expandKey(t, g, "seal"), grant[20:], append([]byte("grant"), grant[:20]...))
			if len(access) > 0 {
				return loot{key, bytes.Clone(grant[20:60])}, int(access[0])
			}
		}
	}
	return found, 0
}

// holds says in which file of a copy something of the loot still is; "": in none.
func (c copied) holds(t *testing.T, l loot) string {
	t.Helper()
	found := ""
	for _, dir := range []string{c.data, c.keys} {
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			b, err := os.ReadFile(path)
			for _, n := range [][]byte{l.key, []byte(hex.EncodeToString(l.key)), l.grant} {
				if bytes.Contains(b, n) {
					found = e.Name()
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// bitsOf returns the bits of a code as it is spoken.
func bitsOf(code string) []byte {
	n := new(big.Int)
	for _, digit := range strings.ReplaceAll(code, "-", "")[:19] {
		n.Add(n.Lsh(n, 5), big.NewInt(int64(strings.IndexRune("0123456789ABCDEFGHJKMNPQRSTVWXYZ", digit))))
	}
	return n.FillBytes(make([]byte, 12))
}

func extractKey(t *testing.T, salt string, secret []byte) []byte {
	t.Helper()
	out, err := hkdf.Extract(sha256.New, secret, []byte(salt))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func expandKey(t *testing.T, key []byte, label string) []byte {
	t.Helper()
	out, err := hkdf.Expand(sha256.New, key, "tacit/v1/"+label, 32)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// openSealed returns nil when it does not open.
func openSealed(key, sealed, additional []byte) []byte {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil || len(sealed) < chacha20poly1305.NonceSizeX {
		return nil
	}
	out, err := aead.Open(nil, sealed[:chacha20poly1305.NonceSizeX], sealed[chacha20poly1305.NonceSizeX:], additional)
	if err != nil {
		return nil
	}
	return out
}

// checkThief: with the code, a copy from while it lived opens, which is the control;
// one from after its day has neither the key nor the grant, whatever clock it is
// shown.
func checkThief(t *testing.T, before, after copied, code string) {
	t.Helper()
	found, days := before.rob(t, code)
	if days == 0 || before.holds(t, found) == "" {
		t.Fatalf("a copy from while the code lived opens %d days: nothing would be seen", days)
	}
	if _, days := after.rob(t, code); days != 0 {
		t.Errorf("a copy from after its day opens %d days", days)
	}
	if file := after.holds(t, found); file != "" {
		t.Errorf("%s of a copy from after its day has the key of that day, or the grant", file)
	}
}
