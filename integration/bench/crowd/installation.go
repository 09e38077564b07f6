package crowd

import (
	"encoding/hex"
	"fmt"
	"iter"
	"math/rand/v2"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Installation is one made-up host. It is not safe for concurrent use.
type Installation struct {
	// ID is its installation ID, as support types it.
	ID string
	// Version is that of its agent.
	Version string
	// Told is what its pages carry, in the order of sending, one value a page;
	// only of those made with New.
	Told []Value

	known  bool
	root   page.Root
	writer schema.Writer
	sent   map[schema.Day]uint32 // pages of each day
}

// Value is what one page tells, and the day that it is sent on.
type Value struct {
	Day    schema.Day
	Number int64
}

// New returns an installation with an agent of that version, whose pages have
// content that a lookup shows.
func New(version string) *Installation {
	id := schema.NewBatchID()
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // a UUID of version 4, as RFC 9562 draws it
	h := hex.EncodeToString(id[:])
	return &Installation{
		ID:      fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:]),
		Version: version, known: true, root: page.NewRoot([16]byte(id)), writer: schema.Writer(schema.NewBatchID()),
		sent: map[schema.Day]uint32{},
	}
}

// stranger returns an installation that nobody will ask for: its pages are as
// long as the others', and empty.
func stranger(version string) *Installation {
	i := New(version)
	i.known = false
	return i
}

// Sending is a page on its way.
type Sending struct {
	from  *Installation
	day   schema.Day
	n     uint32
	value int64
}

// Page returns the installation's next page of a day.
func (i *Installation) Page(day schema.Day) *Sending {
	s := &Sending{from: i, day: day, n: i.sent[day]}
	i.sent[day]++
	if i.known {
		s.value = rand.Int64N(1 << 31)
		i.Told = append(i.Told, Value{day, s.value})
	}
	return s
}

// Version returns that of the agent that sends the page.
func (s *Sending) Version() string { return s.from.Version }

// Day returns the day of sending.
func (s *Sending) Day() schema.Day { return s.day }

// seal seals the page as an agent of its installation does.
func (s *Sending) seal(key wire.Key) (*envelope.Sealed, error) {
	c := envelope.Content{Kind: envelope.Page, Batch: schema.NewBatchID(), Least: wire.SentBucket}
	plain, err := s.plain(c.Batch)
	if err != nil {
		return nil, err
	}
	build := page.Build{Release: registry.Base().Release, Version: s.from.Version}
	p, err := page.Seal(s.from.root, s.day, s.n, build, plain)
	if err != nil {
		return nil, err
	}
	c.Payload = p.Marshal()
	return envelope.Seal(key, wire.PartitionOf(p.Tag), wire.ClassNormal, c)
}

// plain returns what the page holds: one record, of a strange host nothing.
func (s *Sending) plain(batch schema.BatchID) ([]byte, error) {
	if !s.from.known {
		return make([]byte, page.Capacity), nil
	}
	return codec.EncodePage(codec.Page{
		Batch: batch, Writer: s.from.writer, Release: registry.Base().Release,
		Records: []schema.Record{{
			Time: s.day.Time().Unix() + int64(s.n), Product: schema.Product{Name: "tacit", Version: s.from.Version},
			Metric: "tacit.operation.duration", Value: schema.Number(s.value), Labels: []schema.Label{{Name: "operation", Value: "spool"}},
		}},
	})
}

// Strangers gives count pages of installations that nobody knows, of 20 to 60
// pages each, on random days from first to last. Of each hundred installations
// leaking have that version, the others sound.
func Strangers(count int, first, last schema.Day, leaking int, leaks, sound string) iter.Seq[*Sending] {
	return func(yield func(*Sending) bool) {
		for n := 0; count > 0; n++ {
			version := sound
			if n%100 < leaking {
				version = leaks
			}
			i := stranger(version)
			for range min(count, 20+rand.IntN(41)) {
				count--
				if !yield(i.Page(first + schema.Day(rand.IntN(int(last-first)+1)))) {
					return
				}
			}
		}
	}
}
