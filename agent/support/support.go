package support

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Sender sends what a user asked for: [upload.Uploader] does.
type Sender interface {
	Ask(ctx context.Context, r upload.Request) (envelope.Reply, error)
	// Today is the day by which pages are sealed.
	Today() schema.Day
}

// Config says for which installation, and how its requests leave.
type Config struct {
	Dir    string           // owner only; required
	Root   page.Root        // required
	Sender Sender           // required
	Now    func() time.Time // nil: time.Now
	Logger *slog.Logger     // nil: discard
}

// Support is safe for concurrent use.
type Support struct {
	config Config
	woken  chan struct{} // holds one: something is owed to the store

	mu    sync.Mutex
	codes codes
	busy  map[page.Tag]int // of how many callers each is, which Run leaves alone
	boxes map[schema.Day]*box
}

// Open reads which codes live.
func Open(c Config) (*Support, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	codes, err := readCodes(c.Dir)
	if err != nil {
		return nil, err
	}
	return &Support{config: c, woken: make(chan struct{}, 1), codes: codes, busy: map[page.Tag]int{}, boxes: map[schema.Day]*box{}}, nil
}

// Minted is a code, and what it opens.
type Minted struct {
	Code  page.Code
	Days  int       // up to today
	Until time.Time // when it ends, UTC

	grant page.Grant
	done  func() // whoever waits for it has ended
}

// Mint makes a code that opens the last days days, of which one is today, through
// the day on which it ends: today, or tomorrow when little is left of today. It
// opens once it is delivered. Errors wrap [ErrTooMany], or say that the days are
// too many. After none, call [Support.Deliver].
func (s *Support) Mint(days int) (Minted, error) {
	m := Minted{Code: page.NewCode(), Days: days}
	m.done = s.claim(m.Code.Tag())
	err := s.seal(&m, s.config.Sender.Today())
	if err == nil {
		err = s.add(m.grant)
	}
	if err != nil {
		m.done()
	}
	return m, err
}

// seal seals the grant as of a day.
func (s *Support) seal(m *Minted, today schema.Day) (err error) {
	expiry := today
	if s.config.Now().UTC().Hour() >= laterFrom {
		expiry++
	}
	m.grant, err = page.SealGrant(s.config.Root, m.Code, today, m.Days, expiry)
	m.Until = (expiry + 1).Time()
	return err
}

// Deliver gives the grant to the store. When it returns nil the code opens. A host
// whose clock is wrong by days seals it anew, by the store's. After an error that
// wraps [ErrRefused] the code is dead; after another one [Support.Run] goes on.
func (s *Support) Deliver(ctx context.Context, m *Minted) error {
	defer m.done()
	if !s.lives(m.grant.Tag) {
		return errRevoked // another installation came in between
	}
	for range maxRedates {
		r, err := s.config.Sender.Ask(ctx, request(envelope.Grant, m.grant.Tag, m.grant.Marshal()))
		switch {
		case err != nil:
			return err
		case r.Status == wire.Stored:
			s.note("note that the store has a support code", s.confirm(m.grant.Tag))
			return nil
		case r.Status != wire.Redate && r.Status != wire.Expired:
			return errors.Join(fmt.Errorf("%w: %s", ErrRefused, r.Status), s.remove(m.grant.Tag))
		}
		err = s.seal(m, r.Day)
		if err == nil {
			err = s.redate(m.grant)
		}
		if err != nil {
			return err
		}
	}
	return errors.Join(fmt.Errorf("%w: its day and this host's differ", ErrRefused), s.remove(m.grant.Tag))
}

// note logs what could not be noted; the store is told again then, which answers
// the same.
func (s *Support) note(what string, err error) {
	if err != nil {
		s.config.Logger.Warn(what, slog.String("error", err.Error()))
	}
}

func request(kind envelope.Kind, tag page.Tag, payload []byte) upload.Request {
	return upload.Request{Kind: kind, Tag: tag, Payload: payload}
}

// Revoke has the store destroy the grants of all codes that may live. It returns
// how many are revoked, and the first error; [Support.Run] goes on with those.
func (s *Support) Revoke(ctx context.Context) (revoked int, err error) {
	err = s.revokeAll() // when that cannot be noted, the store is told all the same
	for _, g := range s.grants() {
		done := s.claim(g.Tag)
		if bad := s.revoke(ctx, g); bad == nil {
			revoked++
		} else if err == nil {
			err = bad
		}
		done()
	}
	return revoked, err
}

func (s *Support) revoke(ctx context.Context, g page.Grant) error {
	order := g.Revocation()
	r, err := s.config.Sender.Ask(ctx, request(envelope.Grant, g.Tag, order.Marshal()))
	switch {
	case err != nil:
		return err
	case r.Status != wire.Done && r.Status != wire.Expired:
		return fmt.Errorf("%w: %s", ErrRefused, r.Status)
	}
	return s.remove(g.Tag)
}

var (
	// errNotes says that an answer holds no notes.
	errNotes = errors.New("the store's answer holds no notes")
	// errRevoked says that a code was taken back while it was sealed anew.
	errRevoked = fmt.Errorf("%w: it was taken back", ErrRefused)
)
