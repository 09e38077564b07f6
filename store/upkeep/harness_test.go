package upkeep

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/calendar"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/ingest"
	"github.com/tacit-telemetry/tacit/store/pages"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// house is a real store on disk, without the process that fills it.
type house struct {
	t         testing.TB
	dir, keys string
	today     schema.Day
	box       *secret.Box
	rows      *db.DB
	ledger    *pages.Ledger
	up        *Upkeep
	root      page.Root
	right     map[int]page.Erasure // of the pages by number
}

// oldBuild and newBuild are who makes the pages, in turn.
var (
	oldBuild = page.Build{Release: 3, Version: "0.1.0"}
	newBuild = page.Build{Release: 4, Version: "0.2.0"}
)

func newHouse(t testing.TB) *house {
	t.Helper()
	dir := t.TempDir()
	h := &house{
		t: t, dir: filepath.Join(dir, "store"), keys: filepath.Join(dir, "keys"),
		today: schema.DayOf(time.Now()), root: page.NewRoot([16]byte{1, 2, 3}), right: map[int]page.Erasure{},
	}
	h.open(false)
	return h
}

// open opens what is there; a new store when it is not to be an existing one.
func (h *house) open(existing bool) {
	h.t.Helper()
	var err error
	if h.box, err = secret.Open(h.keys, nil); err != nil {
		h.t.Fatal(err)
	}
	h.rows, err = db.Open(db.Config{Dir: h.dir, Secrets: h.box, Existing: existing})
	if err != nil {
		h.t.Fatal(err)
	}
	rows := h.rows
	h.t.Cleanup(func() { _ = rows.Close() }) // closed twice is closed
	if !existing {
		h.makeKeys()
	}
	if h.ledger, err = pages.OpenLedger(h.keys, nil); err != nil {
		h.t.Fatal(err)
	}
	h.up, err = New(Config{Dir: h.dir, DB: h.rows, Secrets: h.box, Ledger: h.ledger, Today: h.on})
	if err != nil {
		h.t.Fatal(err)
	}
}

// makeKeys makes the keys that a store has when it was started.
func (h *house) makeKeys() {
	h.t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err == nil {
		err = h.box.Write(ingest.VendorFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	}
	if err == nil {
		_, err = ingest.OpenKeyring(h.box, false, h.on())
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// on is what a calendar says that has no doubt.
func (h *house) on() calendar.Today { return calendar.On(h.today) }

func (h *house) close() {
	h.t.Helper()
	if err := h.rows.Close(); err != nil {
		h.t.Fatal(err)
	}
}

// day spreads pages over three months.
func (h *house) day(n int) schema.Day { return h.today - schema.Day(n%3)*31 }

// fill stores pages first up to last, every other one of the old build, and
// one sum.
func (h *house) fill(first, last int) {
	h.t.Helper()
	batches := map[schema.Month][]db.Batch{}
	for n := first; n < last; n++ {
		d := h.day(n)
		batches[d.Month()] = append(batches[d.Month()], h.page(n))
	}
	for m, b := range batches {
		if err := h.rows.Commit(h.t.Context(), db.Group{Month: m, Batches: b}); err != nil {
			h.t.Fatal(err)
		}
	}
	sum := db.Row{Table: db.Measures, Key: []byte("a sum of its own"), Value: []byte{1}, Merge: func(old, added []byte) ([]byte, error) {
		return append(old, added...), nil
	}}
	id := schema.NewBatchID()
	batch := db.Batch{sum, {Table: db.SumBatches, Key: id[:], Value: make([]byte, 16)}}
	if err := h.rows.Commit(h.t.Context(), db.Group{Month: h.today.Month(), Batches: []db.Batch{batch}}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) page(n int) db.Batch { return h.pageOf(n, []byte("page")) }

// pageOf returns the rows of page n with that content.
func (h *house) pageOf(n int, plain []byte) db.Batch {
	h.t.Helper()
	build := oldBuild
	if n%2 == 1 {
		build = newBuild
	}
	d := h.day(n)
	p, err := page.Seal(h.root, d, uint32(n), build, plain)
	keys, err2 := h.rows.Keys(d.Month())
	if err := errors.Join(err, err2); err != nil {
		h.t.Fatal(err)
	}
	id := schema.NewBatchID()
	row, err := pages.Row(keys, p, id)
	if err != nil {
		h.t.Fatal(err)
	}
	h.right[n] = h.root.Erasure(d, uint32(n))
	return db.Batch{row, {Table: db.PageBatches, Key: id[:], Value: make([]byte, 16)}}
}

// has says whether page n is there.
func (h *house) has(n int) bool {
	h.t.Helper()
	found := false
	ask := pages.Ask{Day: h.day(n), Tag: h.right[n].Tag}
	unread, err := pages.New(h.rows, nil).Get(h.t.Context(), []pages.Ask{ask}, func(pages.Found) error { found = true; return nil })
	if err != nil || len(unread) > 0 {
		h.t.Fatalf("ask for page %d: %v, unread %v", n, err, unread)
	}
	return found
}

// count returns how many of the first pages are there.
func (h *house) count(pages int) (there int) {
	h.t.Helper()
	for n := range pages {
		if h.has(n) {
			there++
		}
	}
	return there
}

// erase erases page n as its owner would.
func (h *house) erase(n int) {
	h.t.Helper()
	e, err := pages.NewEraser(h.t.Context(), pages.EraserConfig{Rows: h.rows, Ledger: h.ledger, Dir: h.dir, Today: h.on})
	if err != nil {
		h.t.Fatal(err)
	}
	if got, err := e.Erase(h.t.Context(), []page.Erasure{h.right[n]}); got.Pages != 1 || err != nil {
		h.t.Fatalf("erase page %d: %+v, %v", n, got, err)
	}
}

// backup writes a backup and returns its path.
func (h *house) backup() string {
	h.t.Helper()
	path := filepath.Join(h.t.TempDir(), "tacit.backup")
	_, err := WriteBackup(h.t.Context(), h.up, path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return path
}

// restore makes a store of a backup with this one's keys, and opens it in place
// of h.
func (h *house) restore(file string, verify bool) (Restored, error) {
	h.t.Helper()
	h.close()
	dir := filepath.Join(h.t.TempDir(), "store")
	box, err := secret.Open(h.keys, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	r, err := Restore(context.WithoutCancel(h.t.Context()), RestoreConfig{File: file, Dir: dir, Secrets: box, Verify: verify}, nil)
	if err == nil {
		h.dir = dir
	}
	h.open(true)
	return r, err
}
