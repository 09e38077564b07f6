package remote

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Requester asks by NATS: [*nats.Conn] does.
type Requester interface {
	RequestWithContext(ctx context.Context, subject string, data []byte) (*nats.Msg, error)
}

// Asker is an engineer, and where he asks. All but Groups and Now is required.
type Asker struct {
	Conn     Requester         // to the edge; the caller closes it after the lookup
	Vendor   ed25519.PublicKey // whose signature the stores' key list has
	Engineer string            // name
	Key      ed25519.PrivateKey
	Groups   int              // of stores; 0: 1
	Now      func() time.Time // nil: time.Now
}

// Lookup is one lookup, of one installation: [Lookup.Grant] and [Lookup.Leave] are
// what lookup.Timeline asks. It is asked one question at a time.
type Lookup struct {
	asker  Asker
	groups []*group
}

// group is a lookup as one group of stores has it.
type group struct {
	number  int
	key     wire.Key
	word    word
	counted uint32 // questions
}

// Begin begins a lookup, which is in the audit log of each group's store then.
// Errors are those of this package. End it.
func (a Asker) Begin(ctx context.Context, ticket, reason string) (*Lookup, error) {
	if a.Groups == 0 {
		a.Groups = 1
	}
	if a.Now == nil {
		a.Now = time.Now
	}
	l := &Lookup{asker: a}
	for i := range a.Groups {
		g := &group{number: i}
		if err := a.begin(ctx, g, ticket, reason); err != nil {
			return nil, errors.Join(fmt.Errorf("begin a lookup: %w", err), l.End(ctx, ""))
		}
		l.groups = append(l.groups, g)
	}
	return l, nil
}

func (a *Asker) begin(ctx context.Context, g *group, ticket, reason string) error {
	list, err := a.request(ctx, g, nil)
	if err != nil {
		return err
	}
	keys, err := envelope.VerifyKeyList(a.Vendor, list)
	if err != nil {
		return ErrKeyList
	}
	day := schema.DayOf(a.Now())
	var found bool
	if g.key, found = keys.Active(day); !found {
		return fmt.Errorf("%w: it has none for %s", ErrKey, day)
	}
	for range 3 { // the first is told the store's word, which may turn meanwhile
		said, err := a.ask(ctx, g, question{what: begin, word: g.word, body: beginBody(ticket, reason)})
		switch {
		case err != nil:
			return err
		case said.status == otherWord && len(said.data) == len(word{}):
			g.word = word(said.data)
			continue
		case said.status == ok && len(said.data) == len(word{}):
			g.word = word(said.data)
			return nil
		}
		return said.err()
	}
	return ErrEnded
}

// End says how the lookup ended, in a word of the audit log; "" is failed. What was
// found may be shown only without an error.
func (l *Lookup) End(ctx context.Context, how string) error {
	var errs []error
	for _, g := range l.groups {
		_, err := l.ask(ctx, g, end, endBody(how))
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("end the lookup: %w", err)
	}
	return nil
}

// ask asks the next question and returns the data of an answer that is ok.
func (l *Lookup) ask(ctx context.Context, g *group, what what, body []byte) ([]byte, error) {
	g.counted++
	said, err := l.asker.ask(ctx, g, question{what: what, word: g.word, number: g.counted, body: body})
	if err != nil {
		return nil, err
	}
	return said.data, said.err()
}

// ask seals a question, and opens the answer.
func (a *Asker) ask(ctx context.Context, g *group, q question) (answer, error) {
	q.nonce, q.engineer = schema.NewBatchID(), a.Engineer
	sealed, err := envelope.Seal(g.key, wire.PartitionOf(q.nonce), wire.ClassUser, envelope.Content{
		Kind: envelope.Look, Batch: q.nonce, Payload: q.sign(a.Key),
	})
	if err != nil {
		return answer{}, err
	}
	b, err := a.request(ctx, g, sealed.Bytes)
	switch {
	case err != nil:
		return answer{}, err
	case len(b) == 0:
		return answer{}, ErrKey
	}
	return openAnswer(sealed.ReplyKey, b)
}

// request asks a group of stores.
func (a *Asker) request(ctx context.Context, g *group, question []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	m, err := a.Conn.RequestWithContext(ctx, wire.LookSubject(g.number), question)
	switch {
	case errors.Is(err, nats.ErrNoResponders), errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("group %d: %w", g.number, ErrAway)
	case err != nil:
		return nil, fmt.Errorf("ask the edge: %w", err)
	}
	return m.Data, nil
}

// refusals are what a status other than ok means.
var refusals = map[status]error{
	notLetIn: ErrRefused, ended: ErrEnded, otherWord: ErrEnded, unwritten: ErrAudit, busy: ErrBusy, trouble: ErrTrouble, none: errNone,
}

// errNone says that there is none of what was asked for.
var errNone = errors.New("there is none")

// err is nil for an answer that is ok.
func (a answer) err() error {
	switch {
	case a.status == ok:
		return nil
	case a.status == denied:
		return fmt.Errorf("%w: %s", ErrDenied, a.data)
	case a.status == tooMany && len(a.data) == 6:
		of := time.Duration(binary.BigEndian.Uint32(a.data[2:])) * time.Second
		return fmt.Errorf("%w: %d histories in %v", ErrLimit, binary.BigEndian.Uint16(a.data), of)
	case refusals[a.status] != nil:
		return refusals[a.status]
	}
	return fmt.Errorf("what the store answers: %w", ErrForm)
}
