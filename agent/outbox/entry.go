package outbox

import (
	"bytes"
	"fmt"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
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
