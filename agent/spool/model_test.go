//go:build unix

package spool

import (
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// TestModel compares the spool with a plain list over random operations,
// restarts included.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := Config{Dir: filepath.Join(t.TempDir(), "spool"), MaxBytes: 256 << 10, Disk: hasty{}}
		s := open(t, c)
		var (
			uncut   = []string{}
			pending = map[schema.BatchID]bool{}
		)
		rt.Repeat(map[string]func(*rapid.T){
			"append": func(rt *rapid.T) {
				r := rapid.StringN(1, 8, -1).Draw(rt, "record")
				if err := s.Append(rt.Context(), []byte(r)); err != nil {
					rt.Fatal(err)
				}
				uncut = append(uncut, r)
			},
			"cut": func(rt *rapid.T) {
				_, through, _, _ := s.Uncut()
				b := Batch{ID: schema.NewBatchID(), Kind: envelope.Page, Day: schema.DayOf(time.Now()), Records: len(uncut)}
				if err := s.Cut(rt.Context(), Cut{Through: through, Batches: []Batch{b}}); err != nil {
					rt.Fatal(err)
				}
				uncut, pending[b.ID] = []string{}, true
			},
			"release": func(rt *rapid.T) {
				for id := range pending {
					if err := s.Release(rt.Context(), id, wire.Stored); err != nil {
						rt.Fatal(err)
					}
					delete(pending, id)
					break
				}
			},
			"restart": func(rt *rapid.T) {
				if err := s.Close(); err != nil {
					rt.Fatal(err)
				}
				s = open(t, c)
			},
			"": func(rt *rapid.T) {
				if got := texts(s); !reflect.DeepEqual(got, uncut) {
					rt.Fatalf("uncut %q, want %q", got, uncut)
				}
				for _, b := range s.Pending() {
					if !pending[b.ID] {
						rt.Fatal("a released batch is back")
					}
				}
				if len(s.Pending()) != len(pending) {
					rt.Fatalf("%d pending, want %d", len(s.Pending()), len(pending))
				}
			},
		})
	})
}
