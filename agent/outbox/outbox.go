// Package outbox keeps what was sent: the very bytes, the key that opens them
// and nothing else, and what the user was shown they contain. It is how the
// host proves to its user what left it.
//
// One file an envelope, owner only, written before the first byte is sent. It
// is bounded: the oldest go first, and are no loss to anybody but the curious.
// When the outbox cannot be written, nothing is sent.
package outbox

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
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

// Entry is one envelope that was sent, or one batch that was blocked.
type Entry struct {
	_        struct{} `cbor:",toarray"`
	Number   uint64   // counts up from 1
	Sent     int64    // Unix seconds
	Kind     envelope.Kind
	Batch    schema.BatchID
	Envelope []byte     // the bytes on the wire; empty when blocked
	BodyKey  [32]byte   // opens them
	Plain    []byte     // what the user is shown: a packed page, or a fragment
	Day      schema.Day // of a page
	N        uint32     // of a page
	Outcome  string     // "", then the store's status, or "blocked: …"
	Answered int64      // Unix seconds; 0: not yet
	damaged  bool       // its file could not be read
}

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

	mu   sync.Mutex
	last uint64
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
	if err := o.remove(isLeftover); err != nil {
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	numbers, err := o.numbers()
	if err != nil {
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	if len(numbers) > 0 {
		o.last = numbers[len(numbers)-1]
	}
	return o, nil
}

// Add keeps an entry and returns its number. Call it before sending.
func (o *Outbox) Add(e Entry) (uint64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	e.Number = o.last + 1
	e.Sent = o.config.Now().Unix()
	if err := o.write(&e); err != nil {
		return 0, fmt.Errorf("keep what is sent: %w", err)
	}
	o.last = e.Number
	return e.Number, o.prune()
}

// Answer notes the outcome of an entry. One that was pruned is no error.
func (o *Outbox) Answer(number uint64, outcome string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	e, err := o.read(number)
	if errors.Is(err, ErrNoEntry) {
		return nil
	}
	if err != nil {
		return err
	}
	e.Outcome, e.Answered = outcome, o.config.Now().Unix()
	return o.write(e)
}

// Remove removes an entry that was not sent in the end.
func (o *Outbox) Remove(number uint64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := os.Remove(o.path(number)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("entry %d: %w", number, err)
	}
	return nil
}

// Entry returns one entry. Errors wrap [ErrNoEntry].
func (o *Outbox) Entry(number uint64) (*Entry, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.read(number)
}

// Entries returns all entries, oldest first. One whose file is damaged is
// among them, without content, and does not verify.
func (o *Outbox) Entries() ([]*Entry, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	numbers, err := o.numbers()
	if err != nil {
		return nil, err
	}
	entries := make([]*Entry, 0, len(numbers))
	for _, n := range numbers {
		e, err := o.read(n)
		if errors.Is(err, ErrMismatch) {
			e, err = &Entry{Number: n, Outcome: "damaged", damaged: true}, nil
		}
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// Purge removes every entry: the user's own order.
func (o *Outbox) Purge() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.remove(func(name string) bool { return strings.HasSuffix(name, ".sent") || isLeftover(name) })
}

// isLeftover knows what a power cut left of writing an entry.
func isLeftover(name string) bool {
	return strings.HasPrefix(name, ".") && strings.Contains(name, ".sent.")
}

func (o *Outbox) remove(which func(name string) bool) error {
	files, err := os.ReadDir(o.config.Dir)
	for _, f := range files {
		if which(f.Name()) {
			err = errors.Join(err, os.Remove(filepath.Join(o.config.Dir, f.Name())))
		}
	}
	return err
}

// Verify opens the recorded bytes of an entry with its recorded key and
// compares what is inside with what was shown. For a page, root opens the page
// inside. A nil error is the proof. Errors wrap [ErrMismatch] or [ErrNotSent].
func (e *Entry) Verify(root page.Root) error {
	if e.damaged {
		return fmt.Errorf("entry %d: %w: its file is damaged", e.Number, ErrMismatch)
	}
	if len(e.Envelope) == 0 {
		return fmt.Errorf("entry %d %w", e.Number, ErrNotSent)
	}
	outer, err := wire.ParseEnvelope(e.Envelope)
	if err != nil {
		return fmt.Errorf("entry %d: %w: %w", e.Number, ErrMismatch, err)
	}
	content, err := envelope.OpenBody(e.BodyKey, outer)
	if err != nil {
		return fmt.Errorf("entry %d: %w: %w", e.Number, ErrMismatch, err)
	}
	plain := content.Payload
	if content.Kind == envelope.Page {
		if plain, err = e.openPage(root, plain); err != nil {
			return fmt.Errorf("entry %d: %w: %w", e.Number, ErrMismatch, err)
		}
	}
	if content.Kind != e.Kind || content.Batch != e.Batch || !bytes.Equal(plain, e.Plain) {
		return fmt.Errorf("entry %d: %w", e.Number, ErrMismatch)
	}
	return nil
}

func (e *Entry) openPage(root page.Root, sealed []byte) ([]byte, error) {
	p, err := page.Parse(sealed)
	if err != nil {
		return nil, err
	}
	return root.Day(e.Day).Open(e.N, p)
}

func (o *Outbox) path(n uint64) string {
	return filepath.Join(o.config.Dir, fmt.Sprintf("%010d.sent", n))
}

func (o *Outbox) numbers() ([]uint64, error) {
	names, err := os.ReadDir(o.config.Dir)
	if err != nil {
		return nil, err
	}
	var out []uint64
	for _, name := range names {
		if digits, ok := strings.CutSuffix(name.Name(), ".sent"); ok {
			if n, err := strconv.ParseUint(digits, 10, 64); err == nil {
				out = append(out, n)
			}
		}
	}
	slices.Sort(out)
	return out, nil
}

func (o *Outbox) write(e *Entry) error {
	b, err := cbor.Marshal(e)
	if err != nil {
		return err
	}
	return durable.WriteFile(o.path(e.Number), b, durable.OwnerFile)
}

func (o *Outbox) read(n uint64) (*Entry, error) {
	b, err := durable.ReadOwnerFile(o.path(n))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("entry %d: %w", n, ErrNoEntry)
	}
	if err != nil {
		return nil, fmt.Errorf("entry %d: %w", n, err)
	}
	e := new(Entry)
	if err := cbor.Unmarshal(b, e); err != nil {
		return nil, fmt.Errorf("entry %d: %w: its file is damaged", n, ErrMismatch)
	}
	return e, nil
}

// prune removes the oldest entries over the bounds.
func (o *Outbox) prune() error {
	numbers, err := o.numbers()
	if err != nil {
		return err
	}
	var total int64
	for i := len(numbers) - 1; i >= 0; i-- {
		info, err := os.Stat(o.path(numbers[i]))
		if err != nil {
			return err
		}
		total += info.Size()
		if total > o.config.MaxBytes || len(numbers)-i > o.config.MaxEntries {
			for _, n := range numbers[:i+1] {
				if err := os.Remove(o.path(n)); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return nil
}
