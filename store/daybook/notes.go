package daybook

import (
	"bytes"
	"fmt"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/calendar"
)

// Leave keeps a note in a mailbox, synced; one that lies there already is not kept
// twice. Errors wrap [ErrFull] or [ErrDay].
func (b *Book) Leave(l page.Letter) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	today := b.cfg.Today()
	if err := b.turn(today); err != nil {
		return err
	}
	if !current(today, l.Day) {
		return fmt.Errorf("leave a note: %w", ErrDay)
	}
	r, err := b.notes(l.Day, true)
	if err != nil {
		return fmt.Errorf("leave a note: %w", err)
	}
	there, err := r.all(l.Box)
	if err != nil {
		return fmt.Errorf("leave a note: %w", err)
	}
	for _, n := range there {
		if bytes.Equal(n, l.Sealed[:]) {
			return nil
		}
	}
	if len(r.index) >= MaxNotes || len(there) >= MaxBoxNotes {
		return fmt.Errorf("leave a note: %w", ErrFull)
	}
	if err := r.put(l.Box, len(there), kept, l.Sealed[:]); err != nil {
		return fmt.Errorf("leave a note: %w", err)
	}
	return nil
}

// current says whether somebody may be looking something up on that day, by a
// clock that is not far off.
func current(today calendar.Today, day schema.Day) bool {
	return day+1 >= today.First && day <= today.Last+1
}

// Notes returns how many notes lie in a mailbox, and those after the skipped ones,
// as many as fit a reply.
func (b *Book) Notes(q page.Inquiry) (total int, notes [][]byte, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.turn(b.cfg.Today()); err != nil {
		return 0, nil, err
	}
	r, err := b.notes(q.Day, false)
	if r == nil || err != nil {
		return 0, nil, err
	}
	all, err := r.all(q.Box)
	if err != nil {
		return 0, nil, fmt.Errorf("read notes: %w", err)
	}
	rest := all[min(int(q.Skip), len(all)):]
	return len(all), rest[:min(len(rest), page.NotesInReply)], nil
}

// all returns the values under a tag, one after the other.
func (r *rows) all(tag page.Tag) (out [][]byte, err error) {
	for {
		_, value, ok, err := r.get(tag, len(out))
		if !ok || err != nil {
			return out, err
		}
		out = append(out, value)
	}
}
