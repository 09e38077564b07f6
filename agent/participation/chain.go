package participation

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// What an entry can tell.
const (
	actSaid    = "user said"          // State is the user's word
	actDecided = "decided"            // State is what all inputs came to
	actAnew    = "history began anew" // the one before was damaged, and set aside
)

// Entry is one line of the history.
type Entry struct {
	N     int       `json:"n"`             // counts from 1
	Time  time.Time `json:"time,omitzero"` // zero when the clock was never set
	Act   string    `json:"act"`           // "user said", "decided", "history began anew"
	State State     `json:"state"`
	By    string    `json:"by"`   // who said it, or which input decided
	Prev  Digest    `json:"prev"` // of the line before; zeros in the first
}

// Digest is the SHA-256 of a line of the history, without its end.
type Digest [sha256.Size]byte

// history is a history file that was read and checked.
type history struct {
	entries []Entry
	lines   []Digest // of the entries
	word    Entry    // the last that a user said; zero when none did
	size    int64    // of the whole lines; a torn one may follow
	file    fs.FileInfo
	err     error // what is damaged
}

// head returns the digest that the next entry carries.
func (h *history) head() (d Digest) {
	if n := len(h.lines); n > 0 {
		d = h.lines[n-1]
	}
	return d
}

// add takes an entry whose line has the digest.
func (h *history) add(e Entry, line []byte) {
	h.entries, h.lines = append(h.entries, e), append(h.lines, sha256.Sum256(line))
	h.size += int64(len(line)) + 1
	if e.Act == actSaid {
		h.word = e
	}
}

// parseHistory checks the chain and reads it. A last line without its end was
// torn by a crash before anybody was told that it is written: it is left out.
func parseHistory(b []byte) (h history) {
	for {
		line, rest, whole := bytes.Cut(b, []byte{'\n'})
		if !whole {
			return h
		}
		e, err := parseEntry(line)
		if err == nil && (e.N != len(h.entries)+1 || e.Prev != h.head()) {
			err = errors.New("it does not follow from the line before")
		}
		if err != nil {
			h.err = fmt.Errorf("line %d of %s: %w", len(h.entries)+1, historyFile, err)
			return h
		}
		h.add(e, line)
		b = rest
	}
}

// parseEntry takes keys that it does not know: a later release may have written
// them, and the chain covers them.
func parseEntry(line []byte) (e Entry, err error) {
	if err := json.Unmarshal(line, &e); err != nil {
		return e, errors.New("it is no entry")
	}
	said := e.Act == actSaid && (e.State == On || e.State == Off)
	decided := e.Act == actDecided && e.State != NoOpinion
	if !said && !decided && e.Act != actAnew {
		return e, errors.New("it tells nothing that is known here")
	}
	return e, nil
}

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
