package daybook

import (
	"bytes"
	"fmt"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/calendar"
)

// Grant keeps a grant, or revokes one, and says what to answer:
//
//	stored     it is on disk, also when it was before
//	done       it is revoked, or was dead
//	erased     it was revoked, or is of a code that was
//	conflict   another one lies under its tag
//	expired    its last day is over
//	redate     its last day is later than tomorrow
//
// 0, and no error, says that it cannot be answered while the day is in doubt.
// Errors wrap [ErrFull].
func (b *Book) Grant(g page.Grant) (wire.Status, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	today := b.cfg.Today()
	if err := b.turn(today); err != nil {
		return 0, err
	}
	if status, ok := dated(g, today); !ok {
		return status, nil
	}
	r, err := b.grants(g.Expiry, true)
	if err != nil {
		return 0, err
	}
	is, have, ok, err := r.get(g.Tag, 0)
	switch {
	case err != nil:
		return 0, fmt.Errorf("look for a grant: %w", err)
	case g.Sealed == nil && is == revoked:
		return wire.Done, nil
	case g.Sealed == nil: // also of one that is still on its way
		return wire.Done, b.put(r, g, revoked, ok)
	case is == revoked:
		return wire.Erased, nil
	case ok && bytes.Equal(have, g.Marshal()):
		return wire.Stored, nil
	case ok:
		return wire.Conflict, nil
	}
	return wire.Stored, b.put(r, g, kept, false)
}

// dated judges the last day of a grant, and says whether it is taken.
func dated(g page.Grant, today calendar.Today) (wire.Status, bool) {
	over := g.Expiry < today.Last
	switch {
	case g.Sealed == nil && over && today.Certain:
		return wire.Done, false
	case today.Later, over && !today.Certain, g.Expiry > today.Last+1 && !today.Certain:
		return 0, false
	case over:
		return wire.Expired, false
	case g.Expiry > today.Last+1:
		return wire.Redate, false
	}
	return 0, true
}

// put writes a row; there says that it has a place already.
func (b *Book) put(r *rows, g page.Grant, is byte, there bool) error {
	if !there && len(r.index) >= MaxGrants {
		return fmt.Errorf("keep a grant: %w", ErrFull)
	}
	var value []byte
	if is == kept {
		value = g.Marshal()
	}
	if err := r.put(g.Tag, 0, is, value); err != nil {
		return fmt.Errorf("keep a grant: %w", err)
	}
	return nil
}

// Find returns the grant of a support code that lives. Errors wrap [ErrClock].
func (b *Book) Find(tag page.Tag) (g page.Grant, ok bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	today := b.cfg.Today()
	if today.Later {
		return g, false, fmt.Errorf("find a grant: %w", ErrClock)
	}
	if err := b.turn(today); err != nil {
		return g, false, err
	}
	for day := today.Last; day <= today.Last+1; day++ {
		r, err := b.grants(day, false)
		if r == nil || err != nil {
			if err != nil {
				return g, false, fmt.Errorf("find a grant: %w", err)
			}
			continue
		}
		is, value, found, err := r.get(tag, 0)
		if err != nil {
			return g, false, fmt.Errorf("find a grant: %w", err)
		}
		if found && is == kept {
			g, err = page.ParseGrant(value)
			return g, err == nil, err
		}
	}
	return g, false, nil
}
