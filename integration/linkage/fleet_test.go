package linkage

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Habits of a fleet, made up but not far from the field: most hosts keep office
// hours, some never sleep, some hardly wake.
const (
	officeShare, serverShare = 0.65, 0.2 // the rest are idle
	sendWindow               = 1.0       // hours, as the agent's
)

// versions are those of the agents out there.
var versions = []string{"1.4.2", "1.5.0", "1.6.0-rc.2"}

// habit is how a host lives.
type habit int

const (
	office habit = iota
	server
	idle
)

// installation is one host.
type installation struct {
	number  int
	root    page.Root
	writer  schema.Writer
	habit   habit
	zone    float64 // hours from UTC
	version string
	system  string
	records int // in a page, about
}

// newFleet makes hosts.
func newFleet(random *rand.Rand, n int) []*installation {
	fleet := make([]*installation, n)
	for i := range fleet {
		h := &installation{
			number: i, root: page.NewRoot([16]byte(schema.NewBatchID())), writer: schema.Writer(schema.NewBatchID()),
			zone:    []float64{-7, 1, 8}[random.IntN(3)],
			version: versions[random.IntN(len(versions))],
			system:  []string{"linux", "windows", "darwin"}[random.IntN(3)],
			habit:   idle, records: 2 + random.IntN(4),
		}
		switch p := random.Float64(); {
		case p < officeShare:
			h.habit, h.records = office, 5+random.IntN(30)
		case p < officeShare+serverShare:
			h.habit, h.records = server, 20+random.IntN(60)
		}
		fleet[i] = h
	}
	return fleet
}

// sending is one envelope of one day.
type sending struct {
	from *installation
	at   float64 // hours of the day, UTC
	page bool
	n    uint32 // number of the page on its day

	batch  schema.BatchID
	sealed *envelope.Sealed
}

// dayOf returns what a host sends on a day: pages and fragments, each at a
// random time of its own after the work that it tells of.
func (h *installation) dayOf(random *rand.Rand, day schema.Day) (out []*sending) {
	weekend := day.Time().Weekday() == time.Saturday || day.Time().Weekday() == time.Sunday
	var pages, fragments int
	begin, hours := 9.0, 8.0
	switch h.habit {
	case office:
		if weekend || random.Float64() < 0.08 {
			return nil
		}
		pages, fragments = 1+random.IntN(4)/3, 1
	case server:
		begin, hours = 0, 24
		pages, fragments = 1+random.IntN(2), 1+random.IntN(2)
	case idle:
		if random.Float64() < 0.7 {
			return nil
		}
		begin, hours = 18, 4
		pages, fragments = random.IntN(2), 1
	}
	for i := range pages + fragments {
		at := begin + hours*random.Float64() - h.zone + sendWindow*random.Float64()
		s := &sending{from: h, at: mod(at, 24), page: i < pages, batch: schema.NewBatchID()}
		if s.page {
			s.n = uint32(i)
		}
		out = append(out, s)
	}
	return out
}

func mod(x, m float64) float64 {
	for x < 0 {
		x += m
	}
	for x >= m {
		x -= m
	}
	return x
}

// dayOfFleet returns what all hosts send on a day, in the order of sending.
func dayOfFleet(random *rand.Rand, fleet []*installation, day schema.Day) (out []*sending) {
	for _, h := range fleet {
		out = append(out, h.dayOf(random, day)...)
	}
	slices.SortFunc(out, func(a, b *sending) int { return cmp.Compare(a.at, b.at) })
	return out
}

// seal seals an envelope as an agent does.
func (s *sending) seal(t testing.TB, key wire.Key, day schema.Day) {
	c := envelope.Content{Kind: envelope.Fragment, Batch: s.batch, Least: wire.SentBucket}
	partition := wire.PartitionOf(s.batch)
	if s.page {
		p, err := page.Seal(s.from.root, day, s.n, page.Build{Release: registry.Base().Release, Version: s.from.version}, s.content(t, day))
		if err != nil {
			t.Errorf("seal a page: %v", err)
			return
		}
		c.Kind, c.Payload, partition = envelope.Page, p.Marshal(), wire.PartitionOf(p.Tag)
	} else {
		c.Payload = s.fragment(t, day)
	}
	var err error
	if s.sealed, err = envelope.Seal(key, partition, wire.ClassNormal, c); err != nil {
		t.Errorf("seal an envelope: %v", err)
	}
}

// content returns what a page holds.
func (s *sending) content(t testing.TB, day schema.Day) []byte {
	p := codec.Page{Batch: s.batch, Writer: s.from.writer, Release: registry.Base().Release}
	for i := range s.from.records {
		p.Records = append(p.Records, schema.Record{
			Time: day.Time().Unix() + int64(s.at*3600) - int64(60*i), Product: schema.Product{Name: "tacit", Version: s.from.version},
			Metric: "tacit.command.used", Value: schema.Number(int64(1 + i%7)), Labels: []schema.Label{{Name: "command", Value: "up"}},
		})
	}
	b, err := codec.EncodePage(p)
	if err != nil {
		t.Errorf("encode a page: %v", err)
	}
	return b
}

// fragment returns the bytes of a fragment of a few tuples.
func (s *sending) fragment(t testing.TB, day schema.Day) []byte {
	b, err := codec.EncodeFragment(codec.Fragment{
		Day: day, Release: registry.Base().Release, First: codec.FirstToday,
		Facets: []codec.Pair{{Name: "service.version", Value: s.from.version}, {Name: "os.type", Value: s.from.system}},
		Values: []codec.Measure{{
			Metric: "tacit.command.used", Labels: []codec.Pair{{Name: "command", Value: "up"}}, Count: 1, Sum: 1, Buckets: []uint64{},
		}},
	})
	if err != nil {
		t.Errorf("encode a fragment: %v", err)
	}
	return b
}
