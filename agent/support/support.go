package support

import (
	"context"
	"errors"
	"fmt"
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
}

// Support is safe for concurrent use.
type Support struct {
	config Config

	mu    sync.Mutex
	codes codes
	boxes map[schema.Day]*box
}

// Open reads which codes live.
func Open(c Config) (*Support, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	codes, err := readCodes(c.Dir)
	if err != nil {
		return nil, err
	}
	return &Support{config: c, codes: codes, boxes: map[schema.Day]*box{}}, nil
}

// Minted is a code, and what it opens.
type Minted struct {
	Code  page.Code
	Days  int       // up to today
	Until time.Time // when it ends, UTC

	grant page.Grant
}

// Mint makes a code that opens the last days days, of which one is today, through
// the day on which it ends: today, or tomorrow when little is left of today. It
// opens once it is delivered. Errors wrap [ErrTooMany], or say that the days are
// too many.
func (s *Support) Mint(days int) (Minted, error) {
	m := Minted{Code: page.NewCode(), Days: days}
	return m, s.seal(&m, s.config.Sender.Today())
}

// seal seals the grant as of a day, and notes it.
func (s *Support) seal(m *Minted, today schema.Day) (err error) {
	expiry := today
	if s.config.Now().UTC().Hour() >= laterFrom {
		expiry++
	}
	if m.grant, err = page.SealGrant(s.config.Root, m.Code, today, m.Days, expiry); err != nil {
		return err
	}
	m.Until = (expiry + 1).Time()
	return s.add(m.grant)
}

// Deliver gives the grant to the store. When it returns nil the code opens. A host
// whose clock is wrong by days seals it anew, by the store's.
func (s *Support) Deliver(ctx context.Context, m *Minted) error {
	for range maxRedates {
		r, err := s.config.Sender.Ask(ctx, request(envelope.Grant, m.grant.Tag, m.grant.Marshal()))
		switch {
		case err != nil:
			return err
		case r.Status == wire.Stored:
			return nil
		case r.Status != wire.Redate && r.Status != wire.Expired:
			return fmt.Errorf("%w: %s", ErrRefused, r.Status)
		}
		if err := s.seal(m, r.Day); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: its day and this host's differ", ErrRefused)
}

func request(kind envelope.Kind, tag page.Tag, payload []byte) upload.Request {
	return upload.Request{Kind: kind, Tag: tag, Payload: payload}
}

// Revoke has the store destroy the grants of all codes that may live. It returns
// how many are revoked, and the first error; those stay noted.
func (s *Support) Revoke(ctx context.Context) (revoked int, err error) {
	s.mu.Lock()
	all := s.codes.Codes
	s.mu.Unlock()
	for _, l := range all {
		g, bad := l.grant()
		if bad == nil {
			bad = s.revoke(ctx, g)
		}
		if err == nil {
			err = bad
		}
		if bad == nil {
			revoked++
		}
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

// errNotes says that an answer holds no notes.
var errNotes = errors.New("the store's answer holds no notes")
