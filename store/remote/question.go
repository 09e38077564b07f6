package remote

import (
	"crypto/ed25519"
	"encoding/binary"
	"fmt"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/audit"
	"github.com/tacit-telemetry/tacit/store/pages"
)

// what is asked for.
type what uint8

const (
	begin what = 1 + iota
	grant
	note
	somePages
	population
	end
)

// word is a store's, or a lookup's: random, and told to who may use it.
type word [16]byte

// question is one question, as its body stands in it.
type question struct {
	nonce    schema.BatchID // of the envelope, signed with the rest
	what     what
	word     word
	number   uint32
	engineer string
	body     []byte
}

const (
	form           = 1
	questionHeader = 1 + 1 + 16 + 4 + 1
	maxEngineer    = 40 // bytes of a name
	label          = "tacit/v1/look"
)

// sign returns the payload of the question's envelope.
func (q *question) sign(key ed25519.PrivateKey) []byte {
	b := make([]byte, 0, questionHeader+len(q.engineer)+len(q.body)+ed25519.SignatureSize)
	b = append(b, form, byte(q.what))
	b = append(b, q.word[:]...)
	b = binary.BigEndian.AppendUint32(b, q.number)
	b = append(b, byte(len(q.engineer)))
	b = append(b, q.engineer...)
	b = append(b, q.body...)
	return append(b, ed25519.Sign(key, signed(q.nonce, b))...)
}

func signed(nonce schema.BatchID, b []byte) []byte {
	return append(append([]byte(label), nonce[:]...), b...)
}

// asked is a question whose signature nobody has looked at yet.
type asked struct {
	question
	signed, signature []byte
}

// by says whether the question is signed with the key's other half.
func (a *asked) by(key ed25519.PublicKey) bool { return ed25519.Verify(key, a.signed, a.signature) }

// parseQuestion reads the payload of an envelope. Errors wrap [ErrForm].
func parseQuestion(nonce schema.BatchID, b []byte) (*asked, error) {
	if len(b) < questionHeader+ed25519.SignatureSize || b[0] != form {
		return nil, fmt.Errorf("parse question of %d bytes: %w", len(b), ErrForm)
	}
	body, signature := b[:len(b)-ed25519.SignatureSize], b[len(b)-ed25519.SignatureSize:]
	a := &asked{signed: signed(nonce, body), signature: signature, question: question{
		nonce: nonce, what: what(b[1]), word: word(b[2:]), number: binary.BigEndian.Uint32(b[18:]),
	}}
	length, rest := int(b[questionHeader-1]), body[questionHeader:]
	if a.what < begin || a.what > end || length == 0 || length > maxEngineer || length > len(rest) {
		return nil, fmt.Errorf("parse question: %w", ErrForm)
	}
	a.engineer, a.body = string(rest[:length]), rest[length:]
	return a, nil
}

func beginBody(ticket, reason string) []byte {
	return append(append([]byte{byte(len(ticket))}, ticket...), reason...)
}

// parseBegin reads ticket and reason, as somebody typed them.
func parseBegin(b []byte) (ticket, reason string, err error) {
	if len(b) == 0 || int(b[0]) > audit.MaxTicket || len(b) < 1+int(b[0]) || len(b) > 1+int(b[0])+audit.MaxReason {
		return "", "", fmt.Errorf("parse ticket and reason: %w", ErrForm)
	}
	at := 1 + int(b[0])
	return string(b[1:at]), string(b[at:]), nil
}

// place is where an answer goes on: so many pages of the tag at an index were
// told. Tags are counted month by month, and as they stand in the question within
// one.
type place struct {
	index int
	skip  uint32
}

const placeLen = 2 + 4

func (p place) append(b []byte) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16(b, uint16(p.index)), p.skip)
}

func parsePlace(b []byte) (p place, rest []byte, err error) {
	if len(b) < placeLen {
		return p, nil, fmt.Errorf("parse place: %w", ErrForm)
	}
	return place{index: int(binary.BigEndian.Uint16(b)), skip: binary.BigEndian.Uint32(b[2:])}, b[placeLen:], nil
}

func pagesBody(from place, asks []pages.Ask) []byte {
	return append(from.append(nil), pages.MarshalAsks(asks)...)
}

// parsePages reads which pages are asked for, and from where on.
func parsePages(b []byte) (from place, asks []pages.Ask, err error) {
	from, rest, err := parsePlace(b)
	if err == nil {
		asks, err = pages.ParseAsks(rest)
	}
	if err != nil || from.index >= len(asks) {
		return from, nil, fmt.Errorf("parse question for pages: %w", ErrForm)
	}
	return from, asks, nil
}

// outcomes are what the audit log calls them, by their number in a question.
var outcomes = [...]string{1: audit.Found, 2: audit.Nothing, 3: audit.Partly, 4: audit.Failed}

func endBody(how string) []byte {
	for i, o := range outcomes {
		if o == how && i > 0 {
			return []byte{byte(i)}
		}
	}
	return []byte{byte(len(outcomes) - 1)} // failed
}

func parseEnd(b []byte) (how string, err error) {
	if len(b) != 1 || b[0] == 0 || int(b[0]) >= len(outcomes) {
		return "", fmt.Errorf("parse outcome: %w", ErrForm)
	}
	return outcomes[b[0]], nil
}
