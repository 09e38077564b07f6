package client

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
)

// Bounds of what must never leave. The agent takes the same lengths.
const (
	maxNever      = 1000
	maxNeverBytes = 128 << 10 // of all together: with escapes, too, one request
	minNeverLen   = 3         // bytes; fewer would stand in every text
	maxNeverLen   = 4 << 10
	neverEvery    = 5 * time.Second // between two looks for an agent that knows nothing of them
)

// never holds what must never leave, in memory only, and which agent knows it.
type never struct {
	mu     sync.Mutex
	values []string // only ever appended to
	bytes  int
	told   int       // how many of them the agent knows
	agent  time.Time // when its endpoint was opened: one that started again knows nothing
}

// Never hands the agent values that must never leave this host, such as a
// licence number or the user's mail address: wherever they appear they are
// scrubbed, and what still holds one is not sent. They are kept in memory and
// offered again to an agent that starts later. Never returns how many of them
// are held: values of 3 bytes to 4 KiB, at most 1,000 and 128 KiB in all. It
// does not wait.
func (c *Client) Never(values ...string) (held int) {
	if c == nil {
		return 0
	}
	for _, v := range values {
		if c.never.hold(strings.TrimSpace(v)) {
			held++
		}
	}
	c.rouse()
	return held
}

// hold keeps a value, if there is room.
func (n *never) hold(v string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if slices.Contains(n.values, v) {
		return true
	}
	if len(v) < minNeverLen || len(v) > maxNeverLen || len(n.values) == maxNever || n.bytes+len(v) > maxNeverBytes {
		return false
	}
	n.values = append(n.values, v)
	n.bytes += len(v)
	return true
}

// due tells when to look whether there is an agent that knows nothing of the
// values: never, when there are none.
func (n *never) due() <-chan time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.values) == 0 {
		return nil
	}
	return time.After(neverEvery)
}

// offerNever tells the agent of all values that it does not know.
func (c *Client) offerNever(ctx context.Context, patience time.Duration) error {
	n := &c.never
	n.mu.Lock()
	values, told, agent := n.values, n.told, n.agent
	n.mu.Unlock()
	if len(values) == 0 {
		return nil
	}
	opened, err := datadir.Opened(c.config.Dir, datadir.AgentSocket)
	if err != nil || opened.Equal(agent) && told == len(values) {
		return err
	}
	var taken struct{}
	if err := c.ask(ctx, patience, http.MethodPost, "/v1/never", map[string][]string{"values": values}, &taken); err != nil {
		return err
	}
	n.mu.Lock()
	n.told, n.agent = len(values), opened
	n.mu.Unlock()
	return nil
}
