package fault

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// derived is X(k, label) of the protocol's section 1.
func derived(t *testing.T, key []byte, label string) []byte {
	t.Helper()
	out, err := hkdf.Expand(sha256.New, key, "tacit/v1/"+label, 32)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// keyed is M(k, message) of the protocol's section 1, the half that is used.
func keyed(key []byte, message []byte) string {
	h := hmac.New(sha256.New, key)
	h.Write(message)
	return string(h.Sum(nil)[:16])
}

func u32(n int64) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

// numbers is how many numbers of each day are looked for: far more than any
// installation of these tests gives to its pages.
const numbers = 32

// filed returns what the rows of installations begin with in a month, by
// sections 2 and 5 of the protocol.
func filed(t *testing.T, index []byte, month time.Time, ids []string) map[string]string {
	t.Helper()
	owner := map[string]string{}
	for _, id := range ids {
		raw, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
		if err != nil {
			t.Fatal(err)
		}
		root, err := hkdf.Extract(sha256.New, raw, []byte("tacit/v1"))
		if err != nil {
			t.Fatal(err)
		}
		for day := month; day.Month() == month.Month(); day = day.AddDate(0, 0, 1) {
			tags := derived(t, derived(t, root, "day"+string(u32(day.Unix()/daySeconds))), "tag")
			for n := range int64(numbers) {
				owner[keyed(index, []byte(keyed(tags, u32(n))))] = id
			}
		}
	}
	return owner
}

// pageRows is what lies in a store: the batches of each installation's pages, and
// the batches that the store knows again.
type pageRows struct {
	batches map[string][]string
	known   map[string]bool
}

// count counts an installation's rows, and those that know batches of a list.
func (p pageRows) count(id string, batches []string) (n int) {
	for _, b := range batches {
		if p.known[b] {
			n++
		}
	}
	return n + len(p.batches[id])
}

// readPages reads what a store that does not run holds of installations, with
// Badger, its months' secret, and the documented forms alone.
func readPages(t *testing.T, data, keys string, ids ...string) pageRows {
	t.Helper()
	var file struct {
		Oldest string
		Secret []byte
	}
	b, err := os.ReadFile(filepath.Join(keys, "months.json"))
	if err == nil {
		err = json.Unmarshal(b, &file)
	}
	month, bad := time.Parse("2006-01", file.Oldest)
	if err != nil || bad != nil {
		t.Fatalf("read the months' secret: %v, %v", err, bad)
	}
	out := pageRows{batches: map[string][]string{}, known: map[string]bool{}}
	secret, found := file.Secret, 0
	for ; month.Before(time.Now().AddDate(0, 2, 0)); month = month.AddDate(0, 1, 0) {
		dir := filepath.Join(data, "store", month.Format("2006-01"), "pages")
		if _, err := os.Stat(filepath.Join(dir, "MANIFEST")); err == nil {
			out.read(t, dir, filed(t, derived(t, secret, "index"), month, ids))
			found++
		}
		secret = derived(t, secret, "next")
	}
	if all, _ := filepath.Glob(filepath.Join(data, "store", "2*", "pages", "MANIFEST")); found == 0 || len(all) != found {
		t.Fatalf("%d months of pages are read and %d are there", found, len(all))
	}
	return out
}

// read reads the pages of one month.
func (p *pageRows) read(t *testing.T, dir string, owner map[string]string) {
	t.Helper()
	db, err := badger.OpenManaged(badger.DefaultOptions(dir).WithReadOnly(true).WithLogger(nil).WithMetricsEnabled(false))
	if err != nil {
		t.Fatalf("open pages: %v", err)
	}
	defer db.Close()
	txn := db.NewTransactionAt(math.MaxUint64, false)
	defer txn.Discard()
	rows := txn.NewIterator(badger.IteratorOptions{})
	defer rows.Close()
	for rows.Rewind(); rows.Valid(); rows.Next() {
		switch key := rows.Item().KeyCopy(nil); {
		case key[0] == 'p' && len(key) == 1+16+16:
			if id, ok := owner[string(key[1:17])]; ok {
				p.batches[id] = append(p.batches[id], string(key[17:]))
			}
		case key[0] == 'b' && len(key) == 1+16:
			p.known[string(key[1:])] = true
		}
	}
}
