package policy

import (
	"fmt"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

// begin writes the first entry. The witness goes first, so that a log that is
// gone is never taken for a first start. The caller holds the lock.
func (p *Policy) begin(r *reading) error {
	first := Entry{Act: ActDefault, Revision: p.next(r), Settings: p.c.Defaults, Release: p.c.Release}
	_ = p.writeWitness(witness{}) // kept in witnessErr, and tried again
	return p.commit(r, first)
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
// the witness does not take it, the entry counts all the same: a refusal that a
// restored backup could undo is better than none, and State warns. The caller
// holds the lock.
func (p *Policy) commit(r *reading, e Entry) error {
	if err := p.append(r, e); err != nil {
		return err
	}
	_ = p.writeWitness(r.tip()) // kept in witnessErr, and tried again
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
