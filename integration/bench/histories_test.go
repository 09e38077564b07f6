//go:build linux

package bench

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tacit-telemetry/tacit/integration/bench/archive"
	"github.com/tacit-telemetry/tacit/integration/rig"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// Of the store in which histories are opened.
const (
	archived   = 5_000_000 // pages, of 4.2 kB each; TACIT_PAGES says otherwise
	everKept   = 400       // days
	acquainted = 100       // installations whose ID is known
	longest1   = 1_000_000 // records of one more
)

// library is a store of many pages, and who is known in it.
type library struct {
	*archive.Archive
	store *rig.Daemon
	home  home.Home
}

// openLibrary starts a store, has its directory filled, and starts it again.
func openLibrary(b *testing.B) *library {
	b.Helper()
	count := archived
	if text := os.Getenv("TACIT_PAGES"); text != "" {
		var err error
		if count, err = strconv.Atoi(text); err != nil {
			b.Fatalf("TACIT_PAGES: %v", err)
		}
	}
	keys := filepath.Join(rig.Dir(b), "keys")
	s := rig.StartSplit(b, rig.Plan{Store: rig.Edits{"keys": keys, "retention_days": everKept}})
	data := datadir.Dir(s.Store.Data)
	l := &library{store: s.Store, home: home.Home{Dir: data.Store(), KeysDir: keys, RunDir: data.Run()}}
	s.Store.Interrupt(b)
	began := time.Now()
	var err error
	l.Archive, err = archive.Fill(b.Context(), archive.Plan{
		Dir: l.home.Dir, KeysDir: keys, Pages: count, Today: schema.DayOf(began), Known: acquainted, Long: longest1,
	})
	if err != nil {
		b.Fatal(err)
	}
	took := time.Since(began)
	b.Logf("%d pages written in %v, %.0f a second", count, took.Round(time.Second), float64(count)/took.Seconds())
	s.Store.Start(b)
	s.Store.WaitReady(b)
	return l
}

// open opens a history of so many days back, as desk and command do, and returns
// how long it took to the last record.
func (l *library) open(ctx context.Context, b *testing.B, who uuid.UUID, days int) (*lookup.History, time.Duration) {
	b.Helper()
	began := time.Now()
	source, err := lookup.Open(ctx, l.home)
	if err != nil {
		b.Fatal(err)
	}
	h, err := lookup.Timeline(ctx, source, lookup.SubjectOf(who), lookup.Options{Since: began.AddDate(0, 0, -days), Registry: registry.BaseSet()})
	took := time.Since(began)
	if err != nil || source.Close() != nil || len(h.Records) == 0 {
		b.Fatalf("%d days: %v", days, err)
	}
	return h, took
}

// BenchmarkHistories reports how long it takes to open the history of one
// installation in a store of millions of pages, from its ID to the last record.
func BenchmarkHistories(b *testing.B) {
	l := openLibrary(b)
	for _, days := range []int{90, 400} {
		b.Run("days="+strconv.Itoa(days), func(b *testing.B) {
			var first, again []time.Duration
			records := 0
			for _, times := range []*[]time.Duration{&first, &again} {
				for _, who := range l.Known {
					h, took := l.open(b.Context(), b, who, days)
					*times, records = append(*times, took), records+len(h.Records)
				}
			}
			b.Logf("%d records each; first %v; again %v", records/len(l.Known)/2, spreadOf(first), spreadOf(again))
			t := spreadOf(append(first, again...))
			b.ReportMetric(t.p50.Seconds()*1000, "ms-p50")
			b.ReportMetric(t.p99.Seconds()*1000, "ms-p99")
			b.ReportMetric(0, "ns/op")
		})
	}
	b.Run("long", func(b *testing.B) {
		for range 3 {
			h, took := l.open(b.Context(), b, l.Long, 90)
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			b.Logf("%d records on %d pages in %v, heap %d MiB", len(h.Records), h.Pages, took, m.HeapAlloc>>20)
			runtime.KeepAlive(h)
		}
	})
	b.Logf("the store had %d MiB", highest(l.store.PID()))
}
