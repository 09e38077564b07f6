package daybook

import (
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/internal/durable"
)

// rowKey is what a row lies under.
type rowKey [16]byte

// What a row is.
const (
	kept    = 1
	revoked = 2
)

// rows is one file, open. Its methods may not be called at the same time.
type rows struct {
	key   key
	aead  cipher.AEAD
	value int // bytes of a value
	file  *os.File
	slots []rowKey // in the order of the file; the zero key: a row that does not open
	index map[rowKey]int
}

// openRows opens a file, or makes it. damaged counts the rows that do not open:
// their places are used again.
func openRows(path string, k key, value int) (r *rows, damaged int, err error) {
	r = &rows{key: k, value: value, index: map[rowKey]int{}}
	if r.aead, err = chacha20poly1305.NewX(k.expand("wrap")); err != nil {
		return nil, 0, err
	}
	_, err = os.Stat(path)
	if missing := errors.Is(err, fs.ErrNotExist); missing {
		err = durable.WriteFile(path, nil, durable.OwnerFile) // its name is synced
	}
	if err == nil {
		r.file, err = os.OpenFile(path, os.O_RDWR, durable.OwnerFile)
	}
	if err == nil {
		damaged, err = r.load()
	}
	if err != nil {
		return nil, 0, fmt.Errorf("open daybook: %w", errors.Join(durable.Bare(err), r.close()))
	}
	return r, damaged, nil
}

func (r *rows) close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// length is that of a row.
func (r *rows) length() int {
	return len(rowKey{}) + r.aead.NonceSize() + 1 + r.value + r.aead.Overhead()
}

// load finds out what is there. A row that was being moved is there twice.
func (r *rows) load() (damaged int, err error) {
	info, err := r.file.Stat()
	if err != nil {
		return 0, err
	}
	n := int(info.Size()) / r.length()
	if err := r.file.Truncate(int64(n * r.length())); err != nil { // the torn end
		return 0, err
	}
	r.slots = make([]rowKey, n)
	for i := range n {
		k, _, _, err := r.read(i)
		_, twice := r.index[k]
		switch {
		case errors.Is(err, errRow):
			damaged++
		case err != nil:
			return 0, err
		case !twice:
			r.slots[i], r.index[k] = k, i
		}
	}
	return damaged, nil
}

// errRow says that a row does not open.
var errRow = errors.New("a row does not open")

// read reads the row in a place.
func (r *rows) read(i int) (k rowKey, is byte, value []byte, err error) {
	b := make([]byte, r.length())
	if _, err := r.file.ReadAt(b, int64(i*r.length())); err != nil {
		return k, 0, nil, err
	}
	copy(k[:], b)
	nonce, sealed := b[len(k):len(k)+r.aead.NonceSize()], b[len(k)+r.aead.NonceSize():]
	plain, err := r.aead.Open(nil, nonce, sealed, k[:])
	if err != nil || k == (rowKey{}) {
		return k, 0, nil, errRow
	}
	return k, plain[0], plain[1:], nil
}

// get returns what lies under a tag.
func (r *rows) get(tag page.Tag, i int) (is byte, value []byte, ok bool, err error) {
	at, ok := r.index[r.key.row(tag, i)]
	if !ok {
		return 0, nil, false, nil
	}
	_, is, value, err = r.read(at)
	return is, value, err == nil, err
}

// put keeps a value under a tag, in place of what was there. It is synced.
func (r *rows) put(tag page.Tag, i int, is byte, value []byte) error {
	k := r.key.row(tag, i)
	plain := make([]byte, 1+r.value)
	plain[0] = is
	copy(plain[1:], value)
	b := append(make([]byte, 0, r.length()), k[:]...)
	nonce := b[len(k) : len(k)+r.aead.NonceSize()]
	_, _ = rand.Read(nonce) // crypto/rand.Read never returns an error
	b = r.aead.Seal(b[:len(k)+len(nonce)], nonce, plain, k[:])
	if at, ok := r.index[k]; ok {
		return r.write(b, at)
	}
	at := draw(len(r.slots) + 1)
	if at < len(r.slots) && r.slots[at] != (rowKey{}) {
		if err := r.move(at); err != nil {
			return err
		}
	}
	if err := r.write(b, at); err != nil {
		return err
	}
	r.take(k, at)
	return nil
}

// move copies a row to the end, so that its place is free.
func (r *rows) move(at int) error {
	b := make([]byte, r.length())
	if _, err := r.file.ReadAt(b, int64(at*len(b))); err != nil {
		return err
	}
	end := len(r.slots)
	if err := r.write(b, end); err != nil {
		return err
	}
	r.take(r.slots[at], end)
	r.slots[at] = rowKey{}
	return nil
}

// take notes that a row is in a place now.
func (r *rows) take(k rowKey, at int) {
	if at == len(r.slots) {
		r.slots = append(r.slots, k)
	}
	r.slots[at], r.index[k] = k, at
}

func (r *rows) write(b []byte, at int) error {
	_, err := r.file.WriteAt(b, int64(at*len(b)))
	if err == nil {
		err = r.file.Sync()
	}
	return durable.Bare(err)
}

// draw returns a random number below n, by which nobody can tell what was last.
func draw(n int) int {
	i, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		panic("daybook: internal error: " + err.Error()) // crypto/rand.Reader never fails
	}
	return int(i.Int64())
}
