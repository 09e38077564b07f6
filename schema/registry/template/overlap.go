package template

import "strings"

// Overlap says whether a line could be of both templates: a line that fits a
// message, with or without fields behind it. What stands before messages is not
// reckoned with. It takes as many steps as the product of their lengths.
func Overlap(a, b *Template) bool {
	if x, y := a.pieces[0].constant, b.pieces[0].constant; !strings.HasPrefix(x, y) && !strings.HasPrefix(y, x) {
		return false
	}
	x, y := newAutomaton(a), newAutomaton(b)
	seen := make([]bool, len(x.edges)*len(y.edges))
	type both struct{ x, y int }
	for open := []both{{0, 0}}; len(open) > 0; {
		at := open[len(open)-1]
		open = open[:len(open)-1]
		if x.ends[at.x] && y.ends[at.y] {
			return true
		}
		for _, e := range x.edges[at.x] {
			for _, f := range y.edges[at.y] {
				if i := e.to*len(y.edges) + f.to; !seen[i] && e.on.meets(f.on) {
					seen[i] = true
					open = append(open, both{e.to, f.to})
				}
			}
		}
	}
	return false
}

// class is a set of bytes.
type class [4]uint64

func classOf(in func(c byte) bool) *class {
	out := &class{}
	for c := range 256 {
		if in(byte(c)) {
			out[c/64] |= 1 << (c % 64)
		}
	}
	return out
}

func (c *class) meets(other *class) bool {
	return c[0]&other[0] != 0 || c[1]&other[1] != 0 || c[2]&other[2] != 0 || c[3]&other[3] != 0
}

var (
	anyByte     = classOf(func(byte) bool { return true })
	blackByte   = classOf(func(c byte) bool { return c > ' ' })
	keyByte     = classOf(isNameByte)
	firstNumber = classOf(beginsNumber)
	nextNumber  = classOf(inNumber)
)

// automaton takes the lines of one template, and no less.
type automaton struct {
	edges [][]edge // of each state
	ends  []bool   // whether a line may end there
}

type edge struct {
	on *class
	to int
}

func newAutomaton(t *Template) *automaton {
	a := &automaton{}
	at := a.state()
	for _, p := range t.pieces[:t.message] {
		at = a.piece(at, &p)
	}
	a.ends[at] = true
	key := a.text(at, " ")
	in := a.state()
	a.edge(key, keyByte, in)
	a.edge(in, keyByte, in)
	value := a.text(in, "=")
	a.edge(value, anyByte, value)
	a.ends[value] = true
	return a
}

func (a *automaton) state() int {
	a.edges, a.ends = append(a.edges, nil), append(a.ends, false)
	return len(a.edges) - 1
}

func (a *automaton) edge(from int, on *class, to int) {
	a.edges[from] = append(a.edges[from], edge{on, to})
}

// piece adds what a piece takes, and returns the state behind it.
func (a *automaton) piece(at int, p *piece) int {
	switch s := p.slot; {
	case p.constant != "":
		return a.text(at, p.constant)
	case s == nil:
		a.edge(at, anyByte, at)
		return at
	case s.Bucket != nil:
		return a.run(at, firstNumber, nextNumber)
	case s.Fits != nil:
		return a.run(at, blackByte, blackByte)
	case s.Other != "":
		a.edge(at, blackByte, at)
		return at
	}
	end := a.state()
	for _, w := range p.slot.Words {
		last := a.text(at, w[:len(w)-1])
		a.edge(last, only(w[len(w)-1]), end)
	}
	return end
}

// run adds a byte of one class and any of another.
func (a *automaton) run(at int, first, next *class) int {
	end := a.state()
	a.edge(at, first, end)
	a.edge(end, next, end)
	return end
}

// text adds a constant.
func (a *automaton) text(at int, s string) int {
	for i := range len(s) {
		next := a.state()
		a.edge(at, only(s[i]), next)
		at = next
	}
	return at
}

func only(c byte) *class {
	out := &class{}
	out[c/64] |= 1 << (c % 64)
	return out
}
