package upload

import (
	"context"
	"errors"
	"fmt"
)

// Hear connects, if this host allows a connection and there is none, and
// returns when the site's policy was heard on the connection. While the site is
// off there is nothing to ask for: it returns at once.
func (u *Uploader) Hear(ctx context.Context) error {
	_, err := u.attach(ctx, false)
	return err
}

// Connected says whether there is a connection to a relay.
func (u *Uploader) Connected() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.link != nil && u.link.conn.IsConnected()
}

// Hangup closes the connection, also one that is being made.
func (u *Uploader) Hangup() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.giveUp()
	if u.link != nil {
		u.link.close()
		u.link = nil
	}
}

// Changed looks at what the host and its site say now: it hangs up when the
// host no longer allows a connection, ends the round that is on when nothing
// may leave any more, and lets Listen connect at once when it waits to.
func (u *Uploader) Changed() {
	u.recheck()
	u.wake()
}

// wake lets Listen look at once.
func (u *Uploader) wake() {
	select {
	case u.woken <- struct{}{}:
	default: // it is awake already
	}
}

func (u *Uploader) recheck() {
	if !u.mayListen() {
		u.Hangup()
	}
	if err := u.held(); err != nil {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.endRound(err)
		for _, end := range u.asking {
			end()
		}
	}
}

// attach returns the connection, on which the policy was asked for. To send,
// the policy must have been heard and let it, and the key list is fetched once.
func (u *Uploader) attach(ctx context.Context, send bool) (*link, error) {
	select {
	case u.line <- struct{}{}:
		defer func() { <-u.line }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	l, err := u.connect(ctx)
	if err == nil {
		err = u.ask(ctx, l)
	}
	if err == nil && send {
		err = u.ready(ctx, l)
	}
	if err != nil {
		return nil, err
	}
	return l, nil
}

// ready makes sure that something may leave on this connection.
func (u *Uploader) ready(ctx context.Context, l *link) error {
	if err := u.mayPut(l); err != nil || l.keyed {
		return err
	}
	err := u.fetchKeys(ctx, l)
	l.keyed = err == nil
	return err
}

func (u *Uploader) fetchKeys(ctx context.Context, l *link) error {
	err := u.keys.fetch(ctx, l.conn)
	if sentence := keyTrouble(err); sentence != "" && ctx.Err() == nil || err == nil {
		u.troubles.set(ofKeys, sentence)
	}
	return err
}

// mayPut says why no envelope may leave on this connection now, or nil.
func (u *Uploader) mayPut(l *link) error {
	if err := u.held(); err != nil {
		return err
	}
	return l.mute()
}

// connect returns the connection, dialling if there is none.
func (u *Uploader) connect(ctx context.Context) (*link, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if l, err := u.connected(cancel); l != nil || err != nil {
		return l, err
	}
	l, err := u.dial(ctx)
	if !u.mayListen() {
		if l != nil {
			l.close()
		}
		return nil, fmt.Errorf("%w: this host does not take part", ErrHeld) // that is why it was given up
	}
	if err != nil {
		return nil, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if err := ctx.Err(); err != nil {
		l.close()
		return nil, fmt.Errorf("connect to relay: %w", err)
	}
	u.link = l
	return l, nil
}

// connected returns the connection if there is one. If not, a dial follows:
// the host's word is asked once more under the lock, so that a refusal comes
// either before it or ends it.
func (u *Uploader) connected(giveUp context.CancelFunc) (*link, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.link != nil && u.link.conn.IsConnected() {
		return u.link, nil
	}
	if !u.mayListen() {
		return nil, fmt.Errorf("%w: this host does not take part, or has no relay", ErrHeld)
	}
	u.giveUp = giveUp
	return nil, nil
}

// dial connects to one of the relays.
func (u *Uploader) dial(ctx context.Context) (*link, error) {
	l, err := u.dialer.dial(ctx, u.push)
	if failed, ok := errors.AsType[*dialError](err); ok {
		u.troubles.set(ofDial, dialTrouble(failed.cause))
	} else if err == nil {
		u.troubles.set(ofDial, "")
	}
	return l, err
}
