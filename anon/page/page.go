package page

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/tacit-telemetry/tacit/schema"
)

// ErrForm says that the bytes are not a page.
var ErrForm = errors.New("not a page")

// ErrClosed says that the page is not of this day and number of this ID, or
// was damaged. Which of the two cannot be told.
var ErrClosed = errors.New("page does not open")

const outerLen = 16 + 4 + 16

// Overhead is how many bytes a page is longer than what it seals.
const Overhead = outerLen + chacha20poly1305.NonceSizeX + chacha20poly1305.Overhead

// Page is a sealed page: what a store may see of it.
type Page struct {
	Tag     Tag
	Day     schema.Day // of first sending
	Witness Witness
	Sealed  []byte // nonce and ciphertext
}

// Seal seals plain as the n-th page of day d. It is done once; the bytes are
// kept and sent again as they are.
func Seal(root Root, d schema.Day, n uint32, plain []byte) (Page, error) {
	keys := root.Day(d)
	p := Page{Tag: keys.Tag(n), Day: d, Witness: root.EraseRight(d, n).Witness()}
	aead, err := chacha20poly1305.NewX(keys.key(n))
	if err != nil {
		return Page{}, fmt.Errorf("seal page: %w", err)
	}
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	_, _ = rand.Read(nonce) // crypto/rand.Read never returns an error
	p.Sealed = aead.Seal(nonce, nonce, plain, p.additional())
	return p, nil
}

// Open opens a page as the n-th of its day. Errors wrap [ErrClosed].
func (k DayKeys) Open(n uint32, p Page) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(k.key(n))
	if err != nil {
		return nil, fmt.Errorf("open page: %w", err)
	}
	if len(p.Sealed) < aead.NonceSize()+aead.Overhead() || p.Day != k.day || p.Tag != k.Tag(n) {
		return nil, fmt.Errorf("open page of %s: %w", k.day, ErrClosed)
	}
	plain, err := aead.Open(nil, p.Sealed[:aead.NonceSize()], p.Sealed[aead.NonceSize():], p.additional())
	if err != nil {
		return nil, fmt.Errorf("open page of %s: %w", k.day, ErrClosed)
	}
	return plain, nil
}

// additional is the associated data that binds the outer fields.
func (p *Page) additional() []byte { return p.outer([]byte("page")) }

func (p *Page) outer(b []byte) []byte {
	b = append(b, p.Tag[:]...)
	b = append(b, p.Day.Bytes()...)
	return append(b, p.Witness[:]...)
}

// Marshal returns the page's bytes.
func (p *Page) Marshal() []byte {
	b := p.outer(make([]byte, 0, outerLen+len(p.Sealed)))
	return append(b, p.Sealed...)
}

// Parse reads a page's outer form. Sealed points into b. Errors wrap
// [ErrForm].
func Parse(b []byte) (Page, error) {
	if len(b) < Overhead {
		return Page{}, fmt.Errorf("parse page of %d bytes: %w", len(b), ErrForm)
	}
	var p Page
	copy(p.Tag[:], b)
	p.Day = schema.Day(binary.BigEndian.Uint32(b[16:]))
	copy(p.Witness[:], b[20:])
	p.Sealed = b[outerLen:]
	return p, nil
}
