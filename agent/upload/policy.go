package upload

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// word is what the relay of a connection has told of the site's policy.
type word uint8

const (
	unheard    word = iota // nothing, or nothing that could be kept
	heard                  // a policy, or that there is none
	unreadable             // once something else: this connection is held for good
)

// errUnheard says that nothing may leave before the policy was heard.
var errUnheard = errors.New("the relay did not tell the site's policy on this connection")

// mute says why no envelope may leave on this connection, or nil.
func (l *link) mute() error {
	l.policy.Lock()
	defer l.policy.Unlock()
	if l.word != heard {
		return fmt.Errorf("%w: %w", ErrHeld, errUnheard)
	}
	return nil
}

// ask asks for the policy, unless it was heard on this connection. While the
// site is off nothing is asked for.
func (u *Uploader) ask(ctx context.Context, l *link) error {
	l.policy.Lock()
	word := l.word
	l.policy.Unlock()
	if word != unheard || u.config.SiteOff() {
		return nil
	}
	bounded, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	m, err := l.conn.RequestWithContext(bounded, wire.SubjectGetPolicy, nil)
	if err != nil {
		if ctx.Err() == nil && l.conn.IsConnected() {
			u.troubles.set(ofPolicy, noPolicy)
		}
		return fmt.Errorf("ask for the site's policy: %w", err)
	}
	return u.hear(l, m.Data, false)
}

// push takes what a relay tells unasked.
func (u *Uploader) push(l *link, b []byte) {
	_ = u.hear(l, b, true) // hear has said so
	u.recheck()
}

// hear takes a relay's word on the site's policy.
func (u *Uploader) hear(l *link, b []byte, pushed bool) error {
	l.policy.Lock()
	defer l.policy.Unlock()
	if l.pushed && !pushed {
		return nil // the answer was overtaken
	}
	l.pushed = pushed
	p, err := wire.ParsePolicy(b)
	switch {
	case len(b) == 0 && !pushed:
		err = u.config.Site.HearNone()
	case err != nil:
		l.word = unreadable
		u.troubles.set(ofPolicy, badPolicy)
		return nil // the connection stays for what is pushed later: an off counts
	default:
		err = u.config.Site.Hear(p)
	}
	if err != nil {
		if l.word == heard {
			l.word = unheard
		}
		u.config.Logger.Error("keep the site's policy", slog.String("error", err.Error()))
		return fmt.Errorf("keep the site's policy: %w", err)
	}
	if l.word != unreadable {
		l.word = heard
		u.troubles.set(ofPolicy, "")
	}
	return nil
}
