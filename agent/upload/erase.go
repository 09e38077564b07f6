package upload

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Errors of an order to erase. Nothing has changed.
var (
	// ErrUnderWay says that so much of earlier erasures is not confirmed that no
	// more is taken. Wait until the store is reached.
	ErrUnderWay = errors.New("earlier erasures are not confirmed yet")
	// ErrNowhere says that there is no relay to send an erasure through.
	ErrNowhere = errors.New("there is no relay in this agent's configuration")
)

// EraserConfig says where to send erasures and how. Fields are as in [Config].
type EraserConfig struct {
	Relays      []string
	Fingerprint certificate.Fingerprint
	Credential  string
	Vendor      ed25519.PublicKey
	Dir         string           // owner only: what is to be erased, the last key list
	Timeout     time.Duration    // of a connection that waits for replies; 0: 30 min
	Now         func() time.Time // nil: time.Now
	Logger      *slog.Logger     // nil: discard
}

// Eraser sends what its user ordered to erase, until the store has confirmed all
// of it, also after restarts. It has a connection of its own, which it makes for
// this and closes after it: an erasure goes out although this host or its site
// does not take part, and nothing else does on that connection.
//
// What is ordered is bounded (about 1,000 envelopes). A relay's hint delays and
// never ends it. It is safe for concurrent use.
type Eraser struct {
	config EraserConfig
	dialer dialer
	keys   *keyStore
	woken  chan struct{} // holds one: look at once

	mu      sync.Mutex
	order   *order
	changed chan struct{}      // closed and replaced with every change of order
	trouble string             // of the last round, for people
	later   later              // a relay asked for
	end     context.CancelFunc // ends the round that is on
}

// NewEraser returns an eraser of what the file in Dir says. It does not dial.
func NewEraser(c EraserConfig) (*Eraser, error) {
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Minute
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	relays, err := parseRelays(c.Relays)
	if err != nil {
		return nil, err
	}
	e := &Eraser{
		config: c, dialer: dialer{relays: relays, fingerprint: c.Fingerprint, credential: c.Credential},
		woken: make(chan struct{}, 1), changed: make(chan struct{}), end: func() {},
	}
	if e.keys, err = openKeys(c.Dir, c.Vendor); err != nil {
		return nil, err
	}
	if e.order, err = readOrder(c.Dir); err != nil {
		return nil, err
	}
	return e, nil
}

// Order takes the order to erase all pages of an installation that was made on
// the day since: those that were given a number, and 16 more a day. When it
// returns the order is on disk. The installation's keys are not needed any more
// and its numbers neither: make a new one, before anything else is sent. Errors
// wrap [ErrUnderWay] or [ErrNowhere].
func (e *Eraser) Order(root page.Root, since schema.Day) error {
	if len(e.dialer.relays) == 0 {
		return ErrNowhere
	}
	numbers, err := openPlaces(e.config.Dir)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.config.Now()
	next := *e.order
	if err := next.add(root, numbers.next, since, schema.DayOf(now)); err != nil {
		return err
	}
	next.Ordered = now.Unix()
	if err := next.write(e.config.Dir); err != nil {
		return err
	}
	e.later.forget()
	e.change(&next)
	return nil
}

// Ordered says whether it is this installation that the last order is of: then
// it must be replaced, and a crash came before that.
func (e *Eraser) Ordered(root page.Root) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.order.Of == nameOf(root)
}

// Wake lets Run look at once: it ends the round that is on.
func (e *Eraser) Wake() {
	e.mu.Lock()
	e.end()
	e.mu.Unlock()
	select {
	case e.woken <- struct{}{}:
	default: // it is awake already
	}
}

// change takes a new state. Callers hold mu.
func (e *Eraser) change(o *order) {
	e.order = o
	close(e.changed)
	e.changed = make(chan struct{})
}

// Erasure says how far the last erasure is.
type Erasure struct {
	Ordered     time.Time      // zero: none was ever ordered
	Finished    time.Time      // zero: not yet
	Envelopes   int            // that it takes
	Confirmed   int            // by the store
	Refused     map[string]int // by the store for good, by status; never seen of this version's store
	Pages       int            // that the store has erased
	Open        int            // named pages that were not there, and are kept by the store if they come: it has no room to note them
	ForgottenBy schema.Day     // day by which the brokers have forgotten too; 0: not known yet
	Trouble     string         // why the last try did not finish it, in a sentence for people
}

// State returns how far the last erasure is.
func (e *Eraser) State() Erasure {
	e.mu.Lock()
	defer e.mu.Unlock()
	o := e.order
	s := Erasure{
		Envelopes: o.Total, Confirmed: o.Confirmed, Refused: o.Refused, Pages: o.Pages, Open: o.Open, ForgottenBy: o.ForgottenBy,
	}
	if o.Ordered != 0 {
		s.Ordered = time.Unix(o.Ordered, 0).UTC()
	}
	if o.Finished != 0 {
		s.Finished = time.Unix(o.Finished, 0).UTC()
	} else {
		s.Trouble = e.trouble
	}
	return s
}

// Wait waits until nothing is left to erase, or ctx ends, and returns how far it
// is.
func (e *Eraser) Wait(ctx context.Context) Erasure {
	for {
		e.mu.Lock()
		left, changed := len(e.order.Unsent), e.changed
		e.mu.Unlock()
		if left == 0 || ctx.Err() != nil {
			return e.State()
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// Run sends what is ordered, with growing pauses while it is not confirmed,
// until ctx ends.
func (e *Eraser) Run(ctx context.Context) {
	for pause := firstPause; ctx.Err() == nil; {
		if len(e.waiting()) == 0 {
			pause = firstPause
			select {
			case <-e.woken:
			case <-ctx.Done():
			}
			continue
		}
		err := e.round(ctx)
		e.note(err)
		if err == nil {
			pause = firstPause
			continue // there may be more
		}
		if e.rest(ctx, pause) {
			pause = firstPause
		} else {
			pause = min(2*pause, maxErasePause)
		}
	}
}

// maxErasePause bounds the pause between tries.
const maxErasePause = time.Hour

// rest waits, as long as a relay asked for at least. It returns true when it was
// woken.
func (e *Eraser) rest(ctx context.Context, pause time.Duration) (woken bool) {
	t := time.NewTimer(max(pause/2+rand.N(pause), e.later.left(e.config.Now())))
	defer t.Stop()
	select {
	case <-t.C:
	case <-e.woken:
		return true
	case <-ctx.Done():
	}
	return false
}

// settle takes the store's reply to one envelope.
func (e *Eraser) settle(batch schema.BatchID, r envelope.Reply) {
	e.mu.Lock()
	defer e.mu.Unlock()
	next := *e.order
	next.Unsent = nil
	for _, u := range e.order.Unsent {
		if u.Batch != batch {
			next.Unsent = append(next.Unsent, u)
		}
	}
	if len(next.Unsent) == len(e.order.Unsent) {
		return // it was answered before
	}
	next.take(r)
	if len(next.Unsent) == 0 {
		next.Finished = e.config.Now().Unix()
	}
	if err := next.write(e.config.Dir); err != nil {
		e.config.Logger.Error("note what is erased", slog.String("error", err.Error()))
	}
	e.change(&next)
}

// take counts a reply: u32 day by which the brokers have forgotten | u32 pages |
// u32 pages that were not there and are kept if they come.
func (o *order) take(r envelope.Reply) {
	if r.Status != wire.Done {
		refused := map[string]int{r.Status.String(): 1}
		for status, n := range o.Refused {
			refused[status] += n
		}
		o.Refused = refused
		return
	}
	o.Confirmed++
	if len(r.Data) >= 12 {
		o.ForgottenBy = max(o.ForgottenBy, schema.Day(binary.BigEndian.Uint32(r.Data)))
		o.Pages += int(binary.BigEndian.Uint32(r.Data[4:]))
		o.Open += int(binary.BigEndian.Uint32(r.Data[8:]))
	}
}
