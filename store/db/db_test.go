package db

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/secret"
)

var (
	now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	nov = schema.DayOf(now).Month()
)

// open opens rows in dir until the test ends.
func open(t testing.TB, dir string) *DB {
	t.Helper()
	d, err := Open(Config{Dir: filepath.Join(dir, "data"), Secrets: box(t, filepath.Join(dir, "keys")), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func box(t testing.TB, dir string) *secret.Box {
	t.Helper()
	b, err := secret.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// batch returns a batch of n rows of size bytes whose keys begin with name.
func batch(name string, n, size int) Batch {
	var b Batch
	for i := range n {
		b = append(b, Row{Table: Pages, Key: fmt.Appendf(nil, "%s-%04d", name, i), Value: bytes.Repeat([]byte{byte(i)}, size)})
	}
	return b
}

func commit(t *testing.T, d *DB, m schema.Month, batches ...Batch) {
	t.Helper()
	if err := d.Commit(t.Context(), Group{Month: m, Batches: batches}); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, d *DB, m schema.Month, prefix string) int {
	t.Helper()
	n := 0
	if err := d.Scan(t.Context(), m, Pages, []byte(prefix), func(_, _ []byte) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestCommitSurvivesReopening(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	commit(t, d, nov, batch("a", 3, 10), batch("b", 2, 10))
	commit(t, d, nov-1, batch("a", 1, 10))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = open(t, dir)
	for _, tt := range []struct {
		m      schema.Month
		prefix string
		want   int
	}{{nov, "a", 3}, {nov, "b", 2}, {nov, "", 5}, {nov - 1, "a", 1}, {nov - 2, "", 0}} {
		if got := count(t, d, tt.m, tt.prefix); got != tt.want {
			t.Errorf("%d rows of %q in %s, want %d", got, tt.prefix, tt.m, tt.want)
		}
	}
	value, ok, err := d.Get(nov, Pages, []byte("a-0002"))
	if err != nil || !ok || !bytes.Equal(value, bytes.Repeat([]byte{2}, 10)) {
		t.Errorf("Get: %x, %v, %v", value, ok, err)
	}
	if _, ok, err := d.Get(nov, PageBatches, []byte("a-0002")); ok || err != nil {
		t.Errorf("Get from another table: %v, %v", ok, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "data", (nov - 2).String())); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading made a month: %v", err)
	}
	checkReport(t, d, nov, Report{Pages: Findings{Rows: 5}})
}

func checkReport(t *testing.T, d *DB, m schema.Month, want Report) {
	t.Helper()
	got, err := d.Verify(t.Context(), m, nil)
	if err != nil || got != want {
		t.Errorf("verify %s: %+v, %v; want %+v", m, got, err, want)
	}
}

// sum is a Merge of u64s.
func sum(old, added []byte) ([]byte, error) {
	var n uint64
	if old != nil {
		n = binary.BigEndian.Uint64(old)
	}
	return binary.BigEndian.AppendUint64(nil, n+binary.BigEndian.Uint64(added)), nil
}

// fragment returns a batch that adds one to a sum, with n rows of size bytes.
func fragment(name string, n, size int) Batch {
	b := Batch{{Table: Measures, Key: []byte("sum"), Value: binary.BigEndian.AppendUint64(nil, 1), Merge: sum}}
	for i := range n {
		b = append(b, Row{Table: SumBatches, Key: fmt.Appendf(nil, "%s-%04d", name, i), Value: bytes.Repeat([]byte{byte(i)}, size)})
	}
	return b
}

func TestMergeAddsUpWithinAndAcrossTransactions(t *testing.T) {
	d := open(t, t.TempDir())
	for i := range 5 { // each group is split: a batch holds a third of a transaction
		var bs []Batch
		for j := range 4 {
			bs = append(bs, fragment(fmt.Sprint(i, j), 6, 60<<10))
		}
		commit(t, d, nov, bs...)
	}
	value, _, err := d.Get(nov, Measures, []byte("sum"))
	if err != nil || binary.BigEndian.Uint64(value) != 20 {
		t.Errorf("sum %x, %v; want 20", value, err)
	}
	checkReport(t, d, nov, Report{Sums: Findings{Rows: 5*4*6 + 1}})
	size, err := d.Size()
	if err != nil || size.Rows != 121 || size.Bytes < 120*(60<<10)/100 {
		t.Errorf("size %+v, %v", size, err)
	}
}

func TestABatchThatFitsNoTransactionIsRefused(t *testing.T) {
	d := open(t, t.TempDir())
	for name, b := range map[string]Batch{
		"bytes": batch("a", 65, 64<<10),
		"rows":  batch("a", maxTxnRows+1, 1),
		"value": batch("a", 1, MaxValueLen+1),
		"key":   {{Table: Pages, Key: make([]byte, MaxKeyLen+1)}},
	} {
		if err := d.Commit(t.Context(), Group{Month: nov, Batches: []Batch{b}}); !errors.Is(err, ErrTooBig) {
			t.Errorf("%s: %v, want ErrTooBig", name, err)
		}
	}
}

func TestWhichHalfFailed(t *testing.T) {
	pages, sums := &halfError{PagesHalf, ErrFull}, &halfError{SumsHalf, ErrDamaged}
	for _, tt := range []struct {
		err         error
		pages, sums bool
	}{
		{nil, false, false}, {fmt.Errorf("x: %w", pages), true, false}, {sums, false, true},
		{errors.Join(pages, sums), true, true}, {errors.New("of no half"), true, true},
	} {
		if Failed(tt.err, PagesHalf) != tt.pages || Failed(tt.err, SumsHalf) != tt.sums {
			t.Errorf("%v: not of pages %v, of sums %v", tt.err, tt.pages, tt.sums)
		}
	}
}

func TestFullDiskRefusesAndResumes(t *testing.T) {
	d := open(t, t.TempDir())
	commit(t, d, nov, batch("a", 1, 10))
	free := func(n uint64) {
		d.disk.mu.Lock()
		defer d.disk.mu.Unlock()
		d.disk.free = func(string) (uint64, error) { return n, nil }
	}
	free(DefaultHeadroom - 1)
	err := d.Commit(t.Context(), Group{Month: nov, Batches: []Batch{batch("b", 1, 10)}})
	if !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), nov.String()) {
		t.Fatalf("commit on a full disk: %v", err)
	}
	if n := count(t, d, nov, ""); n != 1 {
		t.Errorf("%d rows after a refused commit, want 1", n)
	}
	if err := d.Commit(t.Context(), Group{Month: nov}); err != nil {
		t.Errorf("an empty group needs no room: %v", err)
	}
	free(1 << 40)
	commit(t, d, nov, batch("b", 1, 10))
}

// snapshot copies dir as a kill would leave it.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(to, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return errors.Join(err, os.Chmod(path, 0o600))
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func TestCommittedRowsOutliveAKill(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	commit(t, d, nov, batch("a", 100, 100))
	killed := open(t, snapshot(t, dir))
	checkReport(t, killed, nov, Report{Pages: Findings{Rows: 100}})
	if got := killed.Damaged(); len(got) != 0 {
		t.Errorf("damaged after a kill: %v", got)
	}
}

func TestALostTailIsNoticed(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	for i := range 20 {
		commit(t, d, nov, batch(fmt.Sprint(i), 1, 100))
	}
	hurt := snapshot(t, dir)
	flip(t, filepath.Join(hurt, "data", nov.String(), "pages", "00001.mem"), "12-0000")
	h := open(t, hurt)
	report, err := h.Verify(t.Context(), nov, nil)
	if p := report.Pages; err != nil || p.Missing == 0 || p.Rows+p.Missing != 20 {
		t.Errorf("verify: %+v, %v", report, err)
	}
	if got := h.Damaged(); len(got) != 1 || got[0] != nov {
		t.Errorf("damaged: %v, want %s", got, nov)
	}
	commit(t, h, nov, batch("new", 1, 10)) // what is left stays in use
}

// flip turns one bit of the value that follows the first place where name
// stands in the file.
func flip(t *testing.T, path, name string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(b, []byte(name))
	if at < 0 {
		t.Fatalf("%q does not stand in %s", name, filepath.Base(path))
	}
	b[at+len(name)+20] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestADamagedMonthNamesItselfAndOthersGoOn(t *testing.T) {
	for name, hurt := range map[string]string{"badger": "2026-11/pages/MANIFEST", "manifest": "2026-11/pages.manifest"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			d := open(t, dir)
			commit(t, d, nov, batch("a", 1, 10))
			commit(t, d, nov-1, batch("a", 1, 10))
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "data", hurt), []byte("this is not what it was"), 0o600); err != nil {
				t.Fatal(err)
			}
			d = open(t, dir)
			_, _, err := d.Get(nov, Pages, []byte("a-0000"))
			if err == nil || !strings.Contains(err.Error(), "month 2026-11") || !strings.Contains(err.Error(), "fix:") {
				t.Errorf("read a damaged month: %v", err)
			}
			if err := d.Commit(t.Context(), Group{Month: nov, Batches: []Batch{batch("b", 1, 1)}}); err == nil {
				t.Error("commit to a damaged month: no error")
			}
			err = d.Commit(t.Context(), Group{Month: nov, Batches: []Batch{batch("b", 1, 1), fragment("f", 1, 1)}})
			if _, ok, _ := d.Get(nov, SumBatches, []byte("f-0000")); !ok || !Failed(err, PagesHalf) || Failed(err, SumsHalf) {
				t.Errorf("commit to both halves: %v; the sound one has its rows: %v", err, ok)
			}
			if n := count(t, d, nov-1, ""); n != 1 {
				t.Errorf("%d rows in the month before, want 1", n)
			}
			if got := d.Damaged(); len(got) != 1 || got[0] != nov {
				t.Errorf("damaged: %v", got)
			}
		})
	}
}

func TestDataAndKeysLieApart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	for _, tt := range [][2]string{
		{dir, dir},
		{dir, filepath.Join(dir, "keys")},
		{filepath.Join(dir, "data"), dir},
		{dir, filepath.Join(link, "keys")},
	} {
		if _, err := Open(Config{Dir: tt[0], Secrets: box(t, tt[1])}); err == nil || !strings.Contains(err.Error(), "within the other") {
			t.Errorf("data %d, keys %d: %v", len(tt[0]), len(tt[1]), err)
		}
	}
	if err := apart(filepath.Join(dir, "store"), filepath.Join(dir, "store-keys")); err != nil {
		t.Errorf("names that begin alike: %v", err)
	}
}

func TestDataWithoutKeysIsNotGivenNewOnes(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	commit(t, d, nov, batch("a", 1, 10))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "keys")); err != nil {
		t.Fatal(err)
	}
	cfg := Config{Dir: filepath.Join(dir, "data"), Secrets: box(t, filepath.Join(dir, "keys"))}
	if _, err := Open(cfg); !errors.Is(err, ErrNoKeys) {
		t.Errorf("open data without keys: %v", err)
	}
	cfg.Existing, cfg.Dir = true, filepath.Join(dir, "nothing")
	if _, err := Open(cfg); !errors.Is(err, ErrNoKeys) {
		t.Errorf("open nothing as existing: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "keys", keysFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Error("new keys were made for old data")
	}
}
