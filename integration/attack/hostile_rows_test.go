package attack

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/dgraph-io/badger/v4"
	"github.com/fxamacker/cbor/v2"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// holding is what a stopped store holds: values, and of pages their hashes, by
// half and key. The first byte of a key says what the row is.
type holding map[string]map[string][]byte

// holdings reads a copy of a store's directory.
func (w *hostileWorld) holdings(t testing.TB) holding {
	t.Helper()
	out := holding{"pages": {}, "sums": {}}
	halves, err := filepath.Glob(filepath.Join(w.store.Data, "store", "20??-??", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, half := range halves {
		if rows := out[filepath.Base(half)]; rows != nil {
			readHalf(t, half, rows)
		}
	}
	return out
}

func readHalf(t testing.TB, dir string, into map[string][]byte) {
	t.Helper()
	work := filepath.Join(t.TempDir(), "half")
	if err := os.CopyFS(work, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	pages := filepath.Base(dir) == "pages"
	open := badger.Open
	begin := func(db *badger.DB) *badger.Txn { return db.NewTransaction(false) }
	if pages {
		open, begin = badger.OpenManaged, func(db *badger.DB) *badger.Txn { return db.NewTransactionAt(1<<62, false) }
	}
	db, err := open(badger.DefaultOptions(work).WithLogger(nil))
	if err != nil {
		t.Fatal(err)
	}
	txn := begin(db)
	it := txn.NewIterator(badger.DefaultIteratorOptions)
	for it.Rewind(); it.Valid(); it.Next() {
		value, err := it.Item().ValueCopy(nil)
		if err != nil {
			t.Fatal(err)
		}
		if pages {
			hash := sha256.Sum256(value)
			value = hash[:]
		}
		into[string(it.Item().Key())] = value
	}
	it.Close()
	txn.Discard()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// rows counts the rows of one kind.
func (h holding) rows(half, kind string) (n int) {
	for key := range h[half] {
		if strings.HasPrefix(key, kind) {
			n++
		}
	}
	return n
}

// added counts the rows of a half that are new or different.
func (h holding) added(half string, before holding) (n int) {
	for key, value := range h[half] {
		if was, ok := before[half][key]; !ok || !bytes.Equal(was, value) {
			n++
		}
	}
	return n
}

// changed counts those, and the rows that are gone.
func (h holding) changed(half string, before holding) int {
	n := h.added(half, before)
	for key := range before[half] {
		if _, ok := h[half][key]; !ok {
			n++
		}
	}
	return n
}

// sum is what the roll-ups of one version of one agent say, over all days.
type sum struct{ count, total uint64 }

// sums reads the roll-up of what debtors offer. Its key begins with the day and
// the release, and goes on with facets, metric and label (store/rollup).
func (h holding) sums(t testing.TB, version string) (out sum) {
	t.Helper()
	want := []byte{2}
	for _, text := range []string{"service.version", version, "os.type", runtime.GOOS} {
		want = append(binary.BigEndian.AppendUint16(want, uint16(len(text))), text...)
	}
	const metric = "tacit.operation.duration"
	want = append(binary.BigEndian.AppendUint16(want, uint16(len(metric))), metric...)
	want = append(want, 1)
	for _, text := range []string{"operation", "commit"} {
		want = append(binary.BigEndian.AppendUint16(want, uint16(len(text))), text...)
	}
	for key, value := range h["sums"] {
		if key[0] != 'm' || len(key) < 9 || key[9:] != string(want) {
			continue
		}
		var m struct {
			_                struct{} `cbor:",toarray"`
			Form, Count, Sum uint64
			Buckets          []uint64
		}
		if err := cbor.Unmarshal(value, &m); err != nil {
			t.Fatal(err)
		}
		out.count, out.total = out.count+m.Count, out.total+m.Sum
	}
	return out
}

// balance is what the store has too much and too little of.
type balance struct{ pages, extra, lost int }

// checkPages opens every agent's timeline, while the store runs.
func (w *hostileWorld) checkPages(t testing.TB) (b balance) {
	t.Helper()
	for _, d := range w.agents {
		tl := rig.Lookup(t, w.store.Data, rig.ID(t, d.Data))
		b.pages += tl.Pages
		if tl.Damaged+tl.Unknown > 0 {
			t.Errorf("agent %d: %d pages are damaged, %d records are not understood", d.n, tl.Damaged, tl.Unknown)
		}
		times := map[string]map[int64]int{}
		for _, r := range tl.Records {
			if r.Metric != "tacit.operation.duration" || r.Labels["operation"] != "commit" {
				continue
			}
			if times[r.Version] == nil {
				times[r.Version] = map[int64]int{}
			}
			times[r.Version][int64(r.Value.(float64))]++
			if !d.owed[r.Version][int64(r.Value.(float64))] {
				b.extra++
			}
		}
		for version, values := range d.owed {
			for value := range values {
				b.extra += max(0, times[version][value]-1)
				b.lost += max(0, 1-times[version][value])
			}
		}
	}
	return b
}

// checkSums compares the roll-ups with what every agent was told to count.
func (w *hostileWorld) checkSums(t testing.TB, h holding) (b balance) {
	t.Helper()
	for _, d := range w.agents {
		for version, values := range d.owed {
			want := sum{count: uint64(len(values))}
			for value := range values {
				want.total += uint64(value)
			}
			got := h.sums(t, version)
			b.extra += max(0, int(got.count)-int(want.count))
			b.lost += max(0, int(want.count)-int(got.count))
			if got != want {
				t.Errorf("the sums of %s are %+v, want %+v", version, got, want)
			}
		}
	}
	return b
}

// onDisk is how many bytes the store's rows take.
func (w *hostileWorld) onDisk(t testing.TB) (n int64) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(w.store.Data, "store"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "ballast" {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
