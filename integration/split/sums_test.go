package split

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/dgraph-io/badger/v4"
	"github.com/fxamacker/cbor/v2"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// sum is what a metric adds up to, over all facets and labels.
type sum struct{ count, sum int64 }

// sumsOf ends a store and adds up what it holds, by metric: read with Badger, and
// from the documented form of the rows.
func sumsOf(t *testing.T, store *rig.Daemon) map[string]sum {
	t.Helper()
	if _, code := store.Interrupt(t); code != 0 {
		t.Fatalf("the store ended with %d: %s", code, store.Text())
	}
	halves, err := filepath.Glob(filepath.Join(store.Data, "store", "????-??", "sums"))
	if err != nil || len(halves) == 0 {
		t.Fatalf("no sums below the store's directory: %v", err)
	}
	out := map[string]sum{}
	for _, half := range halves {
		if err := addSums(half, out); err != nil {
			t.Fatalf("read sums: %v", err)
		}
	}
	return out
}

// addSums adds up the measures of one month.
func addSums(half string, out map[string]sum) error {
	rows, err := badger.Open(badger.DefaultOptions(half).WithReadOnly(true).WithLogger(nil))
	if err != nil {
		return err
	}
	return errors.Join(rows.View(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{PrefetchValues: true, Prefix: []byte("m")})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			metric, err := metricOf(it.Item().Key())
			if err != nil {
				return err
			}
			var value struct {
				_       struct{} `cbor:",toarray"`
				Form    int
				Count   int64
				Sum     int64
				Buckets []uint64
			}
			if err := it.Item().Value(func(b []byte) error { return cbor.Unmarshal(b, &value) }); err != nil {
				return err
			}
			out[metric] = sum{out[metric].count + value.Count, out[metric].sum + value.Sum}
		}
		return nil
	}), rows.Close())
}

// metricOf reads the key of a measure: "m", day, release, facets, and then the
// metric.
func metricOf(key []byte) (string, error) {
	const head = 1 + 4 + 4
	if len(key) <= head {
		return "", fmt.Errorf("a key of %d bytes", len(key))
	}
	texts, rest, text := 2*int(key[head]), key[head+1:], ""
	for range texts + 1 {
		if len(rest) < 2 || len(rest) < 2+int(binary.BigEndian.Uint16(rest)) {
			return "", errors.New("a key that ends too early")
		}
		n := 2 + int(binary.BigEndian.Uint16(rest))
		text, rest = string(rest[2:n]), rest[n:]
	}
	return text, nil
}
