package policy

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Policy is the site's decision. Make one with Open; there is nothing to close.
type Policy struct {
	c     Config
	state atomic.Pointer[State] // never nil
	woken chan struct{}         // holds one wake-up of Push

	mu         sync.Mutex // held over the disk
	seen       *witness   // the highest that this process saw to hold; nil: none yet
	refused    Settings   // switches that are off here were not saved: a refusal that no disk took
	writeErr   error      // of the last attempt to begin
	witnessErr error      // of the last attempt to write the witness
	retry      time.Time  // when what could not be written is tried again
	checked    record     // of the log as it was read last, as far as it was whole
	taken      reading    // what the state is from
	again      bool       // something is still to be written
}

// Open reads the policy, or begins it at the first start. What the files say is
// never an error: what cannot be believed is a policy that holds, and State
// tells why. An error is about the configuration or the directory.
func Open(c Config) (*Policy, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := durable.MakeOwnerDir(c.Dir); err != nil {
		return nil, fmt.Errorf("open policy: %w", bare(err))
	}
	p := &Policy{c: c, woken: make(chan struct{}, 1)}
	p.state.Store(&State{Policy: wire.Policy{Level: schema.Standard}})
	p.look(lockWait)
	return p, nil
}

// State returns the policy and how it stands, from memory.
func (p *Policy) State() State { return *p.state.Load() }

// Wire returns the policy that agents are told, from memory.
func (p *Policy) Wire() wire.Policy { return p.state.Load().Policy }

// look reads the files again if they changed, writes what a crash or another
// process left to be written, and takes over what they say. It waits for
// another process that writes as long as wait says.
func (p *Policy) look(wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.unchanged() && (!p.again || time.Now().Before(p.retry)) {
		return
	}
	r := p.read()
	if p.unsettled(&r) && !time.Now().Before(p.retry) {
		r = p.settle(wait)
	}
	p.take(&r)
}

// unchanged says that the files are as they were when the state was taken from
// them, as far as their directories tell. Who writes reads them all the same.
func (p *Policy) unchanged() bool {
	witnessAt, logAt := p.stat()
	return p.taken.logAt != nil && same(p.taken.logAt, logAt) && same(p.taken.witnessAt, witnessAt)
}

func same(a, b fs.FileInfo) bool {
	return a == nil && b == nil || a != nil && b != nil && os.SameFile(a, b) && a.Mode() == b.Mode() && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// unsettled says that something is to be written: the first entry, what the
// witness does not know yet, or a witness that could not be written when
// somebody saved, to see whether it can be now.
func (p *Policy) unsettled(r *reading) bool {
	switch r.judge(p.seen) {
	case CauseUnwritten:
		return true
	case CauseNone, CauseAnew:
		return r.witness == nil || *r.witness != r.tip() || p.witnessErr != nil
	}
	return false
}

// settleAgain is how soon what the disk did not take is tried again.
const settleAgain = 10 * time.Second

// settle writes it, and returns how the files are then.
func (p *Policy) settle(wait time.Duration) reading {
	err := p.locked(context.Background(), wait, func() error {
		r := p.read()
		if !p.unsettled(&r) {
			return nil
		}
		switch {
		case r.judge(p.seen) == CauseUnwritten:
			return p.begin(&r)
		case r.witness == nil && p.seen == nil:
			if err := p.writeWitness(r.tip()); err != nil {
				return err
			}
			return p.commit(&r, Entry{Act: ActWitness}) // the history says so
		}
		return p.writeWitness(r.tip())
	})
	p.writeErr = err
	if err != nil && !isHeld(err) {
		p.retry = time.Now().Add(settleAgain)
	}
	return p.read()
}

// take makes what was read the state, and wakes Push when it changed.
func (p *Policy) take(r *reading) {
	p.taken, p.again = *r, p.unsettled(r)
	c := r.judge(p.seen)
	s := p.stateOf(r, c)
	p.seen = highest(r.witness, p.seen)
	if tip := r.tip(); (c == CauseNone || c == CauseAnew) && tip.above(p.seen) {
		p.seen = &tip
	}
	old := p.state.Swap(&s)
	if s == *old {
		return
	}
	if s.Cause != old.Cause {
		p.c.Logger.Log(context.Background(), levelOf(s), "the site's policy changed its standing",
			slog.String("cause", string(s.Cause)), slog.Int("line", s.Line), slog.Uint64("revision", s.Policy.Revision))
	}
	if s.Warning != "" && old.Warning == "" {
		p.c.Logger.Warn("the witness of the site's policy cannot be written; a restored backup would go unnoticed")
	}
	select {
	case p.woken <- struct{}{}:
	default: // it is awake already
	}
}

func levelOf(s State) slog.Level {
	if s.Trouble != "" {
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// known returns the highest revision that anything tells of.
func (p *Policy) known(r *reading) uint64 {
	n := r.last.Revision
	if w := highest(r.witness, p.seen); w != nil {
		n = max(n, w.Revision)
	}
	return n
}

// stamp returns the time of an entry; zero when the clock was never set.
func (p *Policy) stamp() time.Time {
	now := p.c.Now().UTC().Truncate(time.Second)
	if !counts(now) {
		return time.Time{}
	}
	return now
}
