package support

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

// CodesFile has what is needed to revoke the codes that live, and what the store
// has not confirmed.
const CodesFile = "support.json"

// codes is the file.
type codes struct {
	Form  int    `json:"form"`
	Codes []live `json:"codes"`
}

// live is a code that may live in the store.
type live struct {
	Tag    string     `json:"tag"` // hex
	Expiry schema.Day `json:"expiry"`
	Sealed []byte     `json:"sealed,omitempty"` // of the grant, under the code, until the store has it
	Revoke bool       `json:"revoke,omitempty"` // the store is to destroy it
}

func (l live) grant() (g page.Grant, err error) {
	b, err := hex.DecodeString(l.Tag)
	if err != nil || len(b) != len(g.Tag) {
		return g, durable.ErrDamaged
	}
	return page.Grant{Tag: page.Tag(b), Expiry: l.Expiry, Sealed: l.Sealed}, nil
}

func nameOf(tag page.Tag) string { return hex.EncodeToString(tag[:]) }

func readCodes(dir string) (c codes, err error) {
	b, err := durable.ReadOwnerFile(filepath.Join(dir, CodesFile))
	if errors.Is(err, fs.ErrNotExist) {
		return codes{Form: 1}, nil
	}
	if err == nil && (json.Unmarshal(b, &c) != nil || c.Form != 1) {
		err = durable.ErrDamaged
	}
	for _, l := range c.Codes {
		if _, bad := l.grant(); err == nil {
			err = bad
		}
	}
	if err != nil {
		return codes{}, fmt.Errorf("read support codes: %s: %w", CodesFile, durable.Bare(err))
	}
	return c, nil
}

func (c codes) write(dir string) error {
	b, err := json.Marshal(c)
	if err == nil {
		err = durable.WriteFile(filepath.Join(dir, CodesFile), b, durable.OwnerFile)
	}
	if err != nil {
		return fmt.Errorf("keep support codes: %w", err)
	}
	return nil
}

// over says that a code's day is long over: two days, since this host's clock may
// be behind the store's.
func (l live) over(today schema.Day) bool { return l.Expiry+2 < today }

// change changes the file under the lock. Codes whose day is long over go.
func (s *Support) change(do func(*codes) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := codes{Form: 1, Codes: slices.Clone(s.codes.Codes)}
	today := s.config.Sender.Today()
	next.Codes = slices.DeleteFunc(next.Codes, func(l live) bool { return l.over(today) })
	if err := do(&next); err != nil {
		return err
	}
	if err := next.write(s.config.Dir); err != nil {
		return err
	}
	s.codes = next
	return nil
}

// add notes a code before it is sent.
func (s *Support) add(g page.Grant) error {
	return s.change(func(c *codes) error {
		if len(c.Codes) >= MaxCodes {
			return ErrTooMany
		}
		c.Codes = append(c.Codes, live{Tag: nameOf(g.Tag), Expiry: g.Expiry, Sealed: g.Sealed})
		return nil
	})
}

// redate notes a code that is sealed anew, unless it was taken back meanwhile.
func (s *Support) redate(g page.Grant) error {
	return s.change(func(c *codes) error {
		i := c.find(g.Tag)
		if i < 0 || c.Codes[i].Revoke {
			return errRevoked
		}
		c.Codes[i].Expiry, c.Codes[i].Sealed = g.Expiry, g.Sealed
		return nil
	})
}

// lives says whether a code is noted and not taken back.
func (s *Support) lives(tag page.Tag) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.codes.find(tag)
	return i >= 0 && !s.codes.Codes[i].Revoke
}

// confirm notes that the store has a grant.
func (s *Support) confirm(tag page.Tag) error {
	return s.change(func(c *codes) error {
		if i := c.find(tag); i >= 0 {
			c.Codes[i].Sealed = nil
		}
		return nil
	})
}

// revokeAll notes that no code is to live any more.
func (s *Support) revokeAll() error {
	return s.change(func(c *codes) error {
		c.revokeAll()
		return nil
	})
}

// remove forgets a code that is dead.
func (s *Support) remove(tag page.Tag) error {
	return s.change(func(c *codes) error {
		if i := c.find(tag); i >= 0 {
			c.Codes = slices.Delete(c.Codes, i, i+1)
		}
		return nil
	})
}

// find returns where a code stands; -1: nowhere.
func (c *codes) find(tag page.Tag) int {
	name := nameOf(tag)
	return slices.IndexFunc(c.Codes, func(l live) bool { return l.Tag == name })
}

func (c *codes) revokeAll() {
	for i := range c.Codes {
		c.Codes[i].Sealed, c.Codes[i].Revoke = nil, true
	}
}

// RevokeAll orders that all codes noted in a directory are revoked. [Support.Run]
// has it done: of whichever installation it is by then, since nothing that is kept
// of a code says whose it is. A damaged file says of none, and is removed.
func RevokeAll(dir string) error { return changeCodes(dir, (*codes).revokeAll) }

// Drop forgets the codes noted in a directory that nobody has taken back. Where a
// disk was copied they are the other host's, which goes on with them.
func Drop(dir string) error {
	return changeCodes(dir, func(c *codes) {
		c.Codes = slices.DeleteFunc(c.Codes, func(l live) bool { return !l.Revoke })
	})
}

// changeCodes changes the file where no agent runs. A damaged one is removed.
func changeCodes(dir string, do func(*codes)) error {
	c, err := readCodes(dir)
	switch {
	case errors.Is(err, durable.ErrDamaged):
		return durable.Bare(os.Remove(filepath.Join(dir, CodesFile)))
	case err != nil:
		return err
	case len(c.Codes) == 0:
		return nil
	}
	do(&c)
	return c.write(dir)
}
