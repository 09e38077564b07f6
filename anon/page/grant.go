package page

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/tacit-telemetry/tacit/schema"
)

// MaxGrantDays is how many days up to today a support code opens at most.
const MaxGrantDays = 30

const (
	grantDayKeys = MaxGrantDays + 1 // with tomorrow
	grantBoxes   = 2                // today and tomorrow
	dayEntryLen  = 4 + 32
	boxEntryLen  = 4 + boxKeys
	grantPlain   = 1 + 1 + grantDayKeys*dayEntryLen + grantBoxes*boxEntryLen
	grantOuter   = 16 + 4
)

// GrantLen is the length of every grant, in bytes, however many days it opens.
const GrantLen = grantOuter + grantPlain + chacha20poly1305.NonceSizeX + chacha20poly1305.Overhead

// Grant is what a store keeps for a support code until the code's day is over.
type Grant struct {
	Tag    Tag
	Expiry schema.Day // the last day on which the code opens
	Sealed []byte     // nonce and ciphertext; nil: an order to revoke
}

// Access is what a support code opens.
type Access struct {
	Days  []DayKeys // in order
	Boxes []Mailbox // in order; for the notes of who opens them
}

// String hides the keys.
func (Access) String() string { return "page.Access{hidden}" }

// GoString hides the keys.
func (a Access) GoString() string { return a.String() }

// SealGrant seals what the code is to open: the keys of the last days days up to
// today, and of the days after it through expiry, which is today or tomorrow. It
// gives no other day, no right to erase, and not the ID. Errors wrap [ErrForm].
func SealGrant(root Root, code Code, today schema.Day, days int, expiry schema.Day) (Grant, error) {
	if days < 1 || days > MaxGrantDays || expiry < today || expiry > today+1 {
		return Grant{}, fmt.Errorf("seal grant: %w: %d days through %s on %s", ErrForm, days, expiry, today)
	}
	first := today - min(schema.Day(days-1), today)
	plain := make([]byte, 2, grantPlain)
	for d := first; d <= expiry; d++ {
		plain[0]++
		plain = append(append(plain, d.Bytes()...), root.dayKey(d)...)
	}
	for d := today; d <= expiry; d++ {
		plain[1]++
		box := root.Mailbox(d)
		plain = append(append(plain, d.Bytes()...), box.tag[:]...)
		plain = append(plain, box.key[:]...)
	}
	g := Grant{Tag: code.Tag(), Expiry: expiry}
	aead, err := chacha20poly1305.NewX(expand(code.secret(), "seal"))
	if err != nil {
		return Grant{}, fmt.Errorf("seal grant: %w", err)
	}
	nonce := make([]byte, aead.NonceSize(), GrantLen)
	_, _ = rand.Read(nonce) // crypto/rand.Read never returns an error
	g.Sealed = aead.Seal(nonce, nonce, plain[:grantPlain], g.additional())
	return g, nil
}

// Revocation returns the order to revoke the grant.
func (g Grant) Revocation() Grant { return Grant{Tag: g.Tag, Expiry: g.Expiry} }

func (g *Grant) outer(b []byte) []byte { return append(append(b, g.Tag[:]...), g.Expiry.Bytes()...) }

func (g *Grant) additional() []byte { return g.outer([]byte("grant")) }

// Marshal returns the payload of the grant's envelope.
func (g *Grant) Marshal() []byte {
	return append(g.outer(make([]byte, 0, grantOuter+len(g.Sealed))), g.Sealed...)
}

// ParseGrant reads the outer form of a grant or of an order to revoke one. Sealed
// points into b. Errors wrap [ErrForm].
func ParseGrant(b []byte) (Grant, error) {
	if len(b) != GrantLen && len(b) != grantOuter {
		return Grant{}, fmt.Errorf("parse grant of %d bytes: %w", len(b), ErrForm)
	}
	g := Grant{Expiry: schema.Day(binary.BigEndian.Uint32(b[16:]))}
	copy(g.Tag[:], b)
	if len(b) == GrantLen {
		g.Sealed = b[grantOuter:]
	}
	return g, nil
}

// Open opens the code's grant. Errors wrap [ErrClosed], or [ErrForm] when what is
// inside is no grant.
func (c Code) Open(g Grant) (Access, error) {
	aead, err := chacha20poly1305.NewX(expand(c.secret(), "seal"))
	if err != nil {
		return Access{}, fmt.Errorf("open grant: %w", err)
	}
	if len(g.Sealed) < aead.NonceSize() || g.Tag != c.Tag() {
		return Access{}, fmt.Errorf("open grant: %w", ErrClosed)
	}
	plain, err := aead.Open(nil, g.Sealed[:aead.NonceSize()], g.Sealed[aead.NonceSize():], g.additional())
	if err != nil {
		return Access{}, fmt.Errorf("open grant: %w", ErrClosed)
	}
	return parseAccess(plain)
}

// parseAccess reads what a grant seals. Errors wrap [ErrForm].
func parseAccess(plain []byte) (a Access, err error) {
	bad := fmt.Errorf("open grant: %w", ErrForm)
	if len(plain) != grantPlain || plain[0] > grantDayKeys || plain[1] > grantBoxes {
		return a, bad
	}
	rest := plain[2:]
	for range plain[0] {
		a.Days = append(a.Days, newDayKeys(schema.Day(binary.BigEndian.Uint32(rest)), rest[4:dayEntryLen]))
		rest = rest[dayEntryLen:]
	}
	for range plain[1] {
		box := Mailbox{day: schema.Day(binary.BigEndian.Uint32(rest)), tag: Tag(rest[4:20]), key: [32]byte(rest[20:boxEntryLen])}
		a.Boxes, rest = append(a.Boxes, box), rest[boxEntryLen:]
	}
	if len(a.Days) == 0 || len(a.Boxes) == 0 || len(bytes.Trim(rest, "\x00")) > 0 {
		return Access{}, bad
	}
	return a, nil
}
