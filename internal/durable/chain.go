package durable

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Digest is the SHA-256 of a line of a chain, without its end.
type Digest [sha256.Size]byte

// MarshalText writes the digest as 64 hex digits.
func (d Digest) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(d[:])), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Digest) UnmarshalText(b []byte) error {
	if len(b) != 2*len(d) {
		return errors.New("digest has the wrong length")
	}
	_, err := hex.Decode(d[:], b)
	return err
}

// Link is what every entry of a chain carries; embed it in the entry.
type Link struct {
	N    int    `json:"n"`    // counts from 1
	Prev Digest `json:"prev"` // of the line before; zeros in the first
}

// Chain is a hash-chained log as it was read: one JSON object a line, each with
// its number and the digest of the line before, so that a line that was changed,
// taken out of the middle or put in shows. Lines missing at the end do not:
// whoever must notice keeps the head elsewhere and asks [Chain.Has]. It has no
// lock; its owner keeps other writers away.
type Chain struct {
	Lines   [][]byte
	digests []Digest
	size    int64 // of the whole lines; a torn one may follow
}

// ParseChain checks a log and returns its lines, which point into b. A last
// line without its end was torn by a crash before anybody was told that it is
// written: it is left out. The error names the first line that does not follow
// from the one before or that ok, which may be nil, refuses; the lines before it
// are returned.
func ParseChain(b []byte, ok func(line []byte) error) (Chain, error) { return Chain{}.Parse(b, ok) }

// Parse is [ParseChain] for b that follows the chain in its log. It returns the
// longer chain and leaves c as it is.
func (c Chain) Parse(b []byte, ok func(line []byte) error) (Chain, error) {
	c.Lines, c.digests = slices.Clip(c.Lines), slices.Clip(c.digests)
	for {
		line, rest, whole := bytes.Cut(b, []byte{'\n'})
		if !whole {
			return c, nil
		}
		var l Link
		err := json.Unmarshal(line, &l)
		switch {
		case err != nil:
			err = errors.New("it is no entry")
		case l.N != len(c.Lines)+1 || l.Prev != c.Head():
			err = errors.New("it does not follow from the line before")
		case ok != nil:
			err = ok(line)
		}
		if err != nil {
			return c, fmt.Errorf("line %d: %w", len(c.Lines)+1, err)
		}
		c.add(line)
		b = rest
	}
}

func (c *Chain) add(line []byte) {
	c.Lines, c.digests = append(c.Lines, line), append(c.digests, sha256.Sum256(line))
	c.size += int64(len(line)) + 1
}

// Head returns the digest that the next entry carries.
func (c *Chain) Head() (d Digest) {
	if n := len(c.digests); n > 0 {
		d = c.digests[n-1]
	}
	return d
}

// Next returns the link of the next entry.
func (c *Chain) Next() Link { return Link{N: len(c.Lines) + 1, Prev: c.Head()} }

// Size returns the length of the log in bytes.
func (c *Chain) Size() int64 { return c.size }

// Has says whether the chain still holds line n with that digest. Every chain
// has line 0.
func (c *Chain) Has(n int, d Digest) bool {
	return n == 0 || n <= len(c.digests) && c.digests[n-1] == d
}

// Begins says whether a log begins with the lines of the chain, byte by byte.
func (c *Chain) Begins(b []byte) bool {
	for _, line := range c.Lines {
		rest, same := bytes.CutPrefix(b, line)
		if !same || len(rest) == 0 || rest[0] != '\n' {
			return false
		}
		b = rest[1:]
	}
	return true
}

// Append writes an entry, which carries [Chain.Next], to the log at path, for
// its owner only, and syncs it. What does not fit on the disk is taken away
// again.
func (c *Chain) Append(path string, entry any) error {
	line, err := json.Marshal(entry)
	if err != nil {
		return fmt.Errorf("append to %s: %w", filepath.Base(path), err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, OwnerFile)
	if err != nil {
		return fmt.Errorf("append to %s: %w", filepath.Base(path), err)
	}
	err = writeLine(f, c.size, line)
	if err := errors.Join(err, f.Close(), SyncDir(filepath.Dir(path))); err != nil {
		return fmt.Errorf("append to %s: %w", filepath.Base(path), err)
	}
	c.add(line)
	return nil
}

// writeLine puts a line at an offset, where a torn one may stand.
func writeLine(f *os.File, at int64, line []byte) error {
	err := f.Truncate(at)
	if err == nil {
		_, err = f.Seek(at, io.SeekStart)
	}
	if err == nil {
		_, err = f.Write(append(line[:len(line):len(line)], '\n'))
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		err = errors.Join(err, f.Truncate(at))
	}
	return err
}

// SetAside keeps a damaged file under another name in its directory, so that a
// new one can begin and nothing is lost. A file that is not there is no error.
func SetAside(path string) error {
	for n := 1; ; n++ {
		aside := fmt.Sprintf("%s.damaged-%d", path, n)
		if _, err := os.Lstat(aside); err == nil {
			continue
		}
		if err := os.Rename(path, aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("set %s aside: %w", filepath.Base(path), err)
		}
		return SyncDir(filepath.Dir(path))
	}
}
