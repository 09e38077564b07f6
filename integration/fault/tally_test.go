package fault

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
	"testing"

	"github.com/dgraph-io/badger/v4"
	"github.com/fxamacker/cbor/v2"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// tally compares what was accepted with what a store holds of it, once in
// pages and once in sums.
type tally struct{ accepted, lost, double int }

// stored counts the records of one agent's products by their values, of which
// each has its own.
func stored(tl rig.Timeline) map[int64]int {
	times := map[int64]int{}
	for _, r := range tl.Records {
		if v, ok := r.Value.(float64); ok && r.Version == reporter {
			times[int64(v)]++
		}
	}
	return times
}

// pages compares an agent's ledger with its timeline, and returns what the sums
// have to be: a record that got no answer may be kept or not, but then in both.
func (c *tally) pages(t *testing.T, ledger *rig.Ledger, tl rig.Timeline) (want sums) {
	t.Helper()
	ledger.CheckExact(t, tl)
	accepted, times := ledger.Accepted(), stored(tl)
	c.accepted += len(accepted)
	for _, v := range accepted {
		if times[v] == 0 {
			c.lost++
		}
	}
	for v, n := range times {
		c.double += n - 1
		want.count, want.sum = want.count+1, want.sum+v
	}
	if len(accepted) < 10 {
		t.Fatalf("only %d records were accepted: nothing was tested", len(accepted))
	}
	return want
}

// rollups compares the sums of a store that does not run with what they have to
// be.
func (c *tally) rollups(t *testing.T, store string, want sums) {
	t.Helper()
	got := readSums(t, store)
	c.lost += max(0, int(want.count-got.count))
	c.double += max(0, int(got.count-want.count))
	if got != want {
		t.Errorf("sums are of %d records that add up to %d, want %d and %d", got.count, got.sum, want.count, want.sum)
	}
}

// sums is what the records of the reporting products add up to.
type sums struct{ count, sum int64 }

func (s sums) plus(o sums) sums { return sums{s.count + o.count, s.sum + o.sum} }

// readSums adds up what a store holds below its directory of the products that
// report here, in all months: it is read with Badger and from the documented
// form of the rows.
func readSums(t *testing.T, dir string) (total sums) {
	t.Helper()
	halves, err := filepath.Glob(filepath.Join(dir, "????-??", "sums"))
	if err != nil || len(halves) == 0 {
		t.Fatalf("no sums below the store's directory: %v", err)
	}
	for _, half := range halves {
		b, err := badger.Open(badger.DefaultOptions(half).WithReadOnly(true).WithLogger(nil))
		if err != nil {
			t.Fatalf("open sums: %v", err)
		}
		err = b.View(func(txn *badger.Txn) error {
			rows := txn.NewIterator(badger.IteratorOptions{PrefetchValues: true, Prefix: []byte("m")})
			defer rows.Close()
			for rows.Rewind(); rows.Valid(); rows.Next() {
				if !reported(rows.Item().Key()) {
					continue
				}
				one, err := measured(rows.Item())
				if err != nil {
					return err
				}
				total = total.plus(one)
			}
			return nil
		})
		if err != nil {
			t.Fatalf("read sums: %v", err)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return total
}

// measured reads a measure: [form, count, sum, [count by bucket]].
func measured(row *badger.Item) (one sums, err error) {
	var value struct {
		_       struct{} `cbor:",toarray"`
		Form    int
		Count   int64
		Sum     int64
		Buckets []uint64
	}
	err = row.Value(func(b []byte) error { return cbor.Unmarshal(b, &value) })
	return sums{value.Count, value.Sum}, err
}

// reported says whether the key of a measure is of the durations that the
// products report here: their version is among its facets.
func reported(key []byte) bool {
	text := func(words ...string) (b []byte) {
		for _, s := range words {
			b = append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
		}
		return b
	}
	return bytes.Contains(key, text("service.version", reporter)) && bytes.Contains(key, text("tacit.operation.duration"))
}
