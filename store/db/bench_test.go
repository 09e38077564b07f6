package db

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"encoding/binary"
)

// pageBatch returns a page's row of the usual size, and the row that names its
// batch.
func pageBatch(r *rand.ChaCha8) Batch {
	key, value := make([]byte, 36), make([]byte, 4150)
	_, _ = r.Read(key)
	_, _ = r.Read(value)
	return Batch{{Table: Pages, Key: key, Value: value}, {Table: PageBatches, Key: key[20:], Value: value[:16]}}
}

// BenchmarkCommit commits groups of pages; an operation is one page.
func BenchmarkCommit(b *testing.B) {
	for _, size := range []int{64, 512, 4096} {
		b.Run(fmt.Sprintf("group of %d", size), func(b *testing.B) {
			d := open(b, b.TempDir())
			r := rand.NewChaCha8([32]byte{1})
			b.ReportAllocs()
			for done := 0; done < b.N; {
				g := Group{Month: nov}
				for range min(size, b.N-done) {
					g.Batches = append(g.Batches, pageBatch(r))
				}
				if err := d.Commit(b.Context(), g); err != nil {
					b.Fatal(err)
				}
				done += len(g.Batches)
			}
			b.StopTimer()
			s, err := d.Size()
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(s.Bytes)/float64(b.N), "disk-B/op")
		})
	}
}

// BenchmarkFold commits groups of fragments that all change the same sums.
func BenchmarkFold(b *testing.B) {
	d := open(b, b.TempDir())
	r := rand.NewChaCha8([32]byte{1})
	b.ReportAllocs()
	for done := 0; done < b.N; {
		g := Group{Month: nov}
		for range min(512, b.N-done) {
			batch := Batch{}
			for i := range 6 {
				batch = append(batch, Row{Table: Measures, Key: fmt.Appendf(nil, "sum %d", i), Value: binary.BigEndian.AppendUint64(nil, 1), Merge: sum})
			}
			id := make([]byte, 16)
			_, _ = r.Read(id)
			g.Batches = append(g.Batches, append(batch, Row{Table: SumBatches, Key: id, Value: id}))
		}
		if err := d.Commit(b.Context(), g); err != nil {
			b.Fatal(err)
		}
		done += len(g.Batches)
	}
}
