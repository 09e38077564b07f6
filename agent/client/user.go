package client

import (
	"context"
	"net/http"
	"time"
)

// sendNowTimeout is the longest that SendNow waits: a relay and a store answer
// sooner, or the agent sends again by itself.
const sendNowTimeout = 2 * time.Minute

// Installation is how this host's reports are found: for Help → About, so that
// a user can read it out to support.
type Installation struct {
	ID     string `json:"installation_id"` // a UUID
	Spoken string `json:"spoken"`          // the same, to be read out
}

// Installation asks the agent for the installation ID. The error is [ErrOff],
// [ErrNoAgent], or says what went wrong.
func (c *Client) Installation(ctx context.Context) (out Installation, err error) {
	if c == nil {
		return out, ErrOff
	}
	err = c.ask(ctx, sendTimeout, http.MethodGet, "/v1/installation", nil, &out)
	return out, err
}

// Sent is what came of [Client.SendNow].
type Sent struct {
	Envelopes int    `json:"sent"`
	Batches   int    `json:"batches"`
	Replies   int    `json:"replies"` // batches that the store has confirmed
	Reason    string `json:"reason"`  // why nothing, or not everything, was sent; "" when all was
}

// SendNow has the agent send all that it holds, now, because the user asked for
// it: it is then not mixed with what others send. It waits for the store's
// replies, at most two minutes. The error is [ErrOff], [ErrNoAgent], or says
// what went wrong; what was not sent is kept and sent later.
func (c *Client) SendNow(ctx context.Context) (out Sent, err error) {
	if c == nil {
		return out, ErrOff
	}
	c.Flush(ctx)
	err = c.ask(ctx, sendNowTimeout, http.MethodPost, "/v1/send", nil, &out)
	return out, err
}
