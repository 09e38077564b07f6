package main

import "math"

// What an alignment costs. A run that came from a value instead of the text
// around it saves a little, so that doubt is settled as a leak.
const (
	costDropped  = 4000 // a run that is gone, and no label stands there
	costInserted = 8000 // a run that came from nowhere
	costEmpty    = 2000 // a label that stands for no run
	gainOfValue  = 1
)

// Where an alignment is: behind a run, behind a label that stands for nothing
// yet, or behind one that stands for something.
const (
	behindRun = iota
	behindEmpty
	behindLabel
	states
)

// alignment is the table of the cheapest ways to get to each pair of places.
type alignment struct {
	in, out []atom
	cost    []int32
	from    []int32 // index of the step before
}

// align lays the atoms that came out beside those that went in, and returns for
// each of those that went in where it came out, or -1.
func align(in, out []atom) []int {
	a := alignment{in: in, out: out}
	n := (len(in) + 1) * (len(out) + 1) * states
	a.cost, a.from = make([]int32, n), make([]int32, n)
	for i := range a.cost {
		a.cost[i] = math.MaxInt32
	}
	a.cost[0] = 0
	for i := range len(in) + 1 {
		for j := range len(out) + 1 {
			for s := range states {
				if a.cost[a.at(i, j, s)] != math.MaxInt32 {
					a.steps(i, j, s)
				}
			}
		}
	}
	return a.trace()
}

func (a *alignment) at(i, j, s int) int { return (i*(len(a.out)+1)+j)*states + s }

// steps tries all that can come next.
func (a *alignment) steps(i, j, s int) {
	here := a.at(i, j, s)
	leave := a.cost[here]
	if s == behindEmpty {
		leave += costEmpty
	}
	if i < len(a.in) {
		if s == behindRun {
			a.try(here, a.at(i+1, j, behindRun), leave+costDropped)
		} else {
			a.try(here, a.at(i+1, j, behindLabel), a.cost[here])
		}
	}
	if j == len(a.out) {
		return
	}
	if i < len(a.in) && a.in[i].text == a.out[j].text {
		c := leave
		if a.in[i].span >= 0 {
			c -= gainOfValue
		}
		a.try(here, a.at(i+1, j+1, behindRun), c)
	}
	if a.out[j].label {
		a.try(here, a.at(i, j+1, behindEmpty), leave)
	}
	a.try(here, a.at(i, j+1, behindRun), leave+costInserted)
}

func (a *alignment) try(here, there int, cost int32) {
	if cost < a.cost[there] {
		a.cost[there], a.from[there] = cost, int32(here)
	}
}

// trace walks back from the cheapest end.
func (a *alignment) trace() []int {
	at := a.at(len(a.in), len(a.out), behindRun)
	if e := a.at(len(a.in), len(a.out), behindLabel); a.cost[e] < a.cost[at] {
		at = e
	}
	if e := a.at(len(a.in), len(a.out), behindEmpty); a.cost[e] < a.cost[at]-costEmpty {
		at = e
	}
	kept := make([]int, len(a.in))
	for i := range kept {
		kept[i] = -1
	}
	for at != 0 {
		before := int(a.from[at])
		i, j := before/states/(len(a.out)+1), before/states%(len(a.out)+1)
		if at/states == (i+1)*(len(a.out)+1)+j+1 {
			kept[i] = j
		}
		at = before
	}
	return kept
}
