package attack

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"path/filepath"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
	"golang.org/x/crypto/chacha20poly1305"
)

// This thief is written from the documents alone: the protocol's sections 1, 2
// and 5, and what the packages say of pages, rows and secrets.

const (
	tagLen     = 16
	witnessLen = 16
	buildLen   = 28
	numbers    = 96  // page numbers of a day that he tries
	farthest   = 128 // bytes into a row where he looks for a sealed page
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

// open opens a page whose sealed part begins somewhere near the beginning of these
// bytes.
func (c candidate) open(b, build []byte) (page []byte, ok bool) {
	additional := bytes.Join([][]byte{[]byte("page"), c.tag, u32(c.day), c.witness, build}, nil)
	for at := range min(farthest, len(b)) {
		if page, ok = unseal(c.key, b[at:], additional); ok {
			return page, true
		}
	}
	return nil, false
}

// opens says whether it does.
func (c candidate) opens(b, build []byte) bool {
	_, ok := c.open(b, build)
	return ok
}

// row is a row of the stolen store.
type row struct {
	month      string
	key, value []byte
}

// rows reads every row of both halves of every month. Badger's files are no
// secret.
func rows(t testing.TB, store string) (out []row) {
	t.Helper()
	for _, half := range []string{"pages", "sums"} {
		dirs, err := filepath.Glob(filepath.Join(store, "20??-??", half))
		if err != nil || len(dirs) == 0 {
			t.Fatalf("the stolen store has %d months with %s, %v", len(dirs), half, err)
		}
		for _, dir := range dirs {
			out = append(out, rowsOf(t, dir, half == "pages")...)
		}
	}
	return out
}

// rowsOf reads one half: that of the pages is in Badger's managed mode.
func rowsOf(t testing.TB, dir string, managed bool) (out []row) {
	t.Helper()
	open := badger.Open
	if managed {
		open = badger.OpenManaged
	}
	db, err := open(badger.DefaultOptions(dir).WithLogger(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.View(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.DefaultIteratorOptions)
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			value, err := it.Item().ValueCopy(nil)
			if err != nil {
				return err
			}
			out = append(out, row{filepath.Base(filepath.Dir(dir)), it.Item().KeyCopy(nil), value})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// robWithoutKeys counts the rows that open with an ID and nothing else, and
// the files that show what the ID files a page under. The thief has the
// binaries, so he knows what build made the pages.
func robWithoutKeys(t testing.TB, all []row, files [][]byte, id, build []byte) (opened int) {
	t.Helper()
	for _, c := range candidates(t, id) {
		for _, r := range all {
			if c.opens(r.value, build) || c.opens(append(append([]byte{}, r.key...), r.value...), build) {
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

// robWithKeys returns the pages that open with an ID and the store's secrets,
// and the build that made them.
//
//	row key   = M(IX(m), tag)[:16] ‖ batch ID
//	row value = SEAL(WR(m), aad = row key, u32 d ‖ w ‖ build ‖ sealed page)
func robWithKeys(t testing.TB, all []row, secrets map[string][]byte, id []byte) (opened [][]byte, build []byte) {
	t.Helper()
	for _, c := range candidates(t, id) {
		begin := append(u32(c.day), c.witness...)
		for _, r := range all {
			secret, ok := secrets[r.month]
			if !ok || r.key[0] != 'p' || !bytes.HasPrefix(r.key[1:], mac(expand(t, secret, "index"), c.tag)[:16]) {
				continue
			}
			plain, ok := unseal(expand(t, secret, "wrap"), r.value, r.key[1:])
			if !ok || !bytes.HasPrefix(plain, begin) || len(plain) < len(begin)+buildLen {
				continue
			}
			b := plain[len(begin):][:buildLen]
			if page, ok := c.open(plain, b); ok {
				opened, build = append(opened, page), b
			}
		}
	}
	return opened, build
}

// guess counts the rows of fragments whose content somebody confirms who guessed
// it, bit by bit: there are few contents that a small fragment may have. He tries
// what can be made of a content without a secret, and with the secrets that he
// has.
func guess(t testing.TB, all []row, contents [][]byte, secrets map[string][]byte) (confirmed int) {
	t.Helper()
	for _, r := range all {
		if r.key[0] != 'f' {
			continue
		}
		hit := false
		for _, content := range contents {
			for _, made := range fingerprints(t, content, r.key[1:], secrets[r.month]) {
				hit = hit || bytes.Contains(r.value, made[:8])
			}
		}
		if hit {
			confirmed++
		}
	}
	return confirmed
}

// fingerprints are what a store might keep of a content.
func fingerprints(t testing.TB, content, batch, secret []byte) [][]byte {
	t.Helper()
	plain, named, salted := sha256.Sum256(content), sha256.Sum256(append([]byte("tacit/v1/dedupe"), content...)), sha256.Sum256(append(bytes.Clone(batch), content...))
	out := [][]byte{
		content[:8], plain[:], named[:], salted[:], mac(batch, content), mac(nil, content), mac(make([]byte, 32), content),
		mac([]byte("dedupe"), content), mac([]byte("tacit/v1/dedupe"), content),
	}
	for _, weak := range [][]byte{make([]byte, 32), batch} {
		out = append(out, mac(expand(t, weak, "dedupe"), content))
	}
	if secret != nil {
		out = append(out, mac(expand(t, secret, "dedupe"), content))
	}
	return out
}
