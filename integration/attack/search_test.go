package attack

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sort"
)

// searcher looks for many needles at once, in what it is given and in what is
// packed inside it.
type searcher struct {
	exact, folded *index // folded: lower-case needles, for text in any case
	unpack        *unpacker
}

func newSearcher(ids []identifier) *searcher {
	s := &searcher{exact: newIndex(), folded: newIndex(), unpack: newUnpacker()}
	for i := range ids {
		for _, n := range writings(&ids[i]) {
			s.exact.add(n)
			if isLowerText(n.bytes) {
				n.form += ", in any case"
				s.folded.add(n)
			}
		}
	}
	return s
}

// isLowerText says whether the needle is a text in lower case with letters in
// it. Base64 has two cases that mean different things, so it is hardly ever.
func isLowerText(b []byte) bool {
	return bytes.Equal(bytes.ToLower(b), b) && !bytes.Equal(bytes.ToUpper(b), b) && printable(b)
}

func printable(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// finding is one needle in one place.
type finding struct {
	where, layer string
	needle       needle
	offset       int
	context      string
}

// String says which way it came, and never a true identifier: only planted
// ones are shown with what stands around them.
func (f finding) String() string {
	s := fmt.Sprintf("%s (%s) in %s%s at byte %d", f.needle.of.class, f.needle.form, f.where, f.layer, f.offset)
	if f.needle.of.place != "" {
		s += fmt.Sprintf(", planted in %s: …%q…", f.needle.of.place, f.context)
	}
	return s
}

// find returns what it finds, once for each identifier and layer.
func (s *searcher) find(where string, hay []byte) []finding {
	type key struct {
		of    *identifier
		layer string
	}
	found := map[key]finding{}
	s.unpack.each(hay, func(layer string, b []byte) {
		note := func(n needle, at int) {
			k := key{n.of, layer}
			if _, ok := found[k]; !ok {
				context := b[max(0, at-24):min(len(b), at+len(n.bytes)+24)]
				found[k] = finding{where, layer, n, at, string(context)}
			}
		}
		s.exact.each(b, note)
		s.folded.each(bytes.ToLower(b), note)
	})
	out := make([]finding, 0, len(found))
	for _, f := range found {
		out = append(out, f)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].String() < out[j].String() })
	return out
}

// index finds needles by their first four bytes.
type index struct {
	filter []uint64 // a bit for each hash of four bytes that a needle begins with
	starts map[uint32][]needle
}

func newIndex() *index {
	return &index{filter: make([]uint64, 1<<24/64), starts: map[uint32][]needle{}}
}

func slot(start uint32) uint32 { return start * 2654435761 >> 8 } // Knuth's multiplicative hash

func (x *index) add(n needle) {
	start := binary.LittleEndian.Uint32(n.bytes)
	x.starts[start] = append(x.starts[start], n)
	x.filter[slot(start)/64] |= 1 << (slot(start) % 64)
}

func (x *index) each(hay []byte, hit func(n needle, at int)) {
	for i := 0; i+4 <= len(hay); i++ {
		start := binary.LittleEndian.Uint32(hay[i:])
		if h := slot(start); x.filter[h/64]&(1<<(h%64)) == 0 {
			continue
		}
		for _, n := range x.starts[start] {
			if bytes.HasPrefix(hay[i:], n.bytes) {
				hit(n, i)
			}
		}
	}
}
