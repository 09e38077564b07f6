// Package client is what a product imports to report through Tacit. It uses
// the standard library only. Most products have typed functions generated from
// their registry ("tacit registry generate") and meet this package where they
// start and end:
//
//	c := telemetry.Start("5.3.1", client.Config{})
//	defer c.Close()
//	telemetry.MenuUsed(telemetry.MenuOpen)
//
// Without them the names are written by hand:
//
//	c := client.New(client.Config{Product: "finder", Version: "5.3.1"})
//	defer c.Close()
//	opened := c.Counter("finder.menu.used", client.Label{Name: "menu", Value: "open"})
//	opened.Add(1)
//
// It promises never to block, panic or delay the product: a call writes into a
// ring of fixed size and returns; a goroutine hands the ring to the agent on
// this host, over a local socket, once a second or when it is half full. When
// the ring is full, or no agent is there, records are dropped and counted; an
// agent that starts later gets what happens later. DO_NOT_TRACK and
// TACIT_TELEMETRY=off in the product's own environment switch it off: then
// nothing is kept and nobody is called.
//
// Failures are told by [Client.Error], [Client.Recover] and
// [Client.MonitorCrashes]: a registered code or the name of a type, and
// functions and lines of the product's own code; never a message, a value or a
// path.
package client

import (
	"context"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
)

// Config names the product that reports.
type Config struct {
	Product string // as registered
	Version string // the product's, such as 5.3.1
	Dir     string // the agent's run directory; "": where the system's agent listens
	Quiet   bool   // true: records wait for the next envelope and are no reason for one

	// Modules are the import-path prefixes of the product's own code, as
	// registered. Nil means the main module of the running program.
	Modules []string
	// ErrorMetric is the registered metric of failures. Without it the agent
	// refuses them.
	ErrorMetric string

	Getenv func(string) string // nil: os.Getenv
}

// Bounds.
const (
	ringLen      = 1024     // records that wait for the agent
	maxRequest   = 64 << 10 // bytes, about: less than a socket holds that nobody reads
	maxRecords   = 500      // of one request; the agent takes twice as many
	maxText      = 8 << 10  // bytes of a text, and of a label's value
	maxLabels    = 8
	flushEvery   = time.Second
	closeTimeout = 2 * time.Millisecond // the longest that Close waits for the agent's answer
	sendTimeout  = 2 * time.Second
)

// Client reports for one product. Its methods are safe for concurrent use. A
// nil Client does nothing.
type Client struct {
	config Config
	never  never
	wake   chan struct{}
	end    chan struct{} // closed by the first Close
	ended  chan struct{} // closed when the goroutine has ended

	mu     sync.Mutex
	ring   [ringLen]event
	n      int
	closed bool

	dropped atomic.Uint64
}

// New returns a client, or nil, which does nothing, when the environment says
// no. It never fails: without an agent, records are dropped and counted. In the
// second process that [Client.MonitorCrashes] starts it does not return.
func New(c Config) *Client {
	out := newClient(c)
	if isMonitor() {
		out.monitor()
	}
	if out != nil {
		go out.run()
	}
	return out
}

func newClient(c Config) *Client {
	if c.Getenv == nil {
		c.Getenv = os.Getenv
	}
	if refused(c.Getenv) {
		return nil
	}
	if c.Dir == "" {
		c.Dir = datadir.SystemRun()
	}
	if c.Modules == nil {
		c.Modules = ownModules()
	}
	return &Client{config: c, wake: make(chan struct{}, 1), end: make(chan struct{}), ended: make(chan struct{})}
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

// Dropped returns how many records were lost: the ring was full, no agent was
// there, or it refused them or did not say in time that it has them.
func (c *Client) Dropped() uint64 {
	if c == nil {
		return 0
	}
	return c.dropped.Load()
}

// Close hands over what waits and ends the client; what is reported later is
// dropped. It waits two milliseconds for an agent's answer: to have written is
// enough, since what the agent's socket holds outlives the product. The price
// is that the last records count as dropped when the agent's disk is slower
// than that, although it has them, and are lost, counted by nobody else, when
// the agent hangs.
func (c *Client) Close() {
	if c == nil {
		return
	}
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		close(c.end)
	}
	c.mu.Unlock()
	late := time.After(closeTimeout)
	c.flush(context.Background(), closeTimeout)
	select {
	case <-c.ended:
	case <-late: // the goroutine waits for an agent too, no longer than sendTimeout
	}
}
