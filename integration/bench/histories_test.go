//go:build linux

package bench

import (
	"context"
	"os"
	"path/filepath"
	"runtime/debug"
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
	archived   = 5_000_000 // pages, which take 4.3 kB of disk each; TACIT_PAGES says otherwise
	everKept   = 400       // days
	acquainted = 101       // installations whose ID is known; the first's history is opened for the months
	longRecord = 1_000_000 // records of one more, all of 90 days
)

// filled is a store of many pages, and who is known in it.
type filled struct {
	*archive.Archive
	store *rig.Daemon
	home  home.Home
}

// openFilled starts a store, fills its directory while it is stopped, and starts
// it again.
func openFilled(b *testing.B) *filled {
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
	l := &filled{store: s.Store, home: home.Home{Dir: data.Store(), KeysDir: keys, RunDir: data.Run()}}
	s.Store.Interrupt(b)
	began := time.Now()
	var err error
	l.Archive, err = archive.Fill(b.Context(), archive.Plan{
		Dir: l.home.Dir, KeysDir: keys, Pages: count, Today: schema.DayOf(began), Known: acquainted, Long: longRecord,
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

// open opens a history of so many days back, as desk and command do.
func (l *filled) open(ctx context.Context, who lookup.Subject, since time.Time) (*lookup.History, error) {
	source, err := lookup.Open(ctx, l.home)
	if err != nil {
		return nil, err
	}
	h, err := lookup.Timeline(ctx, source, who, lookup.Options{Since: since, Registry: registry.BaseSet()})
	if err == nil {
		err = source.Close()
	}
	return h, err
}

// used is the processor time of the store and of this process so far.
func (l *filled) used(b *testing.B) time.Duration {
	return cpu(b, l.store.PID()) + cpu(b, os.Getpid())
}

// BenchmarkHistories reports how long it takes to open the history of one
// installation in a store of millions of pages: from its ID to all of its records
// in order, over the store's socket; and at a desk, from the post of an ID to the
// last byte of the page that says what is wrong. A browser then has to draw it,
// which is not measured here. Beside the time it took is the processor's, which a
// busy machine changes less.
func BenchmarkHistories(b *testing.B) {
	l := openFilled(b)
	for _, days := range []int{90, everKept} {
		b.Run("days="+strconv.Itoa(days), func(b *testing.B) { l.lookUp(b, days) })
	}
	o := openOffice(b, l)
	for _, pid := range []int{l.store.PID(), os.Getpid()} { // what they had until now does not count
		debug.FreeOSMemory()
		if err := os.WriteFile(filepath.Join("/proc", strconv.Itoa(pid), "clear_refs"), []byte("5"), 0); err != nil {
			b.Log(err)
		}
	}
	b.Run("page", func(b *testing.B) { o.look(b, l.Known[:40], 90) })
	b.Run("page-of-400-days", func(b *testing.B) { o.look(b, l.Known[:15], everKept) })
	b.Run("page-of-a-million-records", func(b *testing.B) { o.look(b, []uuid.UUID{l.Long, l.Long, l.Long, l.Long}, 90) })
	b.Logf("at most, the store had %d MiB, mapped files included, and this process, which is the desk, %d MiB", highest(l.store.PID()), highest(os.Getpid()))
}

// lookUp looks everybody up, and again: the second time the store has read the rows
// lately. Before, it opens the months with one lookup more, which is reported apart.
func (l *filled) lookUp(b *testing.B, days int) {
	one := func(who uuid.UUID) (time.Duration, int) {
		began := time.Now()
		h, err := l.open(b.Context(), lookup.SubjectOf(who), began.AddDate(0, 0, -days))
		if err != nil {
			b.Fatal(err)
		}
		return time.Since(began), len(h.Records)
	}
	opening, _ := one(l.Known[0])
	var times [2][]time.Duration
	records, before := 0, l.used(b)
	for i := range times {
		for _, who := range l.Known[1:] {
			took, n := one(who)
			times[i] = append(times[i], took)
			records += n
		}
	}
	n := len(times[0]) + len(times[1])
	b.Logf("%d records each; for the first time %v; again %v", records/n, spreadOf(times[0]), spreadOf(times[1]))
	report(b, append(times[0], times[1]...), l.used(b)-before)
	b.ReportMetric(opening.Seconds()*1000, "ms-opening-months")
}

// report reports how times are spread, and the processor time of each.
func report(b *testing.B, times []time.Duration, cpu time.Duration) {
	t := spreadOf(times)
	b.ReportMetric(t.p50.Seconds()*1000, "ms-p50")
	b.ReportMetric(t.p99.Seconds()*1000, "ms-p99")
	b.ReportMetric(cpu.Seconds()*1000/float64(len(times)), "cpu-ms/op")
	b.ReportMetric(0, "ns/op")
}
