package attack

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
	"golang.org/x/crypto/chacha20poly1305"
)

// This thief is written from the protocol's pages alone (sections 1, 2 and 5).

const (
	tagLen     = 16
	witnessLen = 16
	numbers    = 24 // page numbers of a day that he tries
	farthest   = 80 // bytes into a row where he looks for a sealed page
)

// expand is X(k, label).
func expand(t testing.TB, key []byte, label string) []byte {
	t.Helper()
	out, err := hkdf.Expand(sha256.New, key, "tacit/v1/"+label, 32)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func mac(key, message []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write(message)
	return m.Sum(nil)
}

func u32(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

// candidate is a page that an installation may have sent: what it is filed
// under, and what opens it.
type candidate struct {
	day               uint32
	tag, witness, key []byte
}

// candidates returns the pages that the installation may have sent around
// today.
func candidates(t testing.TB, id []byte) (out []candidate) {
	t.Helper()
	root, err := hkdf.Extract(sha256.New, id, []byte("tacit/v1"))
	if err != nil {
		t.Fatal(err)
	}
	today := uint32(time.Now().Unix() / 86400)
	for day := today - 1; day <= today+1; day++ {
		dayKey := expand(t, root, "day"+string(u32(day)))
		tags, pages := expand(t, dayKey, "tag"), expand(t, dayKey, "page")
		for n := range uint32(numbers) {
			right := mac(expand(t, root, "erase"), append(u32(day), u32(n)...))
			witness := sha256.Sum256(append([]byte("tacit/v1/w"), right...))
			out = append(out, candidate{
				day: day, tag: mac(tags, u32(n))[:tagLen], witness: witness[:witnessLen],
				key: expand(t, pages, "n"+string(u32(n))),
			})
		}
	}
	return out
}

// unseal opens SEAL: the nonce stands before the sealed bytes.
func unseal(key, sealed, additional []byte) ([]byte, bool) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil || len(sealed) < aead.NonceSize()+aead.Overhead() {
		return nil, false
	}
	plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], additional)
	return plain, err == nil
}

// opens says whether a page's sealed part begins somewhere near the beginning
// of these bytes, and opens.
func (c candidate) opens(b []byte) bool {
	additional := bytes.Join([][]byte{[]byte("page"), c.tag, u32(c.day), c.witness}, nil)
	for at := range min(farthest, len(b)) {
		if _, ok := unseal(c.key, b[at:], additional); ok {
			return true
		}
	}
	return false
}

// row is a row of the stolen store.
type row struct {
	month      string
	key, value []byte
}

// rows reads every row of every month. Badger's files are no secret.
func rows(t testing.TB, store string) (out []row) {
	t.Helper()
	months, err := filepath.Glob(filepath.Join(store, "20??-??"))
	if err != nil || len(months) == 0 {
		t.Fatalf("the stolen store has %d months, %v", len(months), err)
	}
	for _, month := range months {
		db, err := badger.Open(badger.DefaultOptions(month).WithLogger(nil))
		if err != nil {
			t.Fatal(err)
		}
		err = db.View(func(txn *badger.Txn) error {
			it := txn.NewIterator(badger.DefaultIteratorOptions)
			defer it.Close()
			for it.Rewind(); it.Valid(); it.Next() {
				value, err := it.Item().ValueCopy(nil)
				if err != nil {
					return err
				}
				out = append(out, row{filepath.Base(month), it.Item().KeyCopy(nil), value})
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// robWithoutKeys counts the rows that open with an ID and nothing else, and
// the files that show what the ID files a page under.
func robWithoutKeys(t testing.TB, all []row, files [][]byte, id []byte) (opened int) {
	t.Helper()
	for _, c := range candidates(t, id) {
		for _, r := range all {
			if c.opens(r.value) || c.opens(append(append([]byte{}, r.key...), r.value...)) {
				opened++
			}
		}
		for _, f := range files {
			if bytes.Contains(f, c.tag) || bytes.Contains(f, c.witness) {
				opened++
			}
		}
	}
	return opened
}

// robWithKeys counts the pages that open with an ID and the store's secrets.
func robWithKeys(t testing.TB, all []row, keys string, id []byte) (opened int) {
	t.Helper()
	index, wrap := map[string][]byte{}, map[string][]byte{}
	for month, secret := range monthSecrets(t, keys) {
		index[month], wrap[month] = expand(t, secret, "index"), expand(t, secret, "wrap")
	}
	for _, c := range candidates(t, id) {
		for _, r := range all {
			prefix := append(mac(index[r.month], c.tag)[:16], u32(c.day)...)
			if r.key[0] != 'p' || !bytes.HasPrefix(r.key[1:], prefix) {
				continue
			}
			if plain, ok := unseal(wrap[r.month], r.value, r.key[1:]); ok && bytes.HasPrefix(plain, c.witness) && c.opens(plain) {
				opened++
			}
		}
	}
	return opened
}

// monthSecrets returns S of the oldest month and of those after it.
func monthSecrets(t testing.TB, keys string) map[string][]byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(keys, "months.json"))
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Oldest string `json:"oldest"`
		Secret []byte `json:"secret"`
	}
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatal(err)
	}
	month, err := time.Parse("2006-01", f.Oldest)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for range 6 {
		out[month.Format("2006-01")] = f.Secret
		f.Secret, month = expand(t, f.Secret, "next"), month.AddDate(0, 1, 0)
	}
	return out
}
