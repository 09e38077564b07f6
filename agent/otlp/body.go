package otlp

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
)

var (
	errTooLong = errors.New("the body is too long")
	errBusy    = errors.New("too many bodies at once")
)

// maxReading bounds the bytes of all bodies that are read or wait for their turn.
const maxReading = 16 << 20

// budget counts bytes that are in use. The zero value is ready.
type budget struct{ used atomic.Int64 }

// take takes n bytes, unless there would be too many.
func (b *budget) take(n int64) bool {
	if b.used.Add(n) > maxReading {
		b.used.Add(-n)
		return false
	}
	return true
}

// body is what was read of a request.
type body struct {
	bytes  []byte
	held   int64
	budget *budget
}

func (b *body) release() { b.budget.used.Add(-b.held) }

// read reads a body and unpacks it, up to MaxBody, whatever its length is said to
// be. The caller releases it, also after an error.
func (r *Receiver) read(w http.ResponseWriter, q *http.Request) (*body, error) {
	b := &body{budget: &r.reading}
	var from io.Reader = http.MaxBytesReader(w, q.Body, MaxBody)
	if q.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(from)
		if err != nil {
			return b, readError(err)
		}
		from = z
	}
	for {
		if err := b.grow(); err != nil {
			return b, err
		}
		n, err := from.Read(b.bytes[len(b.bytes):cap(b.bytes)])
		b.bytes = b.bytes[:len(b.bytes)+n]
		switch {
		case len(b.bytes) > MaxBody:
			return b, errTooLong
		case errors.Is(err, io.EOF):
			return b, nil
		case err != nil:
			return b, readError(err)
		}
	}
}

// grow makes room for more, if all bodies together may have it.
func (b *body) grow() error {
	if len(b.bytes) < cap(b.bytes) {
		return nil
	}
	const least = 32 << 10
	size := min(max(2*cap(b.bytes), least), MaxBody+1)
	if !b.budget.take(int64(size)) { // both are there while one is copied
		return errBusy
	}
	larger := append(make([]byte, 0, size), b.bytes...)
	b.budget.used.Add(-b.held)
	b.bytes, b.held = larger, int64(size)
	return nil
}

// readError says whose fault it is that a body cannot be read.
func readError(err error) error {
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return errTooLong
	}
	return errMalformed
}
