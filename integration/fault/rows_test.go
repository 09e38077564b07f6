package fault

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// rowsVariable names the directory that a process of the test's own reads.
const rowsVariable = "TACIT_FAULT_ROWS"

// rowTables are the first bytes of the rows that somebody was promised. Beside
// them a database keeps books of its own.
const rowTables = "pbmif"

// halfContent says what lies in a half: how many rows, and a hash of all of them.
type halfContent struct {
	Rows int
	Hash string
}

// readRows reads every row of a store that nobody uses, by the half that it lies
// in, without Tacit: in a process of its own, because a damaged database can end
// the one that reads it. With an error, the rows cannot be read.
func readRows(t *testing.T, data string) (map[string]halfContent, error) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestReadRows$")
	c.Env = append(os.Environ(), rowsVariable+"="+filepath.Join(data, "store"))
	text, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("read rows: %v: %.600s", err, text)
	}
	var out map[string]halfContent
	_, err = fmt.Sscanf(string(text), "rows %q", &text)
	if err != nil {
		return nil, fmt.Errorf("read rows: %w: %.600s", err, text)
	}
	return out, json.Unmarshal(text, &out)
}

// TestReadRows is that process, and no test.
func TestReadRows(t *testing.T) {
	dir := os.Getenv(rowsVariable)
	if dir == "" {
		t.Skip("it is for a process of a test's own")
	}
	halves, err := filepath.Glob(filepath.Join(dir, "2*", "*", "MANIFEST"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]halfContent{}
	for _, manifest := range halves {
		half := filepath.Dir(manifest)
		name, err := filepath.Rel(dir, half)
		if err != nil {
			t.Fatal(err)
		}
		if out[name], err = readHalf(half); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	b, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("rows %q\n", b)
}

// readHalf reads one database, whatever its versions mean.
func readHalf(dir string) (out halfContent, err error) {
	opt := badger.DefaultOptions(dir).WithReadOnly(true).WithLogger(nil).WithMetricsEnabled(false).
		WithChecksumVerificationMode(options.OnTableAndBlockRead).WithValueLogFileSize(1 << 20)
	db, err := badger.OpenManaged(opt)
	if err != nil {
		return out, err
	}
	defer db.Close()
	txn := db.NewTransactionAt(math.MaxUint64, false)
	defer txn.Discard()
	it := txn.NewIterator(badger.DefaultIteratorOptions)
	defer it.Close()
	h := sha256.New()
	for it.Rewind(); it.Valid(); it.Next() {
		key := it.Item().Key()
		if strings.IndexByte(rowTables, key[0]) < 0 {
			continue
		}
		err := it.Item().Value(func(value []byte) error {
			fmt.Fprintf(h, "%q %q\n", key, value)
			return nil
		})
		if err != nil {
			return out, err
		}
		out.Rows++
	}
	out.Hash = hex.EncodeToString(h.Sum(nil))
	return out, nil
}
