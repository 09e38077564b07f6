package page

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// ErrForm says that the bytes are not a page.
var ErrForm = errors.New("not a page")

// ErrClosed says that the page is not of this day and number of this ID, or
// was damaged. Which of the two cannot be told.
var ErrClosed = errors.New("page does not open")

const (
	buildLen  = 4 + MaxVersionLen
	outerLen  = 16 + 4 + 16 + buildLen
	lengthLen = 4
)

// Overhead is how many bytes a page is longer than what it seals, before
// padding.
const Overhead = outerLen + chacha20poly1305.NonceSizeX + chacha20poly1305.Overhead + lengthLen

// Capacity is how many bytes of plain fit a page of the one size that agents
// send. A page that holds a single record that does not fit is larger.
const Capacity = wire.SentBucket - wire.ContentHeaderLen - Overhead

// MaxPlain is how many bytes of plain fit the largest page.
const MaxPlain = 64<<10 - wire.ContentHeaderLen - Overhead

// Page is a sealed page: what a store may see of it.
type Page struct {
	Tag     Tag
	Day     schema.Day // of first sending
	Witness Witness
	Build   Build
	Sealed  []byte // nonce and ciphertext
}

// Seal seals plain, at most MaxPlain bytes, as the n-th page of day d. It is done
// once; the bytes are kept and sent again as they are. The page is padded so
// that it fills an envelope of [wire.SentBucket], or of the next bucket that
// holds it. Errors wrap [ErrForm].
func Seal(root Root, d schema.Day, n uint32, build Build, plain []byte) (Page, error) {
	bucket, ok := wire.BucketFor(Overhead+len(plain), wire.SentBucket)
	if !ok {
		return Page{}, fmt.Errorf("seal page of %d bytes: %w: at most %d", len(plain), ErrForm, MaxPlain)
	}
	if err := build.check(); err != nil {
		return Page{}, fmt.Errorf("seal page: %w", err)
	}
	keys := root.Day(d)
	p := Page{Tag: keys.Tag(n), Day: d, Witness: root.EraseRight(d, n).Witness(), Build: build}
	aead, err := chacha20poly1305.NewX(keys.key(n))
	if err != nil {
		return Page{}, fmt.Errorf("seal page: %w", err)
	}
	nonce := make([]byte, aead.NonceSize(), bucket)
	_, _ = rand.Read(nonce) // crypto/rand.Read never returns an error
	padded := make([]byte, bucket-wire.ContentHeaderLen-Overhead+lengthLen)
	binary.BigEndian.PutUint32(padded, uint32(len(plain)))
	copy(padded[lengthLen:], plain)
	p.Sealed = aead.Seal(nonce, nonce, padded, p.additional())
	return p, nil
}

// Open opens a page as the n-th of its day. Errors wrap [ErrClosed].
func (k DayKeys) Open(n uint32, p Page) ([]byte, error) { return k.open(n, p, false) }

// OpenInPlace is Open for who needs the page no more: what was sealed is overwritten,
// and no room is made.
func (k DayKeys) OpenInPlace(n uint32, p Page) ([]byte, error) { return k.open(n, p, true) }

func (k DayKeys) open(n uint32, p Page, inPlace bool) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(k.key(n))
	if err != nil {
		return nil, fmt.Errorf("open page: %w", err)
	}
	if len(p.Sealed) < aead.NonceSize()+aead.Overhead() || p.Day != k.day || p.Tag != k.Tag(n) {
		return nil, fmt.Errorf("open page of %s: %w", k.day, ErrClosed)
	}
	nonce, sealed := p.Sealed[:aead.NonceSize()], p.Sealed[aead.NonceSize():]
	var room []byte
	if inPlace {
		room = sealed[:0]
	}
	padded, err := aead.Open(room, nonce, sealed, p.additional())
	if err != nil || len(padded) < lengthLen {
		return nil, fmt.Errorf("open page of %s: %w", k.day, ErrClosed)
	}
	return unpad(padded)
}

// unpad returns what stands before the zeros. Errors wrap [ErrForm].
func unpad(padded []byte) ([]byte, error) {
	length, rest := binary.BigEndian.Uint32(padded), padded[lengthLen:]
	if uint64(length) > uint64(len(rest)) || len(bytes.Trim(rest[length:], "\x00")) > 0 {
		return nil, fmt.Errorf("open page: %w: its padding", ErrForm)
	}
	return rest[:length:length], nil
}

// additional is the associated data that binds the outer fields.
func (p *Page) additional() []byte { return p.outer([]byte("page")) }

func (p *Page) outer(b []byte) []byte {
	b = append(b, p.Tag[:]...)
	b = append(b, p.Day.Bytes()...)
	b = append(b, p.Witness[:]...)
	return p.Build.append(b)
}

// Marshal returns the page's bytes: the payload of its envelope.
func (p *Page) Marshal() []byte {
	b := p.outer(make([]byte, 0, outerLen+len(p.Sealed)))
	return append(b, p.Sealed...)
}

// Parse reads a page's outer form: its length, which is one of the few that an
// agent sends, and what stands outside the seal. Sealed points into b. Errors
// wrap [ErrForm].
func Parse(b []byte) (Page, error) {
	if bucket, ok := wire.BucketFor(len(b), wire.SentBucket); !ok || bucket != len(b)+wire.ContentHeaderLen {
		return Page{}, fmt.Errorf("parse page of %d bytes: %w", len(b), ErrForm)
	}
	p := Page{Day: schema.Day(binary.BigEndian.Uint32(b[16:])), Sealed: b[outerLen:]}
	copy(p.Tag[:], b)
	copy(p.Witness[:], b[20:])
	var err error
	if p.Build, err = parseBuild(b[36:outerLen]); err != nil {
		return Page{}, fmt.Errorf("parse page: %w", err)
	}
	return p, nil
}
