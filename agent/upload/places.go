package upload

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

// PlacesFile remembers how many page numbers were ever given out, by day of
// first sending: an erasure names every one of them.
const PlacesFile = "pages.json"

// keepPlaces is longer than any retention.
const keepPlaces = 400

// places gives out page numbers.
type places struct {
	path string

	mu   sync.Mutex
	next map[schema.Day]uint32
	back map[schema.Day][]uint32 // given back: never on the wire
}

func openPlaces(dir string) (*places, error) {
	p := &places{path: filepath.Join(dir, PlacesFile), next: map[schema.Day]uint32{}, back: map[schema.Day][]uint32{}}
	b, err := durable.ReadOwnerFile(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read page numbers: %w", err)
	}
	byDay := map[string]uint32{}
	if err := json.Unmarshal(b, &byDay); err != nil {
		return nil, fmt.Errorf("read page numbers: %s %w", p.path, durable.ErrDamaged)
	}
	for s, n := range byDay {
		d, err := strconv.ParseUint(s, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("read page numbers: %s %w", p.path, durable.ErrDamaged)
		}
		p.next[schema.Day(d)] = n
	}
	return p, nil
}

// take gives out the next number of a day. It is on disk before it is used: a
// crash leaves a hole, never a number that an erasure would miss.
func (p *places) take(d schema.Day) (uint32, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if back := p.back[d]; len(back) > 0 {
		p.back[d] = back[1:]
		return back[0], nil
	}
	n := p.next[d]
	p.next[d] = n + 1
	byDay := map[string]uint32{}
	for day, next := range p.next {
		if day+keepPlaces >= d {
			byDay[strconv.FormatUint(uint64(day), 10)] = next
		}
	}
	b, err := json.Marshal(byDay)
	if err == nil {
		err = durable.WriteFile(p.path, b, durable.OwnerFile)
	}
	if err != nil {
		p.next[d] = n
		return 0, fmt.Errorf("keep page number: %w", err)
	}
	return n, nil
}

// giveBack takes back a number that no page got in the end. Too many holes in a
// row would end a lookup before the pages behind them.
func (p *places) giveBack(d schema.Day, n uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.back[d] = append(p.back[d], n)
}
