package policy

import (
	"context"
	"errors"
	"fmt"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Save makes the settings the policy, decided by an account over the revision
// that it saw, and covering a registry release. When it returns nil, the
// decision is on disk and Wire tells it; where the witness could not be written,
// the state warns.
//
// Somebody else's decision meanwhile is a [*ConflictError] with the state as it
// is now; nothing was saved then. Settings that nobody can decide (a switch that
// is held, an unknown level, a release above the one in use) are refused.
// A full disk, or another process that writes for longer than 2 s
// ([*datadir.HeldError]): nothing was saved, and what the settings refuse is
// held in this process until a Save works.
func (p *Policy) Save(ctx context.Context, by string, over uint64, s Settings, release uint32) (State, error) {
	err := checkName("account", by, maxBy)
	if err == nil {
		err = checkSaved(s)
	}
	if err != nil {
		return p.State(), fmt.Errorf("save policy: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	err = p.locked(ctx, lockWait, func() error {
		return p.save(ctx, Entry{Act: ActDecided, By: by, Settings: s, Release: release}, over)
	})
	_, conflict := errors.AsType[*ConflictError](err)
	switch {
	case err == nil:
		p.refused = Settings{}
	case !conflict && ctx.Err() == nil && !errors.Is(err, errRelease):
		p.refuse(s)
	}
	r := p.read()
	p.take(&r)
	if err != nil {
		return p.State(), fmt.Errorf("save policy: %w", err)
	}
	return p.State(), nil
}

// errRelease says that settings cover what nobody has seen yet.
var errRelease = errors.New("registry release is above the one in use")

// save writes the entry. The caller holds the lock of the directory.
func (p *Policy) save(ctx context.Context, e Entry, over uint64) error {
	r, c, err := p.ready()
	if err != nil {
		return err
	}
	if s := p.stateOf(&r, c); s.Policy.Revision != over {
		return &ConflictError{Now: s}
	}
	if e.Release > max(p.c.Release, r.last.Release) {
		return fmt.Errorf("%w: %d", errRelease, e.Release)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if c != CauseNone && c != CauseAnew || r.chain.Size() > maxDecided {
		if err := p.anew(&r, c); err != nil {
			return err
		}
	}
	e.Revision = p.next(&r)
	return p.commit(&r, e)
}

// refuse remembers what settings refuse though no disk took them.
func (p *Policy) refuse(s Settings) {
	if s.CEIP == wire.SwitchOff {
		p.refused.CEIP = wire.SwitchOff
	}
	if s.CSP == wire.SwitchOff {
		p.refused.CSP = wire.SwitchOff
	}
}
