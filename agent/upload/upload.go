// Package upload sends what the spool holds: it seals each batch at the moment
// of sending, hands it to a relay, and waits for the store's reply. It is the
// only place of the agent that dials.
//
// It promises that a batch leaves the spool only on an authentic reply of the
// store, that page and fragment never leave together (each has a random delay
// of its own), and that nothing is dialled while this host refuses. Hints of a
// relay hold, delay or re-seal; they never delete. No network, a relay that
// forgets, or a store that is down mean waiting and sending again; what waits
// is bounded by the spool.
//
// A connection begins with a subscription to the site's policy and the request
// for it. Until the policy was heard on that very connection nothing else is
// asked for and no envelope leaves, and after a policy that cannot be read none
// ever does. While the site is off there is no request either, not even for
// the policy: what turns the site on again is pushed. During the grace after
// the first start the agent listens and asks for the policy; key list and
// envelopes wait.
//
// What a user orders to erase is the exception to all of that: [Eraser] dials for
// it whatever this host and its site say, on a connection that carries nothing
// else.
//
// Several relays are alternatives: each dial tries them in random order, under
// a fresh random name.
package upload

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/agent/outbox"
	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Errors that end a round of sending. The batches stay in the spool.
var (
	// ErrHeld says that this host or its site does not take part, that the
	// site's policy was not heard, or that the clock is not set.
	ErrHeld = errors.New("sending is held")
	// ErrNoReply says that no reply came in time. Most likely the store or a
	// relay is away; the next round sends again.
	ErrNoReply = errors.New("no reply in time")
	// ErrNoRelay says that no relay can be reached; see [Uploader.Trouble].
	ErrNoRelay = errors.New("no connection to the relay")
	// ErrLost says that the connection ended while replies were outstanding.
	ErrLost = errors.New("the connection to the relay ended")
	// ErrSiteOff says that the relay answered that its site is off.
	ErrSiteOff = errors.New("the site's relay answers off")
	// ErrLater says that the relay asked to wait longer than a round does.
	ErrLater = errors.New("the relay asks to wait")
	// ErrNoKey says that no relay gave a key list.
	ErrNoKey = errors.New("there is no key list")
)

// Spool is what upload needs of the spool.
type Spool interface {
	Pending() []spool.Batch
	Load(id schema.BatchID) (spool.Batch, bool, error)
	Assign(ctx context.Context, id schema.BatchID, a spool.Assigned) error
	Release(ctx context.Context, id schema.BatchID, status wire.Status) error
	Cut(ctx context.Context, c spool.Cut) error
}

// Site takes what a relay told of its site's decision. It keeps it before it
// returns; after an error nothing is sent on that connection.
type Site interface {
	// Hear takes the site's policy.
	Hear(p wire.Policy) error
	// HearNone takes that the relay has no policy to tell.
	HearNone() error
}

// Config says where to send and how.
type Config struct {
	// Relays are the URLs of relays, tls://host:port or nats://host:port.
	// Empty: nothing is dialled.
	Relays []string
	// Fingerprint is of the certificate that a tls:// relay must show. Zero:
	// the system's roots decide, and the host's name.
	Fingerprint certificate.Fingerprint
	Credential  string            // the channel's, shared by all agents
	Vendor      ed25519.PublicKey // that signs the key list; none: nothing is sent
	Dir         string            // owner only: the last key list, the pages' numbers
	Root        page.Root
	Build       page.Build // stands outside the seal of every page
	Spool       Spool
	Outbox      *outbox.Outbox
	// Passes says whether nothing in a batch tells who this is. One that does
	// not is kept for its user to see, and is not sent.
	Passes func(spool.Batch) (bool, error)
	// MayGo says whether all that a batch holds takes part now. One that does
	// not stays in the spool. Nil: every batch does.
	MayGo func(spool.Batch) (bool, error)
	// MaySend says whether anything may leave now.
	MaySend func() bool
	// MayListen says whether this host allows a connection. MaySend implies it.
	MayListen func() bool
	// SiteOff says whether off is the last that the site said. No request is
	// made then.
	SiteOff func() bool
	Site    Site
	Window  time.Duration    // each envelope waits a random part of it; 0: 1 hour
	Timeout time.Duration    // for a reply, after which it is sent again; 0: 30 min
	Tries   int              // sendings of one envelope in a round; 0: 3
	Now     func() time.Time // nil: time.Now
	Logger  *slog.Logger     // nil: discard
}

// Uploader is safe for concurrent use.
type Uploader struct {
	config   Config
	dialer   dialer
	keys     *keyStore
	places   *places
	troubles troubles

	round chan struct{} // holds one: one round at a time
	line  chan struct{} // holds one: who connects, asks for the policy or fetches keys
	woken chan struct{} // holds one: look at once whether to connect

	started   time.Time               // by the clock that nobody sets
	inherited map[schema.BatchID]bool // that an earlier process left

	later    later // the relay asked for
	askLater later // and for what users ask, of which it takes few a day

	mu       sync.Mutex
	link     *link
	giveUp   context.CancelFunc                     // ends the dial that is under way
	endRound context.CancelCauseFunc                // ends the round that is on
	hurrying int                                    // rounds that hurry and wait for the one that is on
	hurry    chan struct{}                          // closed while there are any: there are no delays
	taught   lesson                                 // about the clock of this host
	asking   map[context.Context]context.CancelFunc // ends each request that is under way
}

// New returns an uploader. It does not dial.
func New(c Config) (*Uploader, error) {
	c.defaults()
	relays, err := parseRelays(c.Relays)
	if err != nil {
		return nil, err
	}
	keys, err := openKeys(c.Dir, c.Vendor)
	if err != nil {
		return nil, err
	}
	places, err := openPlaces(c.Dir)
	if err != nil {
		return nil, err
	}
	inherited := map[schema.BatchID]bool{}
	for _, b := range c.Spool.Pending() {
		inherited[b.ID] = true
	}
	return &Uploader{
		started: time.Now(), inherited: inherited,
		config: c, dialer: dialer{relays: relays, fingerprint: c.Fingerprint, credential: c.Credential}, keys: keys, places: places, troubles: troubles{logger: c.Logger},
		round: make(chan struct{}, 1), line: make(chan struct{}, 1), woken: make(chan struct{}, 1),
		giveUp: func() {}, endRound: func(error) {}, hurry: make(chan struct{}), asking: map[context.Context]context.CancelFunc{},
	}, nil
}

func (c *Config) defaults() {
	c.Window = cmp.Or(c.Window, time.Hour)
	c.Timeout = cmp.Or(c.Timeout, 30*time.Minute)
	c.Tries = cmp.Or(c.Tries, 3)
	if c.MayGo == nil {
		c.MayGo = func(spool.Batch) (bool, error) { return true, nil }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
}

// mayListen says whether a connection may be: the host allows it, there is a
// relay, and the clock was set, without which no certificate can be judged.
func (u *Uploader) mayListen() bool {
	return len(u.dialer.relays) > 0 && u.clockSet() && u.config.MayListen()
}

func (u *Uploader) clockSet() bool { return !u.config.Now().Before(schema.EarliestClock) }

// held says why nothing may leave now, or nil.
func (u *Uploader) held() error {
	if !u.clockSet() {
		return fmt.Errorf("%w: the clock of this host is not set", ErrHeld)
	}
	if !u.config.MaySend() {
		return fmt.Errorf("%w: this host or its site does not take part", ErrHeld)
	}
	now := u.config.Now()
	if left := u.later.left(now); left > 0 {
		return fmt.Errorf("%w until %s", ErrLater, now.Add(left).UTC().Format(time.RFC3339))
	}
	return nil
}
