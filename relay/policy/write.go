package policy

import (
	"errors"
	"fmt"
	"os"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

// begin writes the first entry. The witness goes first, so that a log that is
// gone is never taken for a first start. The caller holds the lock.
func (p *Policy) begin(r *reading) error {
	first := Entry{Act: ActDefault, Revision: p.next(r), Settings: p.c.Defaults, Release: p.c.Release}
	if p.writeWitness(witness{}) == nil {
		return p.commit(r, first)
	}
	return p.append(r, first)
}

// anew makes a record that cannot be believed one that holds and can be written
// on: it sets a damaged log aside and says so in the new one. The caller holds
// the lock.
func (p *Policy) anew(r *reading, c Cause) error {
	e := Entry{Act: ActAnew, Revision: p.next(r), Settings: Settings{Level: schema.Standard}}
	if !r.whole(c) || r.chain.Size() > maxDecided {
		if err := durable.SetAside(p.logPath()); err != nil {
			return fmt.Errorf("set %s aside: %w", logFile, bare(err))
		}
		r.record = record{last: r.last}
	}
	return p.commit(r, e)
}

// commit writes an entry to the log and then to the witness, both synced. When
// the witness does not take it, it is taken out of the log again: it would
// count, and nobody could tell when it is lost. The caller holds the lock.
func (p *Policy) commit(r *reading, e Entry) error {
	size := r.chain.Size()
	if err := p.append(r, e); err != nil {
		return err
	}
	if err := p.writeWitness(r.tip()); err != nil {
		return errors.Join(err, p.cut(size))
	}
	return nil
}

// append writes an entry to the log, synced.
func (p *Policy) append(r *reading, e Entry) error {
	e.Link, e.Time = r.chain.Next(), p.stamp()
	if err := r.chain.Append(p.logPath(), e); err != nil {
		return fmt.Errorf("write %s: %w", logFile, bare(err))
	}
	r.add(e)
	return nil
}

// cut takes the end of the log away, synced.
func (p *Policy) cut(size int64) error {
	f, err := os.OpenFile(p.logPath(), os.O_WRONLY, durable.OwnerFile)
	if err == nil {
		err = errors.Join(f.Truncate(size), f.Sync(), f.Close())
	}
	if err != nil {
		return fmt.Errorf("take the entry out of %s again: %w", logFile, bare(err))
	}
	return nil
}

// next returns the revision of a new entry.
func (p *Policy) next(r *reading) uint64 {
	n := p.known(r) + 1
	if now := p.stamp(); !now.IsZero() {
		n = max(n, uint64(now.Unix()))
	}
	return n
}

// ready reads the files for somebody who writes, and begins at the first start.
// The caller holds the lock of the directory.
func (p *Policy) ready() (reading, Cause, error) {
	r := p.read()
	if r.judge(p.seen) == CauseUnwritten {
		if err := p.begin(&r); err != nil {
			return r, CauseUnwritten, err
		}
		r = p.read()
	}
	return r, r.judge(p.seen), nil
}
