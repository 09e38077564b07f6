package remote

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/insights"
	"github.com/tacit-telemetry/tacit/store/lookup"
	"github.com/tacit-telemetry/tacit/store/pages"
)

var (
	_ lookup.Store = (*Lookup)(nil)
	_ lookup.Asker = (*Lookup)(nil)
)

// of returns the group whose stores have what belongs to a tag.
func (l *Lookup) of(tag page.Tag) *group {
	return l.groups[wire.GroupOf(wire.PartitionOf(tag), len(l.groups))]
}

// Grant implements [lookup.Store].
func (l *Lookup) Grant(ctx context.Context, tag page.Tag) (page.Grant, bool, error) {
	b, err := l.ask(ctx, l.of(tag), grant, tag[:])
	if errors.Is(err, errNone) {
		return page.Grant{}, false, nil
	}
	if err != nil {
		return page.Grant{}, false, fmt.Errorf("ask for a grant: %w", err)
	}
	g, err := page.ParseGrant(b)
	return g, err == nil, err
}

// Leave implements [lookup.Store]. The note is left with every group: each gives
// no pages without one. The host hears the one of its mailbox's group; the others
// end with their day.
func (l *Lookup) Leave(ctx context.Context, letter page.Letter) (lookup.Asker, error) {
	for _, g := range l.groups {
		if _, err := l.ask(ctx, g, note, letter.Marshal()); err != nil {
			return nil, fmt.Errorf("leave a note: %w", err)
		}
	}
	return l, nil
}

// Get implements [lookup.Asker]: each group is asked for the tags of its
// partitions.
func (l *Lookup) Get(ctx context.Context, asks []pages.Ask, each func(pages.Found) error) (unread []schema.Month, err error) {
	own, index := make([][]pages.Ask, len(l.groups)), make([][]int, len(l.groups))
	for i, a := range asks {
		g := l.of(a.Tag).number
		own[g], index[g] = append(own[g], a), append(index[g], i)
	}
	for _, g := range l.groups {
		if len(own[g.number]) == 0 {
			continue
		}
		months, err := l.get(ctx, g, own[g.number], func(f pages.Found) error {
			f.Index = index[g.number][f.Index]
			return each(f)
		})
		unread = append(unread, months...)
		if err != nil {
			return unread, err
		}
	}
	return unread, nil
}

// get asks one group until it has told all.
func (l *Lookup) get(ctx context.Context, g *group, asks []pages.Ask, each func(pages.Found) error) (unread []schema.Month, err error) {
	for from := (place{}); from.index < len(asks); {
		b, err := l.ask(ctx, g, somePages, pagesBody(from, asks))
		if err != nil {
			return unread, fmt.Errorf("ask for pages: %w", err)
		}
		next, rows, err := parsePlace(b)
		if err != nil {
			return unread, err
		}
		if next.index < from.index || next.index == from.index && next.skip <= from.skip {
			return unread, fmt.Errorf("ask for pages: %w: the store goes back", ErrForm)
		}
		months, err := pages.ReadAnswer(bytes.NewReader(rows), len(asks), each)
		unread = append(unread, months...)
		if err != nil {
			return unread, err
		}
		from = next
	}
	return unread, nil
}

// ErrGroups says that sums of several groups of stores are not put together yet.
var ErrGroups = errors.New("the stores are of several groups, whose sums are not put together over NATS")

// Population returns what all installations add up to. Errors wrap [ErrGroups].
func (l *Lookup) Population(ctx context.Context) (*insights.Population, error) {
	if len(l.groups) > 1 {
		return nil, ErrGroups
	}
	var packed []byte
	for total := 1; len(packed) < total; {
		b, err := l.ask(ctx, l.groups[0], population, binary.BigEndian.AppendUint32(nil, uint32(len(packed))))
		if err != nil {
			return nil, fmt.Errorf("ask what all installations add up to: %w", err)
		}
		if len(b) <= 4 || binary.BigEndian.Uint32(b) > maxPopulation {
			return nil, fmt.Errorf("ask what all installations add up to: %w", ErrForm)
		}
		total, packed = int(binary.BigEndian.Uint32(b)), append(packed, b[4:]...)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("read what all installations add up to: %w", err)
	}
	p := &insights.Population{}
	if err := json.NewDecoder(io.LimitReader(z, maxPopulationJSON)).Decode(p); err != nil {
		return nil, fmt.Errorf("read what all installations add up to: %w", err)
	}
	return p, nil
}
