package otlp

import (
	"container/list"
	"time"
)

// maxSeries bounds the series that are remembered, and those of one request.
const maxSeries = 2000

// series tells one that counts up from all others: by hashes of who reports it,
// its metric and its attributes, and by its start, so that a product that started
// again, or runs twice, has another.
type series struct{ resource, scope, metric, point, start uint64 }

// state is how far a series had counted.
type state struct {
	number    number
	histogram *histogram
	time      uint64 // Unix nanoseconds
}

// memory remembers series. When it is full, the one that was not heard of for
// longest is forgotten.
type memory struct {
	since  uint64 // Unix nanoseconds: series that began later were never forgotten
	of     map[series]*list.Element
	recent *list.List // of remembered, the latest first
}

type remembered struct {
	series
	state
}

func newMemory(now time.Time) *memory {
	return &memory{since: uint64(max(0, now.UnixNano())), of: map[series]*list.Element{}, recent: list.New()}
}

func (m *memory) get(key series) (state, bool) {
	e, ok := m.of[key]
	if !ok {
		return state{}, false
	}
	return e.Value.(*remembered).state, true
}

func (m *memory) set(key series, s state) {
	if e, ok := m.of[key]; ok {
		e.Value.(*remembered).state = s
		m.recent.MoveToFront(e)
		return
	}
	if len(m.of) == maxSeries {
		oldest := m.recent.Remove(m.recent.Back()).(*remembered)
		delete(m.of, oldest.series)
		m.since = max(m.since, oldest.time) // it may come back, and began before that
	}
	m.of[key] = m.recent.PushFront(&remembered{key, s})
}

// changes are what one request does to the memory once its records are taken.
type changes struct {
	memory *memory
	to     map[series]state
	order  []series
}

// next notes how far a series has counted, and returns how far it had. It says
// why nothing follows from that: it may have begun long before, or the point is
// not later than the last.
func (c *changes) next(key series, now state) (before state, known bool, why string) {
	before, known = c.to[key]
	if !known {
		before, known = c.memory.get(key)
	}
	if known && now.time <= before.time {
		return before, known, WhyValue
	}
	if _, noted := c.to[key]; !noted {
		if len(c.to) == maxSeries {
			return before, known, WhyMany
		}
		c.order = append(c.order, key)
	}
	if c.to == nil {
		c.to = map[series]state{}
	}
	c.to[key] = now
	if !known && key.start <= c.memory.since {
		return before, known, WhyFirst
	}
	return before, known, ""
}

func (c *changes) commit() {
	for _, key := range c.order {
		c.memory.set(key, c.to[key])
	}
}
