package crowd

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Of the crowd's connections.
const (
	links    = 16
	underWay = 256              // pages without a reply, of one connection
	patience = 60 * time.Second // for one answer
)

// Crowd is connections to a relay. Open one, and Close it.
type Crowd struct {
	relay Relay
	links []*link
	key   wire.Key
}

// Open connects, and fetches the store's key.
func Open(ctx context.Context, r Relay) (*Crowd, error) {
	c := &Crowd{relay: r}
	for range links {
		l, err := r.connect(ctx)
		if err != nil {
			c.Close()
			return nil, err
		}
		c.links = append(c.links, l)
	}
	if err := c.Refresh(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Refresh fetches the key list again. Without it the crowd goes on sealing to
// the key that it has, as agents do that were away.
func (c *Crowd) Refresh(ctx context.Context) (err error) {
	c.key, err = c.relay.fetchKey(ctx, c.links[0])
	return err
}

// Key returns the ID of the key that the crowd seals to.
func (c *Crowd) Key() uint32 { return c.key.ID }

// Close ends the connections.
func (c *Crowd) Close() {
	for _, l := range c.links {
		l.conn.Close()
	}
}

// Send seals and sends pages, and returns when the store has answered each.
func (c *Crowd) Send(ctx context.Context, pages iter.Seq[*Sending]) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	todo := make(chan *Sending)
	errs := make([]error, len(c.links))
	var wg sync.WaitGroup
	for i, l := range c.links {
		wg.Go(func() {
			if errs[i] = l.send(ctx, c.key, todo); errs[i] != nil {
				cancel()
			}
		})
	}
	for p := range pages {
		select {
		case todo <- p:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(todo)
	wg.Wait()
	return errors.Join(errs...)
}

// link is one connection.
type link struct {
	conn  *nats.Conn
	inbox string
	came  chan *nats.Msg
}

// send sends what comes, a bounded number at a time, until there is no more and
// all of it is answered.
func (l *link) send(ctx context.Context, key wire.Key, todo <-chan *Sending) error {
	open := map[wire.Attempt]*envelope.Sealed{}
	silent := time.NewTimer(patience)
	defer silent.Stop()
	for todo != nil || len(open) > 0 {
		next := todo
		if len(open) == underWay {
			next = nil
		}
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-silent.C:
			if len(open) > 0 {
				return fmt.Errorf("%w: %d pages have no reply after %v", ErrRefused, len(open), patience)
			}
			silent.Reset(patience)
		case p, ok := <-next:
			if !ok {
				todo = nil
				continue
			}
			err = l.putNew(key, p, open)
		case m := <-l.came:
			silent.Reset(patience)
			err = l.take(ctx, m, open)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *link) putNew(key wire.Key, p *Sending, open map[wire.Attempt]*envelope.Sealed) error {
	s, err := p.seal(key)
	if err != nil {
		return err
	}
	open[s.Attempt] = s
	return l.put(s)
}

func (l *link) put(s *envelope.Sealed) error {
	return l.conn.PublishMsg(&nats.Msg{Subject: wire.SubjectPut, Reply: l.inbox + "." + hex.EncodeToString(s.Attempt[:]), Data: s.Bytes})
}

// take looks at a hint or a reply. A reply must say that the page is stored.
func (l *link) take(ctx context.Context, m *nats.Msg, open map[wire.Attempt]*envelope.Sealed) error {
	var a wire.Attempt
	if _, err := hex.Decode(a[:], []byte(strings.TrimPrefix(m.Subject, l.inbox+"."))); err != nil || open[a] == nil {
		return nil // of one that was answered already
	}
	if len(m.Data) == wire.ReplyLen {
		reply, err := envelope.OpenReply(open[a].ReplyKey, a, m.Data)
		if err != nil {
			return err
		}
		if reply.Status != wire.Stored {
			return fmt.Errorf("%w: the store answered %s", ErrRefused, reply.Status)
		}
		delete(open, a)
		return nil
	}
	hint, err := wire.ParseHint(m.Data)
	switch {
	case err != nil || hint.Code == wire.Queued:
		return err
	case hint.Code != wire.Later:
		return fmt.Errorf("%w: the relay answered %s", ErrRefused, hint.Code)
	}
	select { // a real agent would wait longer
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(min(hint.Wait, time.Second)):
	}
	return l.put(open[a])
}
