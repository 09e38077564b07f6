package intake_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// TestHugeNumbers: a host that counts a lot is bounded, and loses no other
// measure of the fragment by it.
func TestHugeNumbers(t *testing.T) {
	h := newHouse(t)
	h.take(facts()...)
	for range 6 {
		h.take(record("lines.read", schema.Number(1_000_000_000)), record("cache.size", schema.Number(math.MaxInt64)))
	}
	_, fragments := h.gather()
	for i := range fragments {
		if err := h.reg.CheckFragment(&fragments[i]); err != nil {
			t.Error(err)
		}
	}
	if got, _ := measure(fragments, "service.version", "lines.read"); got.Count != registry.MaxCount || got.Sum != 6_000_000_000 {
		t.Errorf("lines.read: %+v, want the count at its bound", got)
	}
	if got, _ := measure(fragments, "service.version", "cache.size"); got.Count != 6 || got.Sum != math.MaxInt64 {
		t.Errorf("cache.size: %+v, want the sum at its bound", got)
	}
}

func TestPagesAreBounded(t *testing.T) {
	h := newHouse(t)
	noise := func() string { return fmt.Sprintf("%016x%016x", rand.Uint64(), rand.Uint64()) }
	h.intake = intake.New(func() intake.Config {
		c := h.config(h.spool)
		c.Treater = asIs{}
		return c
	}())
	total := 0
	for range 6 {
		var records []schema.Record
		for i := range 200 {
			text := ""
			for range 20 {
				text += noise()
			}
			r := record("crash", schema.Text(text))
			r.Time = monday.Unix() - int64((i*7919)%1000)
			records = append(records, r)
		}
		h.take(records...)
		total += len(records)
	}
	if _, err := h.intake.Gather(t.Context()); err != nil {
		t.Fatal(err)
	}
	batches := h.pending()
	for _, b := range batches {
		if b.Kind == envelope.Page && (len(b.Plain) > page.MaxPlain || len(b.Plain) > page.Capacity && b.Records > 1) {
			t.Errorf("a page of %d bytes for %d records is larger than it need be", len(b.Plain), b.Records)
		}
	}
	pages, _ := h.decode(batches)
	last, got := int64(0), 0
	for i, p := range pages {
		if batches[i].Records != len(p.Records) {
			t.Errorf("a page of %d records, said to be %d", len(p.Records), batches[i].Records)
		}
		for _, r := range p.Records {
			if r.Time < last {
				t.Fatal("records are not in time order")
			}
			last = r.Time
		}
		got += len(p.Records)
	}
	if got != total {
		t.Errorf("%d records on pages, %d were taken", got, total)
	}
}

// asIs is a treater that leaves records as they are.
type asIs struct{}

func (asIs) Apply(r schema.Record) (schema.Record, error) { return r, nil }

// TestManyMeasures: a product of many metrics and labels fits its envelopes,
// and nothing of it is left out.
func TestManyMeasures(t *testing.T) {
	h := newHouse(t)
	h.reg = wide(t)
	h.intake = intake.New(h.config(h.spool))
	h.take(facts()[0])
	want := map[string]bool{}
	for _, m := range h.reg.Metrics[2:] {
		for _, v := range m.Labels[0].Values {
			took := func(most int64) schema.Record { // what nothing compresses
				return record(m.Name, schema.Number(rand.Int64N(most)), label(m.Labels[0].Name, v))
			}
			h.take(took(1e9), took(32), took(32), took(32), took(32))
			want[m.Name+v] = true
		}
	}
	if _, err := h.intake.Gather(t.Context()); err != nil {
		t.Fatal(err)
	}
	batches := h.pending()
	for _, b := range batches {
		if len(b.Plain) > wire.SentBucket-wire.ContentHeaderLen {
			t.Errorf("a %s of %d bytes does not fit the one size that is sent", b.Kind, len(b.Plain))
		}
	}
	_, fragments := h.decode(batches)
	var first codec.First
	for i := range fragments {
		f := &fragments[i]
		if err := h.reg.CheckFragment(f); err != nil {
			t.Error(err)
		}
		if first&f.First != 0 {
			t.Errorf("two fragments of a tuple say that they are the first: %b and %b", first, f.First)
		}
		first |= f.First
		for _, v := range f.Values {
			if len(v.Labels) == 1 {
				delete(want, v.Metric+v.Labels[0].Value)
			}
		}
	}
	if len(want) != 0 {
		t.Errorf("%d measures are in no fragment", len(want))
	}
	if first != codec.FirstToday|codec.FirstThisWeek|codec.FirstThisMonth|codec.FirstEver {
		t.Errorf("first bits %b", first)
	}
}

// wide is a registry with more measures than one fragment or envelope takes.
func wide(t *testing.T) *registry.Registry {
	t.Helper()
	head, _, ok := bytes.Cut(registryYAML, []byte("  - name: host.memory"))
	if !ok {
		t.Fatal("the test's registry changed")
	}
	out := bytes.NewBuffer(bytes.Clone(head))
	for m := range 8 {
		fmt.Fprintf(out, `  - name: wide.m%02d
    description: Of the tests.
    category: performance
    programme: ceip
    level: standard
    type: duration
    unit: us
    treatment: keep
    buckets: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30]
    labels:
      - name: which
        description: Of the tests.
        treatment: keep
        values: [`, m)
		for v := range 80 {
			fmt.Fprintf(out, "value_%d_of_many_that_are_all_rather_long_as_such_words_may_be, ", v)
		}
		fmt.Fprint(out, `last]
    rollups: [{facets: [service.version, os.type]}]
    page: true
    owner: role of the tests
    purpose: To test.
    review: https://example.com/reviews/1
    since: 1
    expires: never
`)
	}
	reg, err := registry.Parse("wide.yaml", out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return reg
}
