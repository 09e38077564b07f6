package forward

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Files are the stream's on disk, below the server that keeps it. They are soft
// state: agents have what is in them, and send it again.
type Files interface {
	// StreamThere says whether the files are there that were opened.
	StreamThere() bool
	// StreamRoom says whether the disk takes a crate.
	StreamRoom() error
	// ReopenStream opens them anew; with discard they are removed first.
	ReopenStream(ctx context.Context, discard bool) error
}

// How often the stream is looked at, and while it is in trouble; how long one
// look, and what it does, may take; and for how long silence may be that of a
// busy machine before files are removed for it.
const (
	lookEvery    = 2 * time.Second
	lookSooner   = time.Second
	lookWithin   = 8 * time.Second
	busyMachines = 30 * time.Second
)

// remedy is how hard a mending tries. Each is taken when the one before did not
// make the stream take a crate.
type remedy uint8

const (
	remake  remedy = iota // make what is missing of stream and consumers, and have these begin anew
	reopen                // open the files anew: a server that met a full disk forgets how to write
	discard               // remove the files and begin anew
)

// mender is what mending remembers, for the one goroutine that does it.
type mender struct {
	next   remedy
	crates uint64    // that had been taken at the last mending
	since  time.Time // of the trouble; zero: there is none
	stood  time.Time // when a consumer last stood still
	said   string    // what was logged last
}

// keep looks at the stream, and mends it, until ctx ends.
func (f *Forward) keep(ctx context.Context) {
	for next := lookEvery; ; {
		select {
		case <-ctx.Done():
			return
		case <-f.sick:
		case <-time.After(next):
		}
		next = lookEvery
		if !f.look(ctx) {
			next = lookSooner
		}
	}
}

// look mends what it finds. It returns false when the stream still does not
// work, or may not.
func (f *Forward) look(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	err := f.sound(ctx)
	if err == nil && f.failed.Load() == 0 {
		f.mender.since, f.mender.said = time.Time{}, ""
		return true
	}
	if ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled) {
		return true // it is stopped
	}
	if full := f.cfg.Files.StreamRoom(); full != nil {
		f.say("the stream waits for room on its disk", full)
		return false
	}
	return f.mend(ctx, f.choose(err), err)
}

// choose says which remedy is next for a stream that answers with err, or, when
// that is nil, answers and takes nothing.
func (f *Forward) choose(err error) remedy {
	m, now := &f.mender, time.Now()
	if m.since.IsZero() {
		m.since = now
	}
	switch {
	case errors.Is(err, errGone):
		return discard
	case errors.Is(err, errStill):
		again := now.Sub(m.stood) < 2*standsAfter
		m.stood = now
		if again {
			return discard
		}
		return remake
	}
	if taken := f.counts.crates.Load(); taken != m.crates {
		m.crates, m.next = taken, remake
	}
	r := m.next
	if err == nil {
		r = max(r, reopen)
	}
	silent := err == nil || errors.Is(err, nats.ErrTimeout) || errors.Is(err, context.DeadlineExceeded)
	if silent && r == discard && now.Sub(m.since) < busyMachines {
		r = reopen
	}
	m.next = min(r+1, discard)
	return r
}

// mend takes one remedy.
func (f *Forward) mend(ctx context.Context, r remedy, why error) bool {
	if why == nil {
		why = errors.New("it takes no crate")
	}
	f.say("the stream does not work and is mended", why)
	var err error
	if r > remake {
		err = f.cfg.Files.ReopenStream(ctx, r == discard)
	}
	if err == nil {
		err = f.makeStream(ctx)
	}
	if r == discard {
		f.senders.turnAway(f.setOver(&way{}))
	}
	if err != nil {
		f.say("the stream could not be mended yet", err)
		return false
	}
	f.failed.Store(0)
	f.counts.mended.Add(1)
	f.cfg.Mended()
	return true
}

// say logs a trouble once.
func (f *Forward) say(text string, err error) {
	reason := err.Error()
	if answer, ok := errors.AsType[*jetstream.APIError](err); ok { // its text may name a file
		reason = fmt.Sprintf("it answers with error %d", answer.ErrorCode)
	}
	if now := text + reason; f.mender.said != now {
		f.mender.said = now
		f.cfg.Logger.Warn(text, slog.String("reason", reason))
	}
}

// setOver sets what crates go over from now on, and returns what it was.
func (f *Forward) setOver(over *way) (was *way) {
	f.mu.Lock()
	defer f.mu.Unlock()
	was, f.over = f.over, over
	return was
}

// fell books a crate that the stream did not take, and has it looked at.
func (f *Forward) fell() {
	f.failed.Add(1)
	select {
	case f.sick <- struct{}{}:
	default: // it is known
	}
}
