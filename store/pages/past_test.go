package pages

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// TestSettled: once the day is over, nothing in the file tells which tombstones
// came together. Two ledgers with the same tombstones, which came in other company
// and order, are the same but for what is random; and they remember all.
func TestSettled(t *testing.T) {
	a, b := some(1, month, 40), some(2, month+1, 30)
	ways := [][][]Buried{
		{slices.Concat(a[:20], b[:10]), slices.Concat(a[20:], b[10:])},
		{slices.Concat(b[20:], a[10:13]), slices.Concat(a[13:], b[:20], a[:10])},
	}
	var files [2][]byte
	var first [2]durable.Digest
	for i, way := range ways {
		dir := keysDir(t)
		l := openLedger(t, dir)
		add(t, l, way[0])
		early := l.Mark()
		frames, _ := framesOf(a[:5], place{})
		first[i] = frames[0].head
		add(t, l, way[1])
		mark := l.Mark()
		for range 2 { // the second time there is nothing to do
			if err := l.Settle(); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			want(t, l, true, a, b)
			if l.Mark() != mark || l.Covers(early) != nil || l.Tombstones() != 70 {
				t.Errorf("%+v, %d tombstones, want the mark %+v", l.Mark(), l.Tombstones(), mark)
			}
			if got := l.monthsSince(early.Frames); len(got) != 2 {
				t.Errorf("since the first order: %v", got)
			}
			l = openLedger(t, dir)
		}
		if got, n, torn, err := CheckLedger(dir); err != nil || got != mark || n != 70 || torn != 0 {
			t.Errorf("checked: %+v, %d, %d, %v", got, n, torn, err)
		}
		files[i] = readLedger(t, dir)
		heads := files[i][l.heads : l.heads+4*32]
		for j := range heads {
			heads[j] = 0
		}
		clear(files[i][8:24])                               // its ID
		clear(files[i][32:64])                              // the last head
		clear(files[i][len(files[i])-32:])                  // the sum
		for _, last := range []int64{0, monthLen + 40*16} { // the months' last frames
			clear(files[i][l.heads+4*32+last+4:][:8])
		}
	}
	if first[0] == first[1] {
		t.Error("a head says which tombstones it was made of to who tries")
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("the file tells in which company tombstones came")
	}
}

// TestCutPast: a past is written as a whole, so that no end of it is a torn one.
func TestCutPast(t *testing.T) {
	dir := keysDir(t)
	l := openLedger(t, dir)
	add(t, l, some(1, month, 5))
	if err := l.Settle(); err != nil {
		t.Fatal(err)
	}
	whole := readLedger(t, dir)
	for end := ledgerFixedLen; end < len(whole); end++ {
		writeLedger(t, dir, whole[:end])
		if _, err := OpenLedger(dir, nil); !errors.Is(err, ErrLedger) {
			t.Fatalf("cut at byte %d: %v", end, err)
		}
	}
}
