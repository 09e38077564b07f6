package db

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

// addTo is a Merge that keeps the length of what is there and counts in its first
// byte, as sums with long histograms do.
func addTo(old, added []byte) ([]byte, error) {
	if old == nil {
		return added, nil
	}
	value := bytes.Clone(old)
	value[0] += added[0]
	return value, nil
}

func longSum(i, size int) Row {
	value := make([]byte, size)
	value[0] = 1
	return Row{Table: Measures, Key: fmt.Appendf(nil, "a measure with a name and labels %06d", i), Value: value, Merge: addTo}
}

// TestAGroupOfSmallChangesToLongSums: what counts for the size of a transaction is
// what is written, and that is the whole sum.
func TestAGroupOfSmallChangesToLongSums(t *testing.T) {
	const sums, each = 4000, 100
	d := open(t, t.TempDir())
	for round, size := range []int{300, 8, 8} { // of what is added
		var batches []Batch
		for i := 0; i < sums; i += each {
			b := Batch{longSum(sums, size), {Table: SumBatches, Key: fmt.Appendf(nil, "%d %d", round, len(batches)), Value: []byte("x")}}
			for j := range each {
				b = append(b, longSum(i+j, size))
			}
			batches = append(batches, b)
		}
		commit(t, d, nov, batches...)
	}
	for i, want := range map[int]byte{0: 3, 1: 3, sums - 1: 3, sums: byte(3 * sums / each % 256)} {
		if v, _, err := d.Get(nov, Measures, longSum(i, 1).Key); err != nil || len(v) != 300 || v[0] != want {
			t.Errorf("sum %d: %d bytes, %v; want 300 and %d", i, len(v), v[:1], want)
		}
	}
	checkReport(t, d, nov, Report{Sums: Findings{Rows: sums + 1 + 3*sums/each}})
}

// TestABatchOfLongSumsIsNeverSplit: a batch that is too long only as it is written
// is refused whole, and what was before it stays.
func TestABatchOfLongSumsIsNeverSplit(t *testing.T) {
	d := open(t, t.TempDir())
	var long Batch
	for i := range 20 {
		commit(t, d, nov, Batch{longSum(i, 60<<10)})
		long = append(long, longSum(i, 1))
	}
	err := d.Commit(t.Context(), Group{Month: nov, Batches: []Batch{{longSum(0, 1)}, long}})
	if !errors.Is(err, ErrTooBig) {
		t.Errorf("20 sums of 60 KiB at once: %v", err)
	}
	for i, want := range []byte{2, 1, 1} {
		if v, _, err := d.Get(nov, Measures, longSum(i, 1).Key); err != nil || v[0] != want {
			t.Errorf("sum %d: %v, %v; want %d", i, v[:1], err, want)
		}
	}
	checkReport(t, d, nov, Report{Sums: Findings{Rows: 20}})
}
