package secret

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// magic begins a sealed file, and names its form.
const magic = "tacit sealed 01\n"

// Lengths in bytes of the parts of a sealed file.
const (
	costLen   = 4 + 4 + 1
	saltLen   = 16
	headerLen = len(magic) + costLen + saltLen
	minSealed = headerLen + chacha20poly1305.NonceSizeX + chacha20poly1305.Overhead
	maxFile   = minSealed + MaxLen
)

// header is what a sealed file begins with: magic, cost and salt. Files with
// the same header have the same key.
type header [headerLen]byte

// cost is what one derivation takes.
type cost struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

// usualCost is the second recommendation of RFC 9106 section 4 with one lane in
// place of four: memory is what a guesser pays for, and a store starts seldom.
var usualCost = cost{memory: 64 << 10, passes: 3, threads: 1}

// sound bounds a cost that a file names, before anything is paid.
func (c cost) sound() bool {
	return c.memory >= 8<<10 && c.memory <= 256<<10 && c.passes >= 1 && c.passes <= 8 && c.threads >= 1 && c.threads <= 4
}

func newHeader(c cost) (h header) {
	b := binary.BigEndian.AppendUint32([]byte(magic), c.memory)
	b = binary.BigEndian.AppendUint32(b, c.passes)
	copy(h[:], append(b, c.threads))
	_, _ = rand.Read(h[headerLen-saltLen:]) // crypto/rand.Read never returns an error
	return h
}

func (h *header) cost() cost {
	b := h[len(magic):]
	return cost{memory: binary.BigEndian.Uint32(b), passes: binary.BigEndian.Uint32(b[4:]), threads: b[8]}
}

// key is a derived key and the header of the files that it seals.
type key struct {
	header header
	aead   cipher.AEAD
}

// newKey returns a key with a salt of its own, or nil for plain files.
func newKey(pass Passphrase) (*key, error) {
	if pass == nil {
		return nil, nil
	}
	return derive(newHeader(usualCost), pass)
}

// derive makes the key of files with that header.
func derive(h header, pass Passphrase) (*key, error) {
	p, err := pass()
	if err != nil {
		return nil, err
	}
	c := h.cost()
	raw := argon2.IDKey(p, h[headerLen-saltLen:], c.passes, c.memory, c.threads, chacha20poly1305.KeySize)
	aead, err := chacha20poly1305.NewX(raw)
	if err != nil {
		return nil, fmt.Errorf("derive the key of secrets: %w", err)
	}
	return &key{header: h, aead: aead}, nil
}

// file is a file as it was read.
type file struct {
	dir, name string
	header    header // zero: plain
	body      []byte // what follows the header, or the hash of a plain file
}

func (f *file) path() string { return filepath.Join(f.dir, f.name) }

func (f *file) sealed() bool { return f.header != header{} }

// readFile reads a file of the box, sealed or not.
func readFile(dir, name string) (*file, error) {
	f := &file{dir: dir, name: name}
	info, err := os.Stat(f.path())
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > int64(maxFile) {
		return nil, fmt.Errorf("%s %w: it is no file of at most %d bytes", f.path(), durable.ErrDamaged, maxFile)
	}
	b, err := durable.ReadOwnerFile(f.path())
	if err != nil {
		return nil, err
	}
	if err := f.parse(b); err != nil {
		return nil, fmt.Errorf("%s %w: %w", f.path(), durable.ErrDamaged, err)
	}
	return f, nil
}

// parse splits the bytes of a file.
func (f *file) parse(b []byte) error {
	if !bytes.HasPrefix(b, []byte(magic)) {
		var err error
		f.body, err = unchecked(b)
		return err
	}
	if len(b) < minSealed || len(b) > maxFile {
		return errors.New("it is cut, or longer than a secret can be")
	}
	copy(f.header[:], b)
	f.body = b[headerLen:]
	if !f.header.cost().sound() {
		return errors.New("it asks for more or less work than any passphrase of ours")
	}
	return nil
}

// open returns the content, with the key of the box, or nil for a plain box.
func (f *file) open(k *key) ([]byte, error) {
	switch {
	case k == nil && !f.sealed():
		return f.body, nil
	case k == nil || !f.sealed() || k.header != f.header:
		return nil, fmt.Errorf("%s: %w", f.path(), ErrMixed)
	}
	nonce, sealed := f.body[:chacha20poly1305.NonceSizeX], f.body[chacha20poly1305.NonceSizeX:]
	content, err := k.aead.Open(nil, nonce, sealed, f.aad())
	if err != nil {
		return nil, fmt.Errorf("%s %w: it does not open", f.path(), durable.ErrDamaged)
	}
	return content, nil
}

func (f *file) aad() []byte { return append(f.header[:len(f.header):len(f.header)], f.name...) }

// writeFile replaces a file of the box.
func writeFile(dir, name string, content []byte, k *key) error {
	if len(content) > MaxLen {
		return fmt.Errorf("write secret %s: %d bytes, at most %d", name, len(content), MaxLen)
	}
	f := &file{dir: dir, name: name}
	if k == nil && bytes.HasPrefix(content, []byte(magic)) {
		return fmt.Errorf("write secret %s: it would be taken for a sealed one", name)
	}
	if k == nil {
		content = checked(content)
	} else {
		f.header = k.header
		nonce := make([]byte, chacha20poly1305.NonceSizeX, maxFile-headerLen)
		_, _ = rand.Read(nonce) // as above
		content = append(f.header[:], k.aead.Seal(nonce, nonce, content, f.aad())...)
	}
	return durable.WriteFile(f.path(), content, durable.OwnerFile)
}
