package own

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"sync"
)

// Scan is the tripwire: it reports whether the plaintext holds any identifier
// in any writing that the package comment names. Its time grows with the
// plaintext and not with the number of identifiers.
func (ids *Identifiers) Scan(plain []byte) (Hit, bool) {
	ids.mu.RLock()
	defer ids.mu.RUnlock()
	s := ids.search(scanning)
	defer s.free()
	s.run(plain)
	if !s.stop {
		return Hit{}, false
	}
	return Hit{Class: s.spans[0].class.class()}, true
}

// maxTurns bounds how often a text is searched again after something was
// replaced in it. Two turns are usual.
const maxTurns = 16

// Replace returns the text with a label (<host>, <user>, <path>, <ip>, <mac>,
// <id>, <secret>) in place of every identifier; of those that overlap the
// longest names it. Labels that stand in the text already are left alone. It
// allocates nothing when there is nothing to replace.
func (ids *Identifiers) Replace(text string) string {
	ids.mu.RLock()
	defer ids.mu.RUnlock()
	of := scout[string]{ids: ids}
	at, found := of.next(text, 0)
	if found == nothing {
		return text
	}
	s := ids.search(replacing)
	defer s.free()
	for range maxTurns {
		s.source = append(s.source[:0], text...)
		s.follow(of, text, at, found)
		if len(s.spans) == 0 {
			break
		}
		text = s.replaced(text)
		s.spans = s.spans[:0] // a short name may be a word of its own only now
		of = scout[string]{ids: ids}
		at, found = of.next(text, 0)
	}
	return text
}

// search is one search in one text, and the room that it needs.
type search struct {
	ids  *Identifiers
	mode mode

	source []byte // what Replace reads
	spans  []span
	stop   bool // the tripwire has seen enough
	broken bool // what may be an identifier ends at what may be an escape

	layers     [3]layer // the text, and two of those that are decoded from it
	leaf, bare layer    // what was decoded from hex or base64, and that unescaped

	digits   []byte  // of a stretch of hex, and where each is
	places   []int32 //
	places64 []int32 // digits of a stretch of base64
	decoded  [4]bool // what begins a group in it was tried
	runEnd   int
}

// maxLayers is how often what is escaped may be escaped again: the text itself,
// and three decoded from it.
const maxLayers = 4

// span is where an identifier stands in the text.
type span struct {
	from, to int
	class    code
}

var searches = sync.Pool{New: func() any { return new(search) }}

// maxKept is how many bytes of room a search keeps for the next one.
const maxKept = 32 << 10

func (ids *Identifiers) search(m mode) *search {
	s := searches.Get().(*search)
	s.ids, s.mode, s.spans, s.stop = ids, m, s.spans[:0], false
	return s
}

func (s *search) free() {
	s.ids, s.layers[0] = nil, layer{}
	room := cap(s.source) + s.leaf.room() + s.bare.room() + 4*cap(s.places64) + 5*cap(s.digits)
	for i := range s.layers {
		room += s.layers[i].room()
	}
	if room <= maxKept {
		searches.Put(s)
	}
}

// follow searches a text, which is the source's, from where a scout has found
// something first. It walks over all bytes only if the scout cannot read them.
func (s *search) follow(of scout[string], text string, at int, found what) {
	l := &s.layers[0]
	*l = layer{text: s.source}
	s.broken, s.runEnd = false, 0
	for found == begins || found == escape {
		if found == begins {
			s.beginning(l, at)
			at++
		} else { // and what ends before it may be less
			of.escapes, of.hexTo, at = true, 0, max(0, at-escapeReach)
		}
		at, found = of.next(text, at)
	}
	switch {
	case found == unread:
		s.spans = s.spans[:0]
		s.run(s.source)
	case of.escapes:
		s.meaning(l, marksOf(text))
	}
}

// escapeReach is how many bytes before an escape may be digits of base64 that are
// too few for a value.
const escapeReach = minEncoded + 2

// run searches a text, and what it means when escapes are read.
func (s *search) run(text []byte) {
	l := &s.layers[0]
	*l = layer{text: text}
	s.broken = false
	s.meaning(l, s.walk(l))
}

// meaning searches what a text means when escapes are read. What stands in
// identifiers themselves may be no escape: the text is read without it, too.
func (s *search) meaning(l *layer, seen uint32) {
	s.unescaped(l, seen, ^uint32(0))
	literal := s.ids.literal & seen
	for sub := literal; sub > 0; sub = (sub - 1) & literal {
		s.unescaped(l, seen, ^sub)
	}
}

// unescaped searches what a layer means when escapes with these marks are read.
func (s *search) unescaped(l *layer, seen, marks uint32) {
	if s.mayMean(l, seen, marks) {
		s.decode(l, seen, marks, s.ids.reach, s.mode == replacing)
	}
}

// closeReach is how far around an escape the first look goes: as far as the four
// bytes that anything begins with may be written, in hex with separators.
const closeReach = 32

// mayMean looks closely at escapes, in what is little of most texts, and reports
// whether an identifier may begin there, or before and go on in an escape. In
// binary there are escapes everywhere by chance.
func (s *search) mayMean(l *layer, seen, marks uint32) bool {
	broken, n := s.broken, len(s.spans)
	decoded := s.decode(l, seen, marks, closeReach, false)
	if s.stop {
		return false // it is found
	}
	may := decoded && (s.broken || len(s.spans) > n)
	s.broken, s.spans = broken, s.spans[:n]
	return may
}

// decode searches what a layer means, as often as there are escapes in it, and
// reports whether there are any.
func (s *search) decode(l *layer, seen, marks uint32, reach int, keep bool) (decoded bool) {
	for i := 1; i < maxLayers && !s.stop && s.mayUnescape(seen, marks); i++ {
		next := &s.layers[1+i%2]
		if !s.unescape(next, l, marks, reach, keep) {
			break
		}
		decoded, l = true, next
		seen = s.layer(l)
	}
	return decoded
}

// mayUnescape reports whether any of the marks that were seen may be read.
func (s *search) mayUnescape(seen, marks uint32) bool {
	return seen&marks&(markEscape|s.ids.marks) != 0
}

// unescape decodes a layer, looks at the bytes before letters are folded, and
// reports whether there is anything new.
func (s *search) unescape(next, l *layer, marks uint32, reach int, keep bool) bool {
	marks &= markEscape | s.ids.marks
	decoded := next.unescape(l, marks, reach, keep)
	if isASCII(next.text) {
		return decoded
	}
	if decoded {
		s.look(next)
	}
	return !s.stop && next.foldHigh(marks) || decoded
}

// mind notes that bytes i to j of a text have what may be an escape, or where
// something was left out: what is there may be more than it was compared with.
func (s *search) mind(text []byte, i, j int) {
	if s.broken || i >= j {
		return
	}
	for _, b := range text[min(max(i, 0), len(text)):min(j, len(text))] {
		if b == gap || bytesOf[b]&(markEscape|s.ids.marks) != 0 {
			s.broken = true
			return
		}
	}
}

// layer searches one layer: text, bytes, base64 where one of the groups begins,
// and hex. It returns the marks of its bytes.
func (s *search) layer(l *layer) (seen uint32) {
	if s.mode == replacing && s.scouted(l) {
		return marksOf(l.text)
	}
	return s.walk(l)
}

// scouted searches a layer where a scout says that anything begins. It reports
// whether that is all, or else has noted nothing.
func (s *search) scouted(l *layer) bool {
	s.runEnd = 0
	n, broken := len(s.spans), s.broken
	of := scout[[]byte]{ids: s.ids, escapes: true}
	at, found := of.next(l.text, 0)
	for ; found == begins; at, found = of.next(l.text, at+1) {
		s.beginning(l, at)
	}
	if found != nothing {
		s.spans, s.broken = s.spans[:n], broken
	}
	return found == nothing
}

// walk searches a layer from its first byte to its last. It has beginning's body in
// its loop: in binary a call each time takes a tenth of a scan.
func (s *search) walk(l *layer) (seen uint32) {
	s.runEnd = 0
	r := s.ids.reader()
	for i := r.next(l.text, 0); i < len(l.text) && !s.stop; i = r.next(l.text, i+1) {
		s.candidate(l, i-3)
		s.bytesAt(l, i-3)
		if i >= 3 && s.ids.starts.has(^binary.LittleEndian.Uint32(l.text[i-3:i+1])) {
			s.base64At(l, i-3)
		}
	}
	s.tail(l)
	s.hexRuns(l)
	return r.seen
}

// beginning searches what may begin at i.
func (s *search) beginning(l *layer, i int) {
	s.candidate(l, i)
	s.bytesAt(l, i)
	if i+minNeedle <= len(l.text) && s.ids.starts.has(^binary.LittleEndian.Uint32(l.text[i:])) {
		s.base64At(l, i)
	}
}

// look searches what may be bytes or text, and no code of them.
func (s *search) look(l *layer) (seen uint32) {
	r := s.ids.reader()
	for i := r.next(l.text, 0); i < len(l.text) && !s.stop; i = r.next(l.text, i+1) {
		s.candidate(l, i-3)
		s.bytesAt(l, i-3)
	}
	s.tail(l)
	return r.seen
}

func (ids *Identifiers) reader() reader {
	return reader{starts: &ids.starts, short: ids.shorts}
}

// tail searches the last bytes, behind which fewer than four follow.
func (s *search) tail(l *layer) {
	short := s.ids.shorts
	if short == nil {
		return
	}
	t := l.text
	for i := max(0, len(t)-3); i+1 < len(t) && !s.stop; i++ {
		if short.has(uint32(canon[t[i]]) | uint32(canon[t[i+1]])<<8) {
			s.candidate(l, i)
		}
	}
}

// lookLeaf searches what was decoded from base64 or hex, and as what else its
// bytes may be read.
func (s *search) lookLeaf() {
	if s.stop {
		return
	}
	seen := s.look(&s.leaf)
	keep := s.mode == replacing
	if s.stop || !s.mayUnescape(seen, ^uint32(0)) || !s.unescape(&s.bare, &s.leaf, ^uint32(0), s.ids.reach, keep) {
		return
	}
	s.look(&s.bare)
	if literal := s.ids.literal & seen; literal != 0 && !s.stop {
		s.unescape(&s.bare, &s.leaf, ^literal, s.ids.reach, keep)
		s.look(&s.bare)
	}
}

// candidate notes the longest text that stands at i.
func (s *search) candidate(l *layer, i int) {
	if i < 0 {
		return
	}
	var best span
	s.longest(s.ids.long, l, i, &best)
	if best.to == 0 {
		s.longest(s.ids.short, l, i, &best)
	}
	if best.class.class() == Home {
		best.from = driveBefore(l.text, best.from)
	}
	s.note(l, best)
}

// bytesAt notes the bytes or the digest that stand at i.
func (s *search) bytesAt(l *layer, i int) {
	if i < 0 {
		return
	}
	var best span
	s.longest(s.ids.raw, l, i, &best)
	if c, size, ok := s.ids.sums.at(l.text[i:]); ok {
		best = span{i, min(i+size, len(l.text)), c}
	}
	s.note(l, best)
}

func (s *search) note(l *layer, found span) {
	if found.to > 0 {
		s.stop = s.mode == scanning
		found.from, found.to = l.source(found.from, found.to)
		s.spans = append(s.spans, found)
	}
}

func (s *search) longest(x *index, l *layer, i int, best *span) {
	if len(l.text)-i < x.width {
		return
	}
	var key uint32
	for k, b := range l.text[i : i+x.width] {
		if x != s.ids.raw {
			b = canon[b]
		}
		key |= uint32(b) << (8 * k)
	}
	for at := x.heads[key*knuth>>x.shift]; at >= 0; at = x.links[at].next {
		if x.links[at].key != key {
			continue
		}
		n := &x.needles[x.links[at].needle]
		from, to, ok := s.stands(x, n, l, i)
		if ok && to-from > best.to-best.from && !overlapsLabel(l.text, from, to) {
			*best = span{from, to, n.class}
		}
	}
}

// stands returns where a needle stands that begins at i, with the edges that
// are asked.
func (s *search) stands(x *index, n *needle, l *layer, i int) (from, to int, ok bool) {
	decoded := l == &s.leaf || l == &s.bare
	if n.kind >= group6 {
		if from, to, ok = s.ids.addressAt(l.text, i, n.kind, s.mode, decoded); !ok {
			s.mind(l.text, i-maxAddress, i+maxAddress)
		}
		return from, to, ok
	}
	if to, ok = x.stands(n, l.text, i); !ok {
		s.mind(l.text, i, to+4)
		return 0, 0, false
	}
	e := s.mode.edge(n)
	if decoded && !e.isPlace() {
		// What is decoded from any word holds short ones by chance, and its
		// neighbours may be nothing.
		return i, to, to-i >= minEncoded
	}
	if ok = e.holds(l.text, i, to); !ok {
		s.mindEdge(e, l.text, i, to)
	}
	return i, to, ok
}

// maxAddress is how many bytes an IPv6 address takes at most.
const maxAddress = 48

// mindEdge minds what stands around a needle: as far as the word goes on, and
// where the words may be that tell where somebody is named.
func (s *search) mindEdge(e edge, text []byte, i, j int) {
	if e.isPlace() && wholeWord.holds(text, i, j) {
		s.mind(text, i-leastReach, j+leastReach)
		return
	}
	least, most := max(0, i-leastReach), min(len(text), j+leastReach)
	for i > least && isWordAt(text, i-1) {
		i--
	}
	for j < most && isWordAt(text, j) {
		j++
	}
	s.mind(text, i-3, j+3)
}

// replaced returns the text with labels in place of the spans.
func (s *search) replaced(text string) string {
	slices.SortFunc(s.spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to))
	})
	var b strings.Builder
	b.Grow(len(text) + longestLabel*len(s.spans))
	done := 0
	for i := 0; i < len(s.spans); {
		whole, longest := s.spans[i], s.spans[i]
		for i++; i < len(s.spans) && s.spans[i].from < whole.to; i++ {
			if of := s.spans[i]; of.to-of.from > longest.to-longest.from {
				longest = of
			}
			whole.to = max(whole.to, s.spans[i].to)
		}
		b.WriteString(text[done:whole.from])
		b.WriteString(longest.class.class().label())
		done = whole.to
	}
	b.WriteString(text[done:])
	return b.String()
}
