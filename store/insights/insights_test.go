package insights

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/registry/example"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/rollup"
)

const today = schema.Day(20779) // 2026-11-22, a Sunday

// memory is rows in memory, with the merges of a store.
type memory map[db.Table]map[string][]byte

func (m memory) fold(t interface{ Fatal(...any) }, f codec.Fragment) {
	rows, err := rollup.Fold(&f)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if m[r.Table] == nil {
			m[r.Table] = map[string][]byte{}
		}
		v, err := r.Merge(m[r.Table][string(r.Key)], r.Value)
		if err != nil {
			t.Fatal(err)
		}
		m[r.Table][string(r.Key)] = v
	}
}

// Scan implements rollup.Reader.
func (m memory) Scan(_ context.Context, _ schema.Month, t db.Table, prefix []byte, each func(key, value []byte) error) error {
	var keys []string
	for k := range m[t] {
		if strings.HasPrefix(k, string(prefix)) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	for _, k := range keys {
		if err := each([]byte(k), m[t][k]); err != nil {
			return err
		}
	}
	return nil
}

// known is the registry of the example.
func known(t interface{ Fatal(...any) }) *registry.Set {
	reg, err := registry.Overlay(nil, example.Files()...)
	if err != nil {
		t.Fatal(err)
	}
	set, err := registry.NewSet(reg)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func asked(t *testing.T, m memory) *Insights {
	t.Helper()
	in, err := New(Config{Rows: m, Registry: known(t), Today: func() schema.Day { return today }})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// host is one installation on one day: what it reports over version and system.
type host struct {
	day         schema.Day
	version, os string
	first       codec.First
	values      []codec.Measure
}

func (h host) fragment() codec.Fragment {
	return codec.Fragment{
		Day: h.day, Release: 1, First: h.first, Values: h.values,
		Facets: []codec.Pair{{Name: "service.version", Value: h.version}, {Name: "os.type", Value: h.os}},
	}
}

const newToday = codec.FirstToday | codec.FirstThisWeek | codec.FirstThisMonth

func used(n uint64) codec.Measure {
	return codec.Measure{Metric: "finder.menu.used", Labels: []codec.Pair{{Name: "menu", Value: "open"}}, Count: n, Sum: int64(n)}
}

func took(buckets ...uint64) codec.Measure {
	v := codec.Measure{
		Metric: "finder.operation.duration", Labels: []codec.Pair{{Name: "operation", Value: "search"}}, Buckets: make([]uint64, 11),
	}
	copy(v.Buckets, buckets)
	for _, n := range buckets {
		v.Count += n
	}
	v.Sum = int64(v.Count) * 20_000
	return v
}

func answer(t *testing.T, in *Insights, metric string, days int, by ...string) Answer {
	t.Helper()
	a, err := in.Answer(t.Context(), Question{Metric: metric, By: by, Days: days})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// TestThreshold: one installation fewer than the roll-up wants, and nothing is
// said but that; and then rounded numbers.
func TestThreshold(t *testing.T) {
	m := memory{}
	for range 19 {
		m.fold(t, host{today, "5.3.1", "linux", newToday, []codec.Measure{used(1000)}}.fragment())
	}
	in := asked(t, m)
	if got, want := text(answer(t, in, "finder.menu.used", 7, "service.version").Cells), `[{"facets":["5.3.1"],"fewer_than":20}]`; got != want {
		t.Errorf("of 19: %s, want %s", got, want)
	}
	for range 27 {
		m.fold(t, host{today, "5.3.1", "linux", newToday, []codec.Measure{used(1)}}.fragment())
	}
	got := text(answer(t, in, "finder.menu.used", 7, "service.version").Cells)
	want := `[{"facets":["5.3.1"],"installations":40,"installation_days":40,"series":[{"labels":{"menu":"open"},"events":19000}]}]`
	if got != want {
		t.Errorf("of 46: %s, want %s", got, want)
	}
}

// TestOneInstallationIsNoCrowd: who comes on many days, in several weeks and
// under several versions is counted once.
func TestOneInstallationIsNoCrowd(t *testing.T) {
	m := memory{}
	for back := range schema.Day(40) {
		d := today - back
		first := codec.FirstToday
		if d.Time().Weekday() == time.Monday {
			first |= codec.FirstThisWeek
		}
		if d.Time().Day() == 1 {
			first |= codec.FirstThisMonth
		}
		for _, version := range []string{"5.2.0", "5.3.0", "5.3.1", "4.0.0"} {
			for range 6 {
				m.fold(t, host{d, version, "linux", first, []codec.Measure{used(9)}}.fragment())
			}
		}
	}
	for _, by := range [][]string{nil, {"os.type"}, {"service.version"}} {
		for _, c := range answer(t, asked(t, m), "finder.menu.used", 40, by...).Cells {
			if c.Fewer != 20 || c.Installations != 0 || c.Series != nil {
				t.Errorf("by %v: six installations are shown as %s", by, text(c))
			}
		}
	}
}

// TestManyDaysMakeACrowd: those who come one after another within a month are
// different ones, and so are those of several systems.
func TestManyDaysMakeACrowd(t *testing.T) {
	m := memory{}
	for back := range schema.Day(20) {
		m.fold(t, host{today - back, "5.3.1", "linux", codec.FirstToday | codec.FirstThisMonth, []codec.Measure{used(5)}}.fragment())
		m.fold(t, host{today - back, "5.3.1", "windows", codec.FirstToday | codec.FirstThisMonth, []codec.Measure{used(5)}}.fragment())
	}
	c := answer(t, asked(t, m), "finder.menu.used", 30, "service.version").Cells[0]
	if c.Installations != 40 || c.Series[0].Events != 200 {
		t.Errorf("%s", text(c))
	}
	for _, c := range answer(t, asked(t, m), "finder.menu.used", 30, "os.type").Cells {
		if c.Installations != 20 || c.Series[0].Events != 100 {
			t.Errorf("%s", text(c))
		}
	}
	if got := answer(t, asked(t, m), "finder.menu.used", 10).Cells; len(got) != 1 || got[0].Installations != 20 {
		t.Errorf("of ten days: %s", text(got))
	}
}

// TestSeriesOfFewEvents: what fewer than N events were of is not of N installations.
func TestSeriesOfFewEvents(t *testing.T) {
	m := memory{}
	for i := range 100 {
		v := []codec.Measure{used(1)}
		if i == 0 {
			v = append(v, codec.Measure{Metric: "finder.error", Labels: []codec.Pair{{Name: "value", Value: "disk_full"}}, Count: 19})
		}
		m.fold(t, host{today, "5.3.1", "linux", newToday, v}.fragment())
	}
	got := text(answer(t, asked(t, m), "finder.error", 7).Cells)
	want := `[{"facets":[],"installations":100,"installation_days":100,"series":[{"labels":{"value":"disk_full"},"fewer_than":20}]}]`
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestSpread: quartiles in whole buckets, in the order of versions as numbers.
func TestSpread(t *testing.T) {
	m := memory{}
	for range 25 {
		m.fold(t, host{today, "5.10.0", "linux", newToday, []codec.Measure{took(0, 1, 9, 21, 10, 2, 1)}}.fragment())
		m.fold(t, host{today, "5.9.0", "linux", newToday, []codec.Measure{took(0, 10)}}.fragment())
	}
	a := answer(t, asked(t, m), "finder.operation.duration", 7, "service.version")
	if len(a.Cells) != 2 || a.Cells[0].Facets[0] != "5.9.0" || a.Unit != "us" || a.From != "2026-11-16" || a.To != "2026-11-22" {
		t.Fatalf("%s", text(a))
	}
	got := a.Cells[1].Series[0]
	want := Spread{
		Median: Range{10_000, 50_000}, Middle: Range{10_000, 100_000}, Most: Range{5_000, 500_000},
		Shares: []float64{0, 0.02, 0.2, 0.48, 0.23, 0.05, 0.02, 0, 0, 0, 0},
	}
	if text(got.Spread) != text(want) || got.Events != 1100 || got.Mean != 20_000 {
		t.Errorf("%s, want %s", text(got), text(want))
	}
	if got := a.Cells[0].Series[0].Spread.Middle; got != (Range{1_000, 5_000}) {
		t.Errorf("of 5.9.0: %+v", got)
	}
}

// TestRefusals: each says what there is instead.
func TestRefusals(t *testing.T) {
	in := asked(t, memory{})
	for _, tt := range []struct {
		q    Question
		is   error
		text string
	}{
		{Question{"menu.used", nil, 7}, ErrNoMetric, "there is finder.menu.used"},
		{Question{"finder.menu.used", []string{"country"}, 7}, ErrNoRollup, "service.version,os.type or service.version,finder.edition"},
		{Question{"exception", nil, 7}, ErrNoRollup, "for pages only"},
		{Question{"finder.menu.used", nil, 0}, nil, "1 to 400"},
		{Question{"finder.menu.used", nil, 401}, nil, "1 to 400"},
	} {
		_, err := in.Answer(t.Context(), tt.q)
		if err == nil || tt.is != nil && !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%+v: %v, want %v, %q", tt.q, err, tt.is, tt.text)
		}
	}
}

// TestPopulation: all metrics by version, kept for a while.
func TestPopulation(t *testing.T) {
	m := memory{}
	for range 20 {
		m.fold(t, host{today - 29, "5.3.1", "linux", newToday, []codec.Measure{took(0, 10), used(1)}}.fragment())
		m.fold(t, host{today - 30, "5.3.1", "linux", newToday, []codec.Measure{used(1000)}}.fragment())
	}
	in := asked(t, m)
	now := time.Unix(0, 0)
	in.cfg.Now = func() time.Time { return now }
	p, err := in.Population(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	menu, ok := p.Of("finder.menu.used")
	if _, none := p.Of("finder.menu"); !ok || none || len(menu.Cells) != 1 || menu.Cells[0].Series[0].Events != 20 {
		t.Errorf("%s", text(menu))
	}
	m.fold(t, host{today, "5.3.1", "linux", newToday, []codec.Measure{used(1000)}}.fragment())
	now = now.Add(9 * time.Second)
	if again, err := in.Population(t.Context()); err != nil || again != p {
		t.Error("it was gathered anew", err)
	}
	now = now.Add(2 * time.Second)
	if again, err := in.Population(t.Context()); err != nil || again == p {
		t.Error("it was not gathered anew", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	in.turn <- struct{}{}
	if _, err := in.Population(ended); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// slowRows wait before they are read.
type slowRows struct {
	memory
	asked, begin chan struct{}
}

// Scan implements rollup.Reader.
func (s *slowRows) Scan(ctx context.Context, m schema.Month, t db.Table, prefix []byte, each func(key, value []byte) error) error {
	select {
	case s.asked <- struct{}{}:
	default:
	}
	<-s.begin
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.memory.Scan(ctx, m, t, prefix, each)
}

// TestPopulationGoesOn: who does not wait has begun it for the next one.
func TestPopulationGoesOn(t *testing.T) {
	rows := &slowRows{memory: memory{}, asked: make(chan struct{}, 1), begin: make(chan struct{})}
	in, err := New(Config{Rows: rows, Registry: known(t), Today: func() schema.Day { return today }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-rows.asked; cancel() }()
	if _, err := in.Population(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("who does not wait: %v", err)
	}
	close(rows.begin)
	in.turn <- struct{}{} // the first gathering has ended
	if in.kept.population == nil {
		t.Error("it did not go on")
	}
	<-in.turn
}

// TestNoDifferenceTellsOne: whatever a crowd does, one installation more changes
// no number of installations by less than N, and none by another number. What is
// shown is N at least.
func TestNoDifferenceTellsOne(t *testing.T) {
	for least := uint64(5); least <= 200; least++ {
		for n := range uint64(20_000) {
			if err := oneMore(n, least); err != nil {
				t.Fatal(err)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n, least := rapid.Uint64Range(0, 1<<40).Draw(t, "n"), rapid.Uint64Range(5, 1000).Draw(t, "least")
		for power := uint64(1); power <= n; power *= 10 { // where the digits change
			if err := errors.Join(oneMore(n/power*power, least), oneMore(n/power*power-1, least)); err != nil {
				t.Error(err)
			}
		}
	})
}

// oneMore says what is wrong with what is shown of n and of one more.
func oneMore(n, least uint64) error {
	for name, f := range map[string]func(uint64, uint64) uint64{"down": down, "rounded": rounded} {
		a, b := f(n, least), f(n+1, least)
		if a > n || b < a || b != a && b-a < least || n >= least && a < least {
			return fmt.Errorf("%s: %d and %d become %d and %d, with steps of %d", name, n, n+1, a, b, least)
		}
	}
	return nil
}

// TestChangedBuckets: what was counted by other bounds is counted, and not spread.
func TestChangedBuckets(t *testing.T) {
	files := example.Files()
	for i := range files {
		files[i].Data = []byte(strings.ReplaceAll(string(files[i].Data), "\nrelease: 1\n", "\nrelease: 2\n"))
		files[i].Data = []byte(strings.Replace(string(files[i].Data), "buckets: [1_000, 5_000,", "buckets: [2_000, 5_000,", 1))
	}
	second, err := registry.Overlay(nil, files...)
	if err != nil {
		t.Fatal(err)
	}
	set, err := registry.NewSet(known(t).Newest(), second)
	if err != nil {
		t.Fatal(err)
	}
	m := memory{}
	for range 30 {
		f := host{today, "5.3.1", "linux", newToday, []codec.Measure{took(0, 10)}}.fragment()
		m.fold(t, f)
		f.Release = 2
		f.Values = []codec.Measure{took(0, 0, 0, 10)}
		m.fold(t, f)
	}
	in, err := New(Config{Rows: m, Registry: set, Today: func() schema.Day { return today }})
	if err != nil {
		t.Fatal(err)
	}
	s := answer(t, in, "finder.operation.duration", 7).Cells[0].Series[0]
	if s.Events != 600 || s.Spread.Middle != (Range{10_000, 50_000}) {
		t.Error(text(s))
	}
}

// TestConfigurationCountsInstallations: what holds is counted once a day, and a
// series of it has as many installations as the best of its days.
func TestConfigurationCountsInstallations(t *testing.T) {
	m := memory{}
	for back := range schema.Day(10) {
		for i := range 50 {
			edition := "community"
			if i < 19 {
				edition = "enterprise"
			}
			m.fold(t, codec.Fragment{
				Day: today - back, Release: 1, First: codec.FirstToday,
				Facets: []codec.Pair{{Name: "finder.edition", Value: "standard"}, {Name: "finder.deployment", Value: "hosted"}},
				Values: []codec.Measure{{Metric: "finder.edition", Labels: []codec.Pair{{Name: "value", Value: edition}}, Count: 1}},
			})
		}
	}
	c := answer(t, asked(t, m), "finder.edition", 10, "finder.deployment").Cells[0]
	if got := fmt.Sprint(c.Series[0].Events, c.Series[1].Fewer); got != "20 20" {
		t.Errorf("%s: %s", got, text(c))
	}
}
