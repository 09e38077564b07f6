// Package client is what a product imports to report through Tacit. It uses
// the standard library only.
//
//	c := client.New(client.Config{Product: "finder", Version: "5.3.1"})
//	defer c.Close()
//	opened := c.Counter("menu.used", client.Label{Name: "menu", Value: "open"})
//	opened.Add(1)
//
// It promises never to block, panic or delay the product: a call writes into a
// ring of fixed size and returns; a goroutine hands the ring to the agent on
// this host, over a local socket. When the ring is full, or no agent is there,
// records are dropped and counted. DO_NOT_TRACK and TACIT_TELEMETRY=off in the
// product's own environment switch it off: then nothing is kept and nobody is
// called.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
)

// Config names the product that reports.
type Config struct {
	Product string              // as registered
	Version string              // the product's, such as 5.3.1
	Dir     string              // the agent's run directory; "": where the system's agent listens
	Quiet   bool                // true: records wait for the next envelope and are no reason for one
	Getenv  func(string) string // nil: os.Getenv
}

// Label tells more about a record. Names and values must be registered.
type Label struct{ Name, Value string }

// Bounds.
const (
	ringLen      = 1024 // records that wait for the agent
	sendAtOnce   = 256  // records of one request: with long stack traces, half of what the agent takes
	flushEvery   = time.Second
	closeTimeout = 100 * time.Millisecond // the longest that Close waits for the agent
	sendTimeout  = 2 * time.Second
)

// series is what records of one kind have in common, made once.
type series struct {
	metric string
	labels map[string]string
}

type event struct {
	series *series
	value  int64
	text   string
	time   int64
}

// Client reports for one product. Its methods are safe for concurrent use. A
// nil Client does nothing.
type Client struct {
	config Config
	http   *http.Client
	wake   chan struct{}
	ended  chan struct{}
	cancel context.CancelFunc

	mu   sync.Mutex
	ring [ringLen]event
	n    int

	dropped atomic.Uint64
}

// New returns a client, or one that does nothing when the environment says no.
// It never fails: without an agent, records are dropped and counted.
func New(c Config) *Client {
	if c.Getenv == nil {
		c.Getenv = os.Getenv
	}
	if refused(c.Getenv) {
		return nil
	}
	if c.Dir == "" {
		c.Dir = datadir.SystemRun()
	}
	ctx, cancel := context.WithCancel(context.Background()) // ends with Close
	out := &Client{
		config: c, http: datadir.Client(c.Dir, datadir.AgentSocket), cancel: cancel,
		wake: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	go out.run(ctx)
	return out
}

// refused says whether this process asked not to be tracked.
func refused(getenv func(string) string) bool {
	switch strings.ToLower(strings.TrimSpace(getenv("DO_NOT_TRACK"))) {
	case "", "0", "false":
	default:
		return true
	}
	switch strings.ToLower(strings.TrimSpace(getenv("TACIT_TELEMETRY"))) {
	case "off", "0", "false", "no":
		return true
	}
	return false
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

// Error reports a failure: its registered code, and where in the product's own
// code it was reported. Never a message, an argument or a path.
func (c *Client) Error(metric, code string, labels ...Label) {
	if c == nil {
		return
	}
	c.add(newSeries(metric, slices.Concat(labels, []Label{{Name: "frames", Value: Frames(1)}})), 0, code)
}

// Dropped returns how many records were lost: the ring was full, no agent was
// there, or it refused them.
func (c *Client) Dropped() uint64 {
	if c == nil {
		return 0
	}
	return c.dropped.Load()
}

func newSeries(metric string, labels []Label) *series {
	s := &series{metric: metric, labels: make(map[string]string, len(labels))}
	for _, l := range labels {
		s.labels[l.Name] = l.Value
	}
	return s
}

func (c *Client) add(s *series, value int64, text string) {
	now := time.Now().Unix()
	c.mu.Lock()
	if c.n == ringLen {
		c.mu.Unlock()
		c.dropped.Add(1)
		return
	}
	c.ring[c.n] = event{series: s, value: value, text: text, time: now}
	c.n++
	first := c.n == 1
	c.mu.Unlock()
	if first {
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
}

// run hands the ring to the agent a while after the first record in it.
func (c *Client) run(ctx context.Context) {
	defer close(c.ended)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		}
		timer.Reset(flushEvery)
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		c.Flush(ctx)
	}
}

// Flush hands over what waits, now, and returns when the agent has it or did
// not take it.
func (c *Client) Flush(ctx context.Context) {
	if c == nil {
		return
	}
	c.mu.Lock()
	events := append([]event(nil), c.ring[:c.n]...)
	c.n = 0
	c.mu.Unlock()
	if len(events) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	accepted := 0
	for part := range slices.Chunk(events, sendAtOnce) {
		n, err := c.send(ctx, part)
		if err != nil {
			break // no agent for one is none for the rest
		}
		accepted += min(n, len(part))
	}
	c.dropped.Add(uint64(max(0, len(events)-accepted)))
}

// Close hands over what waits, for at most a tenth of a second, and ends.
func (c *Client) Close() {
	if c == nil {
		return
	}
	c.cancel()
	<-c.ended
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	c.Flush(ctx)
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

func (c *Client) send(ctx context.Context, events []event) (accepted int, err error) {
	req := request{Product: product{c.config.Product, c.config.Version}, Quiet: c.config.Quiet, Records: make([]record, len(events))}
	for i, e := range events {
		r := record{Metric: e.series.metric, Time: e.time, Value: e.value, Labels: e.series.labels}
		if e.text != "" {
			r.Value = e.text
		}
		req.Records[i] = r
	}
	body, err := json.Marshal(req)
	if err != nil {
		return 0, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://tacit/v1/records", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("the agent answered %s", resp.Status)
	}
	var got answers
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&got); err != nil {
		return 0, err
	}
	for _, a := range got.Results {
		if a.Status == "accepted" {
			accepted++
		}
	}
	return accepted, nil
}
