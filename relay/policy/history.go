package policy

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Note writes what else happened, such as that access was restored, into the
// history. Act is one line of at most 64 printable bytes, by (may be empty) of
// at most 256; an act that decides is refused. In a record that is damaged it begins
// a new one, which holds, so that the note is not lost. Errors: [ErrFull], a
// full disk, or another process that writes for longer than 2 s
// ([*datadir.HeldError]); nothing was written then.
func (p *Policy) Note(ctx context.Context, act, by string) error {
	e := Entry{Act: act, By: by}
	err := checkName("act", act, maxAct)
	if err == nil {
		err = checkBy(by)
	}
	if err == nil && (e.decides() || act == ActWitness) {
		err = errors.New("its act is one that notes do not have")
	}
	if err != nil {
		return fmt.Errorf("write a note: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	err = p.locked(ctx, lockWait, func() error { return p.note(ctx, e) })
	r := p.read()
	p.take(&r)
	if err != nil {
		return fmt.Errorf("write a note: %w", err)
	}
	return nil
}

// note writes the entry. A witness that cannot be written does not keep it out:
// nothing depends on it. The caller holds the lock of the directory.
func (p *Policy) note(ctx context.Context, e Entry) error {
	r, c, err := p.ready()
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if c != CauseNone && c != CauseAnew {
		if err := p.anew(&r, c); err != nil {
			return err
		}
	}
	if r.chain.Size() > maxNotes {
		return ErrFull
	}
	if err := p.append(&r, e); err != nil {
		return err
	}
	_ = p.writeWitness(r.tip()) // State has the warning, and it is tried again
	return nil
}

// History returns all entries that can be read, oldest first; they are not to
// be changed. The error says what is damaged or missing; what was read comes
// along.
func (p *Policy) History(ctx context.Context) ([]Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.taken
	if !p.unchanged() {
		r = p.read()
	}
	c := r.judge(p.seen)
	if trouble, _ := r.trouble(c, r.line(c, p.seen)); trouble != "" && c != CauseAnew {
		return slices.Clip(r.entries), fmt.Errorf("read history: %s", trouble)
	}
	return slices.Clip(r.entries), nil
}
