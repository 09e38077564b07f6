package client

import (
	"context"
	"net/http"
	"time"
)

// run hands the ring to the agent a while after the first record in it, or when
// it is half full.
func (c *Client) run() {
	defer close(c.ended)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-c.end:
			return
		case <-c.never.due():
		case <-c.wake:
			timer.Reset(flushEvery)
			select {
			case <-c.end:
				return
			case <-c.wake:
			case <-timer.C:
			}
		}
		c.flush(context.Background(), sendTimeout)
	}
}

// Flush hands over what waits, now, and returns when the agent has it or did
// not take it.
func (c *Client) Flush(ctx context.Context) {
	if c != nil {
		c.flush(ctx, sendTimeout)
	}
}

// flush hands over what waits and counts what was not accepted. It waits no
// longer than patience for the agent to take the requests, nor for its answers.
func (c *Client) flush(ctx context.Context, patience time.Duration) {
	events := c.take()
	accepted := 0
	// What must never leave is told before anything that it may stand in.
	if err := c.offerNever(ctx, patience); err == nil {
		accepted = c.send(ctx, patience, events)
	}
	c.dropped.Add(uint64(max(0, len(events)-accepted)))
}

// send writes all requests before it reads the first answer: what is written
// the agent has, though the product ends before it answers.
func (c *Client) send(ctx context.Context, patience time.Duration, events []event) (accepted int) {
	var (
		calls []*call
		asked []int
	)
	for len(events) > 0 {
		n := fits(events)
		k, err := c.begin(ctx, patience, http.MethodPost, "/v1/records", c.request(events[:n]))
		if err != nil {
			break // no agent for one is none for the rest
		}
		calls, asked, events = append(calls, k), append(asked, n), events[n:]
	}
	until := time.Now().Add(patience)
	for i, k := range calls {
		var got answers
		if err := k.end(until, &got); err == nil {
			accepted += min(got.accepted(), asked[i])
		}
	}
	return accepted
}

// fits returns how many of the events one request takes, at least one.
func fits(events []event) int {
	size := 0
	for i := range events {
		size += events[i].series.size + len(events[i].text)
		if i > 0 && size > maxRequest || i == maxRecords {
			return i
		}
	}
	return len(events)
}

// The local API's request and answer, as OpenAPI describes them.
type (
	request struct {
		Product product  `json:"product"`
		Quiet   bool     `json:"quiet,omitempty"`
		Records []record `json:"records"`
	}
	product struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	record struct {
		Metric string            `json:"metric"`
		Time   int64             `json:"time"`
		Value  any               `json:"value"`
		Labels map[string]string `json:"labels,omitempty"`
	}
	answers struct {
		Results []struct {
			Status string `json:"status"`
		} `json:"results"`
	}
)

func (c *Client) request(events []event) request {
	out := request{Product: product{c.config.Product, c.config.Version}, Quiet: c.config.Quiet, Records: make([]record, len(events))}
	for i, e := range events {
		r := record{Metric: e.series.metric, Time: e.time, Value: e.value, Labels: e.series.labels}
		if e.text != "" {
			r.Value = e.text
		}
		out.Records[i] = r
	}
	return out
}

func (a answers) accepted() (n int) {
	for _, r := range a.Results {
		if r.Status == "accepted" {
			n++
		}
	}
	return n
}
