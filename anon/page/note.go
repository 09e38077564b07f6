package page

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/tacit-telemetry/tacit/schema"
)

// MaxTicketLen is the longest reference of a ticket in a note, in bytes.
const MaxTicketLen = 24

const (
	noteLen  = 2 + 1 + 1 + MaxTicketLen
	minutes  = 24 * 60 // of a day
	byID     = 1
	byCode   = 2
	boxKeys  = 16 + 32 // of a mailbox: tag and key
	noteSeal = chacha20poly1305.NonceSizeX + chacha20poly1305.Overhead
)

// NoteLen is the length of every sealed note, in bytes.
const NoteLen = noteLen + noteSeal

// Note is what whoever opens a history leaves for its host.
type Note struct {
	Minute int    // of the day of the mailbox, UTC; below 1440
	Ticket string // what the engineer works on; at most MaxTicketLen bytes of printable ASCII; "": none
	ByCode bool   // opened with a support code; false: with the ID
}

// Check says what is wrong with a note. Errors wrap [ErrForm].
func (n Note) Check() error {
	if n.Minute < 0 || n.Minute >= minutes {
		return fmt.Errorf("%w: minute %d of a day", ErrForm, n.Minute)
	}
	if len(n.Ticket) > MaxTicketLen {
		return fmt.Errorf("%w: a ticket of %d bytes, at most %d", ErrForm, len(n.Ticket), MaxTicketLen)
	}
	for _, c := range []byte(n.Ticket) {
		if c < ' ' || c > '~' {
			return fmt.Errorf("%w: a ticket with a character that is no printable ASCII", ErrForm)
		}
	}
	return nil
}

// Mailbox is where notes for one installation on one day lie: who has it can
// leave notes and read them.
type Mailbox struct {
	day schema.Day
	tag Tag
	key [32]byte
}

// Mailbox returns the installation's mailbox of a day.
func (r Root) Mailbox(d schema.Day) Mailbox {
	return Mailbox{
		day: d, tag: Tag(mac(expand(r.key, "mail"), d.Bytes())[:16]),
		key: [32]byte(expand(r.key, "mailkey"+string(d.Bytes()))),
	}
}

// String hides the mailbox.
func (Mailbox) String() string { return "page.Mailbox{hidden}" }

// GoString hides the mailbox.
func (m Mailbox) GoString() string { return m.String() }

// Day returns the day of the mailbox.
func (m Mailbox) Day() schema.Day { return m.day }

// Tag returns what a store files the notes under.
func (m Mailbox) Tag() Tag { return m.tag }

// Seal seals a note. Errors are those of [Note.Check].
func (m Mailbox) Seal(n Note) (Letter, error) {
	l := Letter{Box: m.tag, Day: m.day}
	if err := n.Check(); err != nil {
		return l, fmt.Errorf("seal note: %w", err)
	}
	plain := binary.BigEndian.AppendUint16(make([]byte, 0, noteLen), uint16(n.Minute))
	how := byte(byID)
	if n.ByCode {
		how = byCode
	}
	plain = append(plain, how, byte(len(n.Ticket)))
	plain = append(plain, n.Ticket...)
	aead, err := chacha20poly1305.NewX(m.key[:])
	if err != nil {
		return l, fmt.Errorf("seal note: %w", err)
	}
	nonce := l.Sealed[:chacha20poly1305.NonceSizeX]
	_, _ = rand.Read(nonce) // crypto/rand.Read never returns an error
	aead.Seal(nonce, nonce, plain[:noteLen], m.tag[:])
	return l, nil
}

// Open opens a sealed note. Errors wrap [ErrClosed] or [ErrForm].
func (m Mailbox) Open(sealed []byte) (Note, error) {
	aead, err := chacha20poly1305.NewX(m.key[:])
	if err != nil {
		return Note{}, fmt.Errorf("open note: %w", err)
	}
	if len(sealed) != NoteLen {
		return Note{}, fmt.Errorf("open note of %d bytes: %w", len(sealed), ErrForm)
	}
	plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], m.tag[:])
	if err != nil {
		return Note{}, fmt.Errorf("open note: %w", ErrClosed)
	}
	n := Note{Minute: int(binary.BigEndian.Uint16(plain)), ByCode: plain[2] == byCode}
	length, rest := int(plain[3]), plain[4:]
	if length > MaxTicketLen || plain[2] != byID && plain[2] != byCode || len(bytes.Trim(rest[length:], "\x00")) > 0 {
		return Note{}, fmt.Errorf("open note: %w", ErrForm)
	}
	n.Ticket = string(rest[:length])
	return n, n.Check()
}

// Letter is a sealed note on its way into a mailbox: what a store may see of it.
type Letter struct {
	Box    Tag
	Day    schema.Day
	Sealed [NoteLen]byte
}

const letterLen = 16 + 4 + NoteLen

// Marshal returns the payload of a note's envelope: tag of the mailbox 16 | u32 d |
// sealed note.
func (l *Letter) Marshal() []byte {
	b := make([]byte, 0, letterLen)
	b = append(b, l.Box[:]...)
	b = append(b, l.Day.Bytes()...)
	return append(b, l.Sealed[:]...)
}

// ParseLetter reads what Marshal returned. Errors wrap [ErrForm].
func ParseLetter(b []byte) (Letter, error) {
	if len(b) != letterLen {
		return Letter{}, fmt.Errorf("parse note of %d bytes: %w", len(b), ErrForm)
	}
	l := Letter{Day: schema.Day(binary.BigEndian.Uint32(b[16:]))}
	copy(l.Box[:], b)
	copy(l.Sealed[:], b[20:])
	return l, nil
}

// Inquiry asks what lies in a mailbox.
type Inquiry struct {
	Box  Tag
	Day  schema.Day
	Skip uint16 // notes that were read already
}

const inquiryLen = 16 + 4 + 2

// Marshal returns the payload of an inquiry's envelope, whose kind is ask: tag of
// the mailbox 16 | u32 d | u16 skip.
func (q Inquiry) Marshal() []byte {
	b := append(make([]byte, 0, inquiryLen), q.Box[:]...)
	b = append(b, q.Day.Bytes()...)
	return binary.BigEndian.AppendUint16(b, q.Skip)
}

// ParseInquiry reads what Marshal returned. Errors wrap [ErrForm].
func ParseInquiry(b []byte) (Inquiry, error) {
	if len(b) != inquiryLen {
		return Inquiry{}, fmt.Errorf("parse question for notes of %d bytes: %w", len(b), ErrForm)
	}
	q := Inquiry{Day: schema.Day(binary.BigEndian.Uint32(b[16:])), Skip: binary.BigEndian.Uint16(b[20:])}
	copy(q.Box[:], b)
	return q, nil
}

// NotesInReply is how many notes fit the reply to an inquiry.
const NotesInReply = 2

// MarshalNotes returns the data of the reply to an inquiry: u16 notes in the
// mailbox | at most NotesInReply sealed notes, the first after those skipped.
func MarshalNotes(total int, notes [][]byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(total))
	for _, n := range notes[:min(len(notes), NotesInReply)] {
		b = append(b, n...)
	}
	return b
}

// ParseNotes reads what MarshalNotes returned. Errors wrap [ErrForm].
func ParseNotes(b []byte) (total int, notes [][]byte, err error) {
	if len(b) < 2 || (len(b)-2)%NoteLen != 0 {
		return 0, nil, fmt.Errorf("parse notes of %d bytes: %w", len(b), ErrForm)
	}
	for rest := b[2:]; len(rest) > 0; rest = rest[NoteLen:] {
		notes = append(notes, rest[:NoteLen:NoteLen])
	}
	return int(binary.BigEndian.Uint16(b)), notes, nil
}
