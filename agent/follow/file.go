package follow

import (
	"bytes"
	"errors"
	"io"
	"os"
	"time"
)

const (
	readSize = 64 << 10 // bytes that are read at once
	maxScan  = 16 << 20 // bytes of a file that are looked at between two looks
	memory   = 64       // bytes before the place that are compared
)

// file is one file that is followed, from a place in it on.
type file struct {
	*os.File
	info   os.FileInfo
	at     int64  // how far it was read
	before []byte // what stands before that
	lines  lines

	named bool      // a name that fits the pattern is its
	other bool      // it was written anew while it had none
	lost  time.Time // when it was first seen without one
	fresh time.Time // when it last had a name, or something new
}

// toEnd goes to the end of the file; the line that stands there without its line
// feed is left out. It is false when the file cannot be read.
func (f *file) toEnd() bool {
	info, err := f.Stat()
	if err != nil {
		return false
	}
	f.at = info.Size()
	f.before = make([]byte, min(memory, f.at))
	if _, err := f.ReadAt(f.before, f.at-int64(len(f.before))); err != nil {
		return false
	}
	f.lines = lines{drop: f.at > 0 && f.before[len(f.before)-1] != '\n'}
	return true
}

// read gives what is new to s, and says whether there was anything. What cannot
// be read now is read with the next call.
func (f *file) read(buf []byte, s *source) (fresh bool) {
	for scanned := 0; scanned < maxScan; scanned += readSize {
		known := len(f.before)
		n, err := f.ReadAt(buf, f.at-int64(known))
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			return fresh
		case n >= known && bytes.Equal(buf[:known], f.before):
		case !f.named: // somebody keeps a copy of another file in it
			f.other = true
			return fresh
		default:
			f.at, f.before, f.lines = 0, nil, lines{} // it was written anew
			continue
		}
		if n == known {
			return fresh
		}
		fresh = true
		f.lines.feed(buf[known:n], s.offer, s.long)
		f.at += int64(n - known)
		f.before = append(f.before[:0], buf[max(0, n-memory):n]...)
	}
	if info, err := f.Stat(); err == nil && info.Size() > f.at && f.toEnd() {
		s.jumped()
	}
	return fresh
}
