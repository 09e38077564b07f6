package pages

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
)

// keysDir is a directory that is its owner's only.
func keysDir(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "keys")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func openLedger(t *testing.T, dir string) *Ledger {
	t.Helper()
	l, err := OpenLedger(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// some returns n tombstones of a month, made from a seed.
func some(seed uint64, m schema.Month, n int) []Buried {
	r := rand.New(rand.NewPCG(seed, 0))
	out := make([]Buried, n)
	for i := range out {
		out[i].Month = m
		for j := range out[i].Tombstone {
			out[i].Tombstone[j] = byte(1 + r.IntN(255))
		}
	}
	return out
}

func add(t *testing.T, l *Ledger, all ...[]Buried) {
	t.Helper()
	for _, b := range all {
		if left, err := l.Append(nil, b); left != 0 || err != nil {
			t.Fatal(err)
		}
	}
}

// want wants a ledger to have all of these.
func want(t *testing.T, l *Ledger, has bool, all ...[]Buried) {
	t.Helper()
	for i, bs := range all {
		for _, b := range bs {
			if l.Has(b.Month, b.Tombstone) != has {
				t.Errorf("a tombstone of list %d is there: %v", i, !has)
				return
			}
		}
	}
}

const month = schema.Month(2026*12 + 10)

func TestTheLedgerRemembers(t *testing.T) {
	dir := keysDir(t)
	l := openLedger(t, dir)
	if l.Mark() != (Mark{}) {
		t.Error("an empty ledger has a mark")
	}
	a, b, c := some(1, month, 3), some(2, month+1, 5000), some(3, month, 20)
	add(t, l, a, append(b, c...), nil)
	size, mark := l.size, l.Mark()
	add(t, l, c, a) // again: nothing to write
	if l.size != size || l.Mark() != mark || l.Tombstones() != len(a)+len(b)+len(c) {
		t.Error("what is there already was written again")
	}
	for range 2 {
		want(t, l, true, a, b, c)
		want(t, l, false, some(4, month, 20), []Buried{{month + 1, a[0].Tombstone}})
		l = openLedger(t, dir)
	}
	if l.Mark() != mark {
		t.Error("a restart changes the mark")
	}
	if got, n, torn, err := CheckLedger(dir); err != nil || got != mark || n != l.Tombstones() || torn != 0 {
		t.Errorf("checked: %+v, %d, %d, %v", got, n, torn, err)
	}
	if _, n, _, err := CheckLedger(keysDir(t)); n != 0 || err != nil {
		t.Errorf("a ledger that was never begun: %d, %v", n, err)
	}
}

// TestTornEnd cuts the ledger at every byte, as a power cut may: what was
// confirmed before the last append is there, and appending goes on.
func TestTornEnd(t *testing.T) {
	dir := keysDir(t)
	l := openLedger(t, dir)
	a, b := some(1, month, 5), some(2, month, 3)
	add(t, l, a)
	before, mark := l.size, l.Mark()
	add(t, l, b)
	whole := readLedger(t, dir)
	for end := before; end < int64(len(whole)); end++ {
		for _, torn := range [][]byte{
			whole[:end],
			append(bytes.Clone(whole[:end]), make([]byte, 100)...), // the file was made longer, and not written
		} {
			dir := keysDir(t)
			writeLedger(t, dir, torn)
			l := openLedger(t, dir)
			if l.Mark() != mark {
				t.Fatalf("cut at byte %d of %d: %d frames", end, len(whole), l.Mark().Frames)
			}
			want(t, l, true, a)
			add(t, l, b)
			want(t, openLedger(t, dir), true, a, b)
			if len(readLedger(t, dir)) != len(whole) {
				t.Fatalf("cut at byte %d: what was appended then differs", end)
			}
		}
	}
	for end := range int(before) { // the very first append
		dir := keysDir(t)
		writeLedger(t, dir, whole[:end])
		l := openLedger(t, dir)
		add(t, l, a)
		want(t, openLedger(t, dir), true, a)
	}
}

// TestFlippedBits flips every bit once: it is noticed, and never taken for a torn
// end.
func TestFlippedBits(t *testing.T) {
	dir := keysDir(t)
	l := openLedger(t, dir)
	add(t, l, some(1, month, 2), some(2, month+1, 3))
	frames := readLedger(t, dir)
	if err := l.Settle(); err != nil {
		t.Fatal(err)
	}
	add(t, l, some(3, month, 1))
	for _, whole := range [][]byte{frames, readLedger(t, dir)} {
		flip(t, dir, whole)
	}
}

func flip(t *testing.T, dir string, whole []byte) {
	t.Helper()
	for i := range len(whole) * 8 {
		flipped := bytes.Clone(whole)
		flipped[i/8] ^= 1 << (i % 8)
		l := &Ledger{months: map[schema.Month]*buried{}}
		if err := l.read(bytes.NewReader(flipped), int64(len(flipped))); !errors.Is(err, ErrLedger) {
			t.Fatalf("bit %d of byte %d: %v", i%8, i/8, err)
		}
		if i%8 != 0 { // of each byte one is enough for the file
			continue
		}
		writeLedger(t, dir, flipped)
		_, err := OpenLedger(dir, nil)
		if !errors.Is(err, ErrLedger) {
			t.Fatalf("bit %d of byte %d: %v", i%8, i/8, err)
		}
		if !bytes.Equal(readLedger(t, dir), flipped) {
			t.Fatalf("bit %d: a damaged ledger was changed", i)
		}
	}
}

func TestMarks(t *testing.T) {
	for _, settled := range []int{0, 1, 2, 5} { // after so many
		t.Run(fmt.Sprint(settled), func(t *testing.T) { testMarks(t, settled) })
	}
}

func testMarks(t *testing.T, settled int) {
	dir := keysDir(t)
	l := openLedger(t, dir)
	marks := []Mark{l.Mark()}
	for i := range 6 {
		add(t, l, some(uint64(i), month+schema.Month(i/2), 3))
		marks = append(marks, l.Mark())
		if settled > 0 && (i+1)%settled == 0 {
			if err := l.Settle(); err != nil {
				t.Fatal(err)
			}
		}
	}
	old := readLedger(t, dir)
	check := func(l *Ledger, name string, covered int) {
		t.Helper()
		for i, m := range marks {
			if err := l.Covers(m); (err == nil) != (i < covered) || err != nil && !errors.Is(err, ErrOlder) {
				t.Errorf("%s: mark %d: %v", name, i, err)
			}
		}
	}
	check(l, "whole", 7)
	if err := l.Forget(month + 1); err != nil { // frames 1 and 2
		t.Fatal(err)
	}
	check(l, "forgotten", 7)
	want(t, l, false, some(0, month, 3), some(1, month, 3))
	want(t, l, true, some(2, month+1, 3), some(5, month+2, 3))
	add(t, l, some(9, month, 1)) // late, of a month that is forgotten next
	if err := l.Forget(month + 2); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		check(l, "forgotten more", 7)
		want(t, l, true, some(5, month+2, 3))
		if l.Tombstones() != 6 || l.Mark().Frames != 7 {
			t.Errorf("%d tombstones, %d frames", l.Tombstones(), l.Mark().Frames)
		}
		l = openLedger(t, dir)
	}
	if len(readLedger(t, dir)) >= len(old) {
		t.Error("forgetting frees nothing")
	}
	if err := l.Forget(month + 9); err != nil || l.Tombstones() != 0 {
		t.Errorf("%v, %d tombstones", err, l.Tombstones())
	}
	check(openLedger(t, dir), "all forgotten", 7)
	add(t, l, some(1, month+9, 1))
	check(openLedger(t, dir), "and gone on", 7)

	if settled == 0 {
		writeLedger(t, dir, old[:int64(ledgerHeaderLen)+3*int64(ledgerFrameLen+48)])
		check(openLedger(t, dir), "an older copy", 4)
	}
	other := openLedger(t, keysDir(t))
	add(t, other, some(1, month, 1))
	check(other, "another store's", 1)
}

// TestOtherBranch: a ledger that was put back and went on differently is not the
// one that a backup was made with.
func TestOtherBranch(t *testing.T) {
	dir := keysDir(t)
	l := openLedger(t, dir)
	add(t, l, some(1, month, 3))
	old := readLedger(t, dir)
	add(t, l, some(2, month, 3))
	mark := l.Mark()
	writeLedger(t, dir, old)
	l = openLedger(t, dir)
	add(t, l, some(3, month, 3), some(4, month, 3))
	for range 2 {
		if err := l.Covers(mark); !errors.Is(err, ErrOlder) {
			t.Errorf("%v", err)
		}
		if err := l.Settle(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLedgerFull(t *testing.T) {
	l := openLedger(t, keysDir(t))
	l.count = maxTombstones
	if _, err := l.Append(some(1, month, 1), nil); !errors.Is(err, ErrLedgerFull) || l.size != 0 {
		t.Errorf("%v", err)
	}
	l.count = maxAhead - 3
	there, ahead := some(2, month, 2), some(3, month, 2)
	if left, err := l.Append(there, ahead); left != 2 || err != nil {
		t.Errorf("%d are left, %v", left, err)
	}
	want(t, l, true, there)
	want(t, l, false, ahead)
	for again, left := range []int{0, 1} { // one fits, and comes again beside one that does not
		if got, err := l.Append(there, ahead[:1+again]); got != left || err != nil {
			t.Errorf("%d are left, %v, want %d", got, err, left)
		}
	}
	want(t, l, true, ahead[:1])
}

func readLedger(t *testing.T, dir string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, LedgerFile))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func writeLedger(t *testing.T, dir string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, LedgerFile), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// FuzzLedger gives any bytes: they are refused, or are a ledger, which is whole
// without its torn end.
func FuzzLedger(f *testing.F) {
	l, err := OpenLedger(keysDir(f), nil)
	if err == nil {
		_, err = l.Append(some(1, month, 2), nil)
	}
	if err == nil {
		_, err = l.Append(some(2, month+1, 3), nil)
	}
	if err != nil {
		f.Fatal(err)
	}
	frames, err := os.ReadFile(l.path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(frames)
	if err := l.Settle(); err != nil {
		f.Fatal(err)
	}
	if _, err := l.Append(some(3, month, 1), nil); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(l.path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add([]byte{})
	read := func(b []byte) (*Ledger, error) {
		l := &Ledger{months: map[schema.Month]*buried{}}
		return l, l.read(bytes.NewReader(b), int64(len(b)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := read(b)
		if err != nil {
			if !errors.Is(err, ErrLedger) {
				t.Error(err)
			}
			return
		}
		if l.size > int64(len(b)) || int64(l.count*len(Tombstone{})) > l.size {
			t.Fatalf("%d tombstones, %d of %d bytes", l.count, l.size, len(b))
		}
		again, err := read(b[:l.size])
		if err != nil || again.Mark() != l.Mark() || again.count != l.count || again.size != l.size {
			t.Errorf("without its torn end: %+v, %v", again.Mark(), err)
		}
	})
}
