package template

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tacit-telemetry/tacit/schema"
)

// reading is all ways in which pieces can be laid on a text: for each piece, the
// places at which it can begin, and at the end those at which the text can end.
type reading struct {
	pieces []piece
	text   string
	at     []set
}

// read lays the pieces on a text, from its beginning to one of the ends. It
// takes as many steps as there are bytes, for each piece.
func read(pieces []piece, text string, ends set) (*reading, bool) {
	n := words(len(text) + 1)
	all := make(set, n*(len(pieces)+1))
	r := &reading{pieces, text, make([]set, len(pieces)+1)}
	for i := range r.at {
		r.at[i] = all[i*n : (i+1)*n]
	}
	r.at[0].add(0)
	for i := range pieces {
		if r.forward(i); r.at[i+1].next(0) < 0 {
			return nil, false
		}
	}
	last := r.at[len(pieces)]
	if last.and(ends); last.next(0) < 0 {
		return nil, false
	}
	for i := len(pieces) - 1; i >= 0; i-- {
		r.backward(i)
	}
	return r, true
}

// forward finds where piece i can end.
func (r *reading) forward(i int) {
	p, from, to := &r.pieces[i], r.at[i], r.at[i+1]
	if p.isOpen() {
		for end := from.next(0); end <= len(r.text); end++ {
			to.add(end)
		}
		return
	}
	from.each(func(start int) { p.ends(r.text, start, to.add) })
}

// backward takes away where piece i cannot begin.
func (r *reading) backward(i int) {
	p, from, to := &r.pieces[i], r.at[i], r.at[i+1]
	last := to.last()
	from.each(func(start int) {
		fits := p.isOpen() && start <= last
		p.ends(r.text, start, func(end int) { fits = fits || to.has(end) })
		if !fits {
			from.remove(start)
		}
	})
}

// isOpen says whether any text may stand there.
func (p *piece) isOpen() bool { return p.name != "" && p.slot == nil }

// ends calls do with each place at which a piece that begins at start can end,
// unless it is open.
func (p *piece) ends(text string, start int, do func(end int)) {
	rest := text[start:]
	switch s := p.slot; {
	case p.constant != "":
		if strings.HasPrefix(rest, p.constant) {
			do(start + len(p.constant))
		}
	case s == nil:
	case s.Bucket != nil:
		for n := 1; n <= min(len(rest), maxNumber) && (inNumber(rest[n-1]) || n == 1); n++ {
			if _, ok := number(rest[:n], s.Unit); ok && !splits(rest, n) {
				do(start + n)
			}
		}
	case s.Fits != nil, s.Other != "":
		for n := 0; n <= min(len(rest), maxForm); n++ {
			if s.told(rest[:n]) != "" {
				do(start + n)
			}
			if n < len(rest) && rest[n] <= ' ' {
				return
			}
		}
	default:
		for _, w := range s.Words {
			if strings.HasPrefix(rest, w) {
				do(start + len(w))
			}
		}
	}
}

// splits says whether a number that ends after n bytes would end within a number
// or a character.
func splits(rest string, n int) bool {
	return n < len(rest) && (isDigit(rest[n-1]) && isDigit(rest[n]) || !utf8.RuneStart(rest[n]))
}

const maxForm = 64 // bytes of one word, which has a form or is none of those listed

// labels returns what is told of the placeholders. What can be read in two ways
// is left out: one of them is from a text that is dropped.
func (r *reading) labels() (out []schema.Label) {
	for i := range r.pieces {
		p := &r.pieces[i]
		if p.slot == nil {
			continue
		}
		told, same := "", true
		r.at[i].each(func(start int) {
			p.ends(r.text, start, func(end int) {
				if r.at[i+1].has(end) {
					s := p.slot.told(r.text[start:end])
					same = same && (told == "" || told == s)
					told = s
				}
			})
		})
		if same {
			out = append(out, schema.Label{Name: p.name, Value: told})
		}
	}
	return out
}

// told returns what is told of a text that stands in the slot; empty: nothing is.
func (s *Slot) told(text string) string {
	switch {
	case s == nil:
		return ""
	case s.Bucket != nil:
		if n, ok := number(text, s.Unit); ok {
			return s.Bucket(n)
		}
		return ""
	case s.Fits != nil:
		if len(text) <= maxForm && s.Fits(text) {
			return text
		}
		return ""
	case slices.Contains(s.Words, text):
		return text
	}
	return s.Other
}
