// Package upload sends what the spool holds: it seals each batch at the moment
// of sending, hands it to a relay, and waits for the store's reply. It is the
// only place of the agent that dials.
//
// It promises that a batch leaves the spool only on an authentic reply of the
// store, that page and fragment never leave together (each has a random delay
// of its own), and that nothing is dialled or sent while the host does not
// take part. Hints of a relay hold, delay or re-seal; they never delete. No
// network, a relay that forgets, or a store that is down mean waiting and
// sending again; what waits is bounded by the spool.
package upload

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tacit-telemetry/tacit/agent/outbox"
	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Errors that end a round of sending. The batches stay in the spool.
var (
	// ErrHeld says that the host does not take part, or its clock is not set.
	ErrHeld = errors.New("sending is held")
	// ErrNoReply says that no reply came in time. Most likely the store or a
	// relay is away; the next round sends again.
	ErrNoReply = errors.New("no reply in time")
	// ErrNoRelay says that the relay cannot be reached.
	ErrNoRelay = errors.New("no connection")
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

// Config says where to send and how.
type Config struct {
	Relay      string            // nats:// or tls:// URL
	Credential string            // the channel's, shared by all agents
	Vendor     ed25519.PublicKey // that signs the key list
	Dir        string            // owner only: the last key list, the pages' numbers
	Root       page.Root
	Spool      Spool
	Outbox     *outbox.Outbox
	// Passes says whether nothing in a batch tells who this is. One that does
	// not is kept for its user to see, and is not sent.
	Passes func(spool.Batch) (bool, error)
	// MaySend says whether anything may leave now.
	MaySend func() bool
	Window  time.Duration // each envelope waits a random part of it; 0: 1 hour
	Timeout time.Duration // for a reply, after which it is sent again; 0: 30 min
	Tries   int           // sendings of one envelope in a round; 0: 3
	Now     func() time.Time
	Logger  *slog.Logger
}

// maxAssigned bounds the pages that have a place and no reply: a lookup stops
// after twice as many misses, so that it finds whatever came through.
const maxAssigned = 8

// Summary is what one round of sending did.
type Summary struct {
	Sent    int            // envelopes that left, resends included
	Bytes   int            // that left
	Sizes   []int          // sealed content of each batch, in bytes
	Batches int            // that were to be sent
	Replies int            // authentic replies
	Kept    map[string]int // outcomes that the user should see, by status
}

// Uploader is safe for concurrent use.
type Uploader struct {
	config Config
	keys   *keyStore
	places *places

	round    chan struct{} // holds one: one round at a time
	dialling sync.Mutex    // one dial at a time

	later atomic.Int64 // Unix seconds before which the relay wants nothing

	mu     sync.Mutex
	link   *link
	giveUp context.CancelFunc // ends the dial that is under way
	hurry  chan struct{}      // closed to end delays
	taught lesson             // about the clock of this host
}

// New returns an uploader. It does not dial.
func New(c Config) (*Uploader, error) {
	if c.Window == 0 {
		c.Window = time.Hour
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Minute
	}
	if c.Tries == 0 {
		c.Tries = 3
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	keys, err := openKeys(c.Dir, c.Vendor)
	if err != nil {
		return nil, err
	}
	places, err := openPlaces(c.Dir)
	if err != nil {
		return nil, err
	}
	return &Uploader{config: c, keys: keys, places: places, giveUp: func() {}, hurry: make(chan struct{}), round: make(chan struct{}, 1)}, nil
}

// Hurry ends the random delays of the round that is on, if any: a user asked
// to send now, and his envelopes are not mixed in time.
func (u *Uploader) Hurry() {
	u.mu.Lock()
	defer u.mu.Unlock()
	close(u.hurry)
	u.hurry = make(chan struct{})
}

// Hangup closes the connection, also one that is being made. Nothing is
// dialled until the next round.
func (u *Uploader) Hangup() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.giveUp()
	if u.link != nil {
		u.link.close()
		u.link = nil
	}
}

// held says why nothing may leave now, or nil.
func (u *Uploader) held() error {
	if u.config.Now().Before(schema.EarliestClock) {
		return fmt.Errorf("%w: the clock of this host is not set", ErrHeld)
	}
	if !u.config.MaySend() {
		return fmt.Errorf("%w: this host does not take part", ErrHeld)
	}
	later := time.Unix(u.later.Load(), 0)
	// A relay may ask for no more; if it is, the clock was set back.
	if left := later.Sub(u.config.Now()); left > 0 && left <= wire.MaxLater {
		return fmt.Errorf("%w until %s", ErrLater, later.UTC().Format(time.RFC3339))
	}
	return nil
}

// Flush sends everything that is pending and returns when each batch has its
// outcome or cannot have one now. With hurry it does not spread the envelopes
// over the window. The first error is returned; the other batches go on.
func (u *Uploader) Flush(ctx context.Context, hurry bool) (Summary, error) {
	if hurry {
		u.Hurry()
	}
	select {
	case u.round <- struct{}{}:
		defer func() { <-u.round }()
	case <-ctx.Done():
		return Summary{}, ctx.Err()
	}
	sum := Summary{Kept: map[string]int{}}
	window := u.config.Window
	if hurry {
		window = 0
	}
	var failed error
	for turn := 0; failed == nil && turn < maxTurns; turn++ {
		batches := u.choose()
		if len(batches) == 0 {
			break
		}
		if failed = u.held(); failed == nil {
			failed = u.send(ctx, batches, window, &sum)
		}
	}
	if failed != nil || u.held() != nil {
		u.Hangup() // the next round dials anew and fetches the key list again
	}
	return sum, failed
}

// choose returns the batches of the next turn, in random order: all fragments,
// and pages as far as places are free.
func (u *Uploader) choose() []spool.Batch {
	var out []spool.Batch
	pages := 0
	for _, b := range u.config.Spool.Pending() {
		if b.Kind == pageKind {
			if pages++; pages > maxAssigned {
				continue
			}
		}
		if len(out) < maxTurn {
			out = append(out, b)
		}
	}
	rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// A round is bounded: what is left goes with the next one.
const (
	maxTurn  = 32 // envelopes under way at once
	maxTurns = 64 // in a round
)

// send sends batches, which are in random order, each after a delay of its own.
// What stops one of them stops those that have not left.
func (u *Uploader) send(ctx context.Context, batches []spool.Batch, window time.Duration, sum *Summary) error {
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		failed error
	)
	u.mu.Lock()
	hurry := u.hurry
	u.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for i, b := range batches {
		delay := delayIn(window, i, len(batches))
		wg.Go(func() {
			wait(ctx, delay, hurry)
			one, err := u.deliver(ctx, b.ID)
			mu.Lock()
			defer mu.Unlock()
			sum.add(one)
			if failed == nil {
				failed = err
			}
			if err != nil && !errors.Is(err, ErrNoReply) {
				cancel() // what stops one stops all: no relay, no key, a site that is off
			}
		})
	}
	wg.Wait()
	return failed
}

// delayIn returns a random moment of the i-th of n slots of the window. It lies
// in the first half of the slot, so that no two envelopes leave together, a page
// and a fragment least of all.
func delayIn(window time.Duration, i, n int) time.Duration {
	slot := window / time.Duration(n)
	if slot < 2 {
		return 0
	}
	return time.Duration(i)*slot + rand.N(slot/2)
}

func (s *Summary) add(d delivery) {
	s.Batches++
	s.Sent += d.sent
	s.Bytes += d.bytes
	if d.size > 0 {
		s.Sizes = append(s.Sizes, d.size)
	}
	if d.replied {
		s.Replies++
	}
	if d.kept != "" {
		s.Kept[d.kept]++
	}
}

// wait waits for the delay, or less when somebody hurries.
func wait(ctx context.Context, delay time.Duration, hurry <-chan struct{}) {
	if delay == 0 {
		return
	}
	t := time.NewTimer(delay)
	defer t.Stop()
	select {
	case <-t.C:
	case <-hurry:
	case <-ctx.Done():
	}
}

// connect returns the connection, dialling if there is none.
func (u *Uploader) connect(ctx context.Context) (*link, error) {
	u.dialling.Lock()
	defer u.dialling.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if l, err := u.connected(cancel); l != nil || err != nil {
		return l, err
	}
	l, err := u.dial(ctx)
	if held := u.held(); err != nil && held != nil {
		return nil, held // that is why it was given up
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
	if err := u.held(); err != nil {
		return nil, err
	}
	u.giveUp = giveUp
	return nil, nil
}

// dial connects to the relay and fetches the key list.
func (u *Uploader) dial(ctx context.Context) (*link, error) {
	l, err := dial(ctx, u.config.Relay, u.config.Credential)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoRelay, err)
	}
	if err := u.keys.fetch(ctx, l.conn); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}
