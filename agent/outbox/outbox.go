// Package outbox keeps what was sent: the very bytes, the key that opens them
// and nothing else, and what the user was shown they contain. It is how the
// host proves to its user what left it.
//
// A log in a few files, owner only, written and synced before the first byte is
// sent. It is bounded: the oldest go first, and are no loss to anybody but the
// curious. When the outbox cannot be written, nothing is sent. What is damaged
// is shown as damaged.
package outbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// Errors of looking into the outbox.
var (
	// ErrNoEntry says that there is no such entry (any more).
	ErrNoEntry = errors.New("no such entry in the outbox")
	// ErrMismatch says that recorded bytes do not open to what was shown. It is
	// the alarm that this package exists for.
	ErrMismatch = errors.New("the bytes sent are not what was shown")
	// ErrNotSent says that the entry was never sealed: the tripwire blocked it.
	ErrNotSent = errors.New("was not sent")
)

// Config says where the outbox lies and how much it keeps.
type Config struct {
	Dir        string           // owner only
	MaxBytes   int64            // 0: 8 MiB
	MaxEntries int              // 0: 500
	Now        func() time.Time // nil: time.Now
}

// Outbox is an open outbox, safe for concurrent use.
type Outbox struct {
	config Config

	mu      sync.Mutex
	last    uint64
	files   []file // oldest first; the last is written to
	entries []kept // oldest first
	bytes   int64  // of these
}

// Open opens the outbox, making it at the first start.
func Open(c Config) (*Outbox, error) {
	if c.MaxBytes == 0 {
		c.MaxBytes = 8 << 20
	}
	if c.MaxEntries == 0 {
		c.MaxEntries = 500
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if err := durable.MakeOwnerDir(c.Dir); err != nil {
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	o := &Outbox{config: c}
	if err := o.load(); err != nil {
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	if err := o.prune(); err != nil {
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	return o, nil
}

// Add keeps an entry and returns its number. Call it before sending.
func (o *Outbox) Add(e Entry) (uint64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	e.Number = o.last + 1
	e.Sent = o.config.Now().Unix()
	k, err := o.write(frameEntry, &e)
	if err != nil {
		return 0, fmt.Errorf("keep what is sent: %w", err)
	}
	k.number, k.outcome = e.Number, e.Outcome
	o.keep(k)
	return e.Number, o.prune()
}

// Answer notes the outcome of an entry. One that was pruned is no error.
func (o *Outbox) Answer(number uint64, outcome string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, ok := o.find(number); !ok {
		return nil
	}
	a := answerFrame{Number: number, Outcome: outcome, Answered: o.config.Now().Unix()}
	if _, err := o.write(frameAnswer, a); err != nil {
		return fmt.Errorf("entry %d: %w", number, err)
	}
	o.answered(a)
	return nil
}

// Remove removes an entry that was not sent in the end.
func (o *Outbox) Remove(number uint64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, ok := o.find(number); !ok {
		return nil
	}
	if _, err := o.write(frameRemoved, number); err != nil {
		return fmt.Errorf("entry %d: %w", number, err)
	}
	o.drop(number)
	return nil
}

// Entry returns one entry. Errors wrap [ErrNoEntry], or [ErrMismatch] when it is
// damaged.
func (o *Outbox) Entry(number uint64) (*Entry, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	i, ok := o.find(number)
	if !ok {
		return nil, fmt.Errorf("entry %d: %w", number, ErrNoEntry)
	}
	entries, err := o.read(o.entries[i : i+1])
	if err != nil {
		return nil, err
	}
	if entries[0].damaged {
		return nil, fmt.Errorf("entry %d: %w: its file is damaged", number, ErrMismatch)
	}
	return entries[0], nil
}

// Entries returns all entries, oldest first. One that is damaged is among them,
// without content, and does not verify.
func (o *Outbox) Entries() ([]*Entry, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.read(o.entries)
}

// Outcomes counts the entries by their outcome, "" for those without a reply.
func (o *Outbox) Outcomes() map[string]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := map[string]int{}
	for _, k := range o.entries {
		out[k.outcome]++
	}
	return out
}

// Purge removes every entry: the user's own order.
func (o *Outbox) Purge() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.files, o.entries, o.bytes = nil, nil, 0
	names, err := os.ReadDir(o.config.Dir)
	for _, name := range names {
		if strings.HasSuffix(name.Name(), suffix) {
			err = errors.Join(err, os.Remove(filepath.Join(o.config.Dir, name.Name())))
		}
	}
	return err
}
