package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
)

var (
	// ErrNoAgent says that no agent answers on this host.
	ErrNoAgent = errors.New("no agent runs on this host")
	// ErrOff says that this process asked not to be tracked.
	ErrOff = errors.New("telemetry is off in this process, by DO_NOT_TRACK or TACIT_TELEMETRY")
)

const (
	maxAnswer = 1 << 20 // bytes that are read of an answer
	// writeTimeout is how long a request may take to be written, at least. It is
	// not the time that it takes: a new socket holds maxRequest bytes whoever is
	// at the other end. A machine so busy that this process stands still between
	// two instructions must not cost the records.
	writeTimeout = 20 * time.Millisecond
)

// ask sends one request and reads the answer into out. It waits at most patience
// for the agent to take the one, and for the other.
func (c *Client) ask(ctx context.Context, patience time.Duration, method, path string, body, out any) error {
	k, err := c.begin(ctx, patience, method, path, body)
	if err != nil {
		return err
	}
	return k.end(time.Now().Add(patience), out)
}

// call is a request that is written and not answered yet.
type call struct {
	conn net.Conn
	sent *http.Request
	stop func() bool
}

// begin writes a request. The calling goroutine does it all: there is none of a
// transport that a busy machine could keep from writing. An agent that lives
// has the request then, also when nobody waits for the answer. Without an agent
// it costs next to nothing.
func (c *Client) begin(ctx context.Context, patience time.Duration, method, path string, body any) (*call, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://tacit"+path, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("ask the agent: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Close = true
	k, err := c.connect(ctx, patience, r)
	if err != nil {
		if datadir.NotRunning(err) {
			return nil, ErrNoAgent
		}
		return nil, fmt.Errorf("ask the agent: %w", err)
	}
	if err := k.write(patience, body); err != nil {
		k.close()
		return nil, fmt.Errorf("ask the agent: %w", err)
	}
	return k, nil
}

func (c *Client) connect(ctx context.Context, patience time.Duration, r *http.Request) (*call, error) {
	conn, err := datadir.Dial(ctx, patience, c.config.Dir, datadir.AgentSocket, r.Header)
	if err != nil {
		return nil, err
	}
	closed := func() { _ = conn.Close() } // whoever waits for it, waits no more
	return &call{conn: conn, sent: r, stop: context.AfterFunc(ctx, closed)}, nil
}

// write writes the request, with a body unless it is nil.
func (k *call) write(patience time.Duration, body any) error {
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		k.sent.Body, k.sent.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
	}
	if err := k.conn.SetDeadline(time.Now().Add(max(patience, writeTimeout))); err != nil {
		return err
	}
	return k.sent.Write(k.conn)
}

// end reads the answer into out, if it comes in time, and closes the connection.
func (k *call) end(until time.Time, out any) error {
	defer k.close()
	if err := k.conn.SetDeadline(until); err != nil {
		return fmt.Errorf("ask the agent: %w", err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(io.LimitReader(k.conn, maxAnswer)), k.sent)
	if err != nil {
		return fmt.Errorf("ask the agent: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("ask the agent: it answered %s", resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return fmt.Errorf("ask the agent: its answer is not of this version: %w", err)
	}
	return nil
}

func (k *call) close() {
	k.stop()
	_ = k.conn.Close() // nothing is kept in it
}
