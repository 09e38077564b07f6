package client

import "time"

// Label tells more about a record. Names and values must be registered. One
// with an empty value is left out.
type Label struct{ Name, Value string }

// series is what records of one kind have in common, made once.
type series struct {
	metric string
	labels map[string]string
	size   int // about how many bytes it takes in a request
}

// recordSize is about how many bytes of a request a record takes beside its
// texts.
const recordSize = 64

// newSeries returns nil when the agent would not take what it is told.
func newSeries(metric string, labels []Label) *series {
	s := &series{metric: metric, labels: make(map[string]string, len(labels)), size: recordSize + len(metric)}
	for _, l := range labels {
		if len(l.Value) > maxText || len(s.labels) == maxLabels {
			return nil
		}
		if l.Value != "" {
			s.labels[l.Name] = l.Value
			s.size += len(l.Name) + len(l.Value) + len(`"":"",`)
		}
	}
	return s
}

type event struct {
	series *series
	value  int64
	text   string
	time   int64
}

// Counter counts events of one kind. A nil Counter does nothing.
type Counter struct {
	client *Client
	series *series
}

// Counter returns a counter. Make it once and keep it.
func (c *Client) Counter(metric string, labels ...Label) *Counter {
	if c == nil {
		return nil
	}
	return &Counter{client: c, series: newSeries(metric, labels)}
}

// Add counts n events that happened now.
func (k *Counter) Add(n int64) {
	if k != nil {
		k.client.add(k.series, n, "")
	}
}

// Timer times operations of one kind. A nil Timer does nothing.
type Timer struct {
	client *Client
	series *series
}

// Timer returns a timer. Make it once and keep it.
func (c *Client) Timer(metric string, labels ...Label) *Timer {
	if c == nil {
		return nil
	}
	return &Timer{client: c, series: newSeries(metric, labels)}
}

// Observe reports an operation that took d and ended now.
func (t *Timer) Observe(d time.Duration) {
	if t != nil {
		t.client.add(t.series, d.Microseconds(), "")
	}
}

// State reports a registered text: a state that holds from now on, a log
// template's id, or an answer that was chosen from a list. No text counts as
// dropped.
func (c *Client) State(metric, value string, labels ...Label) {
	switch {
	case c == nil:
	case value == "":
		c.dropped.Add(1)
	default:
		c.add(newSeries(metric, labels), 0, value)
	}
}

// Quantity reports a number that was read now, in the metric's registered
// unit; or an answer that is a number.
func (c *Client) Quantity(metric string, n int64, labels ...Label) {
	if c != nil {
		c.add(newSeries(metric, labels), n, "")
	}
}

// Flag reports that something is on, or off.
func (c *Client) Flag(metric string, on bool, labels ...Label) {
	n := int64(0)
	if on {
		n = 1
	}
	c.Quantity(metric, n, labels...)
}

// add puts an event into the ring, or drops it.
func (c *Client) add(s *series, value int64, text string) {
	now := time.Now().Unix()
	c.mu.Lock()
	if c.n == ringLen || c.closed || s == nil || len(text) > maxText {
		c.mu.Unlock()
		c.dropped.Add(1)
		return
	}
	c.ring[c.n] = event{series: s, value: value, text: text, time: now}
	c.n++
	n := c.n
	c.mu.Unlock()
	if n == 1 || n == ringLen/2 {
		c.rouse()
	}
}

// rouse wakes the goroutine that hands over.
func (c *Client) rouse() {
	select {
	case c.wake <- struct{}{}:
	default: // it is about to look
	}
}

// take empties the ring.
func (c *Client) take() []event {
	c.mu.Lock()
	defer c.mu.Unlock()
	events := append([]event(nil), c.ring[:c.n]...)
	c.n = 0
	return events
}
