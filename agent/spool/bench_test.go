//go:build unix

package spool

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// BenchmarkRecords is the way of a record through the spool, synced: appended
// by several callers, cut into batches of 4 KiB, loaded, assigned and released.
func BenchmarkRecords(b *testing.B) {
	for _, n := range []int{1, 10, 500} {
		b.Run(fmt.Sprintf("%d_a_call", n), func(b *testing.B) {
			s := open(b, Config{Dir: filepath.Join(b.TempDir(), "spool"), MaxBytes: 64 << 20})
			records := make([][]byte, n)
			for i := range records {
				records[i] = bytes.Repeat([]byte("r"), 60)
			}
			b.ReportAllocs()
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for left := 0; pb.Next(); left-- {
					if left > 0 {
						continue
					}
					if err := s.Append(b.Context(), records...); err != nil {
						b.Error(err)
					}
					left = n
				}
			})
			for more := true; more; {
				more = drain(b, s)
			}
		})
	}
}

// drain cuts and releases what waits.
func drain(b *testing.B, s *Spool) (more bool) {
	kept, through, more, err := s.Uncut()
	if err != nil {
		b.Fatal(err)
	}
	c := Cut{Through: through}
	for part := 0; part < len(kept); part += 60 {
		c.Batches = append(c.Batches, Batch{ID: schema.NewBatchID(), Kind: envelope.Page, Records: 60, Plain: make([]byte, 3600)})
	}
	if err := s.Cut(b.Context(), c); err != nil {
		b.Fatal(err)
	}
	for _, x := range c.Batches {
		if _, _, err := s.Load(x.ID); err != nil {
			b.Fatal(err)
		}
		if err := s.Release(b.Context(), x.ID, wire.Stored); err != nil {
			b.Fatal(err)
		}
	}
	return more
}
