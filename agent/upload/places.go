package upload

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

// PlacesFile remembers how many page numbers were ever given out, by day of
// first sending: an erasure names every one of them. It is a magic and then an
// entry for each number that was given out, of which the last of a day counts:
//
//	u32 day | u32 next number | CRC-32C of both 4
//
// An entry is appended, because making a file anew costs the host more than
// sealing the page.
const PlacesFile = "pages.numbers"

const (
	placesMagic   = "TACITPN1"
	placeLen      = 4 + 4 + 4
	maxPlacesFile = 64 << 10 // then it is written anew, an entry a day
	keepPlaces    = 400      // days that numbers were given out on; longer than any retention
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// places gives out page numbers.
type places struct {
	path string

	mu   sync.Mutex
	size int64 // of the file up to the last entry that is whole; 0: there is none
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
	rest, ok := bytes.CutPrefix(b, []byte(placesMagic))
	for ; ok && len(rest) >= placeLen; rest = rest[placeLen:] {
		if crc32.Checksum(rest[:8], castagnoli) != binary.BigEndian.Uint32(rest[8:]) {
			// A power cut may tear the last entry, whose number was not used then.
			ok = len(rest) == placeLen
			break
		}
		p.next[schema.Day(binary.BigEndian.Uint32(rest))] = binary.BigEndian.Uint32(rest[4:])
	}
	if !ok {
		return nil, fmt.Errorf("read page numbers: %s %w", p.path, durable.ErrDamaged)
	}
	p.size = int64(len(b) - len(rest))
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
	n, had := p.next[d]
	p.next[d] = n + 1
	if err := p.note(d); err != nil {
		if p.next[d] = n; !had {
			delete(p.next, d)
		}
		return 0, fmt.Errorf("keep page number: %w", err)
	}
	return n, nil
}

// note writes down how many numbers of a day were given out.
func (p *places) note(d schema.Day) error {
	if p.size == 0 || p.size > maxPlacesFile {
		return p.rewrite()
	}
	f, err := os.OpenFile(p.path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(p.entry(nil, d), p.size)
	if err == nil {
		err = f.Sync()
	}
	if err != nil { // what was written of it must not look like an entry that is damaged
		return errors.Join(err, f.Truncate(p.size), f.Close())
	}
	p.size += placeLen
	return f.Close()
}

// rewrite writes the file anew, with the latest days that numbers were given out
// on. It does not ask which day it is: a clock that is far ahead for a while
// would have it forget numbers that an erasure needs.
func (p *places) rewrite() error {
	days := slices.Sorted(maps.Keys(p.next))
	days = days[max(0, len(days)-keepPlaces):]
	b := []byte(placesMagic)
	for _, d := range days {
		b = p.entry(b, d)
	}
	if err := durable.WriteFile(p.path, b, durable.OwnerFile); err != nil {
		return err
	}
	p.size = int64(len(b))
	return nil
}

func (p *places) entry(b []byte, d schema.Day) []byte {
	from := len(b)
	b = binary.BigEndian.AppendUint32(b, uint32(d))
	b = binary.BigEndian.AppendUint32(b, p.next[d])
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b[from:], castagnoli))
}

// giveBack takes back a number that no page got in the end. Too many holes in a
// row would end a lookup before the pages behind them.
func (p *places) giveBack(d schema.Day, n uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.back[d] = append(p.back[d], n)
}
