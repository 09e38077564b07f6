package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/tacit-telemetry/tacit/internal/datadir"
)

// ErrNotRunning says that no agent answers there.
var ErrNotRunning = errors.New("the agent is not running")

// Caller asks a running agent: what commands and consoles use.
type Caller struct{ http *http.Client }

// NewCaller returns a caller for the agent whose run directory is dir.
func NewCaller(dir string) *Caller { return &Caller{http: datadir.Client(dir, datadir.AgentSocket)} }

// maxAnswer bounds an answer; the outbox of a full day stays well below.
const maxAnswer = 64 << 20

// call sends a request and reads the answer into out. Errors are
// [ErrNotRunning], a [*Problem], or what the connection said.
func (c *Caller) call(ctx context.Context, method, path string, body, out any) error {
	var send io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("ask the agent: %w", err)
		}
		send = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://tacit"+path, send)
	if err != nil {
		return fmt.Errorf("ask the agent: %w", err)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		if datadir.NotRunning(err) {
			return ErrNotRunning
		}
		return fmt.Errorf("ask the agent: %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("ask the agent: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		p := new(Problem)
		if err := json.Unmarshal(answer, p); err != nil || p.Message == "" {
			return fmt.Errorf("ask the agent: it answered %s", resp.Status)
		}
		return p
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("ask the agent: its answer is not of this version: %w", err)
	}
	return nil
}

// Records offers records.
func (c *Caller) Records(ctx context.Context, r Records) (out Results, err error) {
	err = c.call(ctx, http.MethodPost, "/v1/records", r, &out)
	return out, err
}

// Never hands over values that must never leave.
func (c *Caller) Never(ctx context.Context, values ...string) (out Taken, err error) {
	err = c.call(ctx, http.MethodPost, "/v1/never", Never{Values: values}, &out)
	return out, err
}

// Installation returns the installation ID.
func (c *Caller) Installation(ctx context.Context) (out Installation, err error) {
	err = c.call(ctx, http.MethodGet, "/v1/installation", nil, &out)
	return out, err
}

// ResetID makes the host another installation.
func (c *Caller) ResetID(ctx context.Context) (out Reset, err error) {
	err = c.call(ctx, http.MethodPost, "/v1/installation/reset", nil, &out)
	return out, err
}

// Erase orders to erase what the store holds of this installation.
func (c *Caller) Erase(ctx context.Context) (out Erasure, err error) {
	err = c.call(ctx, http.MethodPost, "/v1/erase", nil, &out)
	return out, err
}

// Erasure says how far the last erasure is.
func (c *Caller) Erasure(ctx context.Context) (out Erasure, err error) {
	err = c.call(ctx, http.MethodGet, "/v1/erase", nil, &out)
	return out, err
}

// SupportCode makes a support code.
func (c *Caller) SupportCode(ctx context.Context, o SupportOrder) (out SupportCode, err error) {
	err = c.call(ctx, http.MethodPost, "/v1/support", o, &out)
	return out, err
}

// RevokeCodes revokes all support codes that live.
func (c *Caller) RevokeCodes(ctx context.Context) (out Revoked, err error) {
	err = c.call(ctx, http.MethodPost, "/v1/support/revoke", nil, &out)
	return out, err
}

// Lookups asks who opened this installation's history.
func (c *Caller) Lookups(ctx context.Context, o LookupsOrder) (out Lookups, err error) {
	err = c.call(ctx, http.MethodPost, "/v1/lookups", o, &out)
	return out, err
}

// Debug raises the detail for a while, or ends that.
func (c *Caller) Debug(ctx context.Context, o DebugOrder) (out Why, err error) {
	err = c.call(ctx, http.MethodPost, "/v1/debug", o, &out)
	return out, err
}

// Why says whether the host takes part, and who decided.
func (c *Caller) Why(ctx context.Context) (out Why, err error) {
	err = c.call(ctx, http.MethodGet, "/v1/why", nil, &out)
	return out, err
}

// Participate changes this host's own refusal.
func (c *Caller) Participate(ctx context.Context, p Participate) (out Why, err error) {
	err = c.call(ctx, http.MethodPost, "/v1/participation", p, &out)
	return out, err
}

// Preview returns what would be sent now.
func (c *Caller) Preview(ctx context.Context) (out Preview, err error) {
	err = c.call(ctx, http.MethodGet, "/v1/preview", nil, &out)
	return out, err
}

// Send sends now and waits for the replies.
func (c *Caller) Send(ctx context.Context) (out Sent, err error) {
	err = c.call(ctx, http.MethodPost, "/v1/send", nil, &out)
	return out, err
}

// Outbox lists what was sent.
func (c *Caller) Outbox(ctx context.Context) (out []Entry, err error) {
	err = c.call(ctx, http.MethodGet, "/v1/outbox", nil, &out)
	return out, err
}

// OutboxEntry returns one entry, with its bytes and its key.
func (c *Caller) OutboxEntry(ctx context.Context, number uint64) (out Entry, err error) {
	err = c.call(ctx, http.MethodGet, "/v1/outbox/"+strconv.FormatUint(number, 10), nil, &out)
	return out, err
}

// OutboxVerify proves that what was sent is what is shown.
func (c *Caller) OutboxVerify(ctx context.Context) (out []Proof, err error) {
	err = c.call(ctx, http.MethodGet, "/v1/outbox/verify", nil, &out)
	return out, err
}

// Status counts.
func (c *Caller) Status(ctx context.Context) (out Status, err error) {
	err = c.call(ctx, http.MethodGet, "/v1/status", nil, &out)
	return out, err
}
