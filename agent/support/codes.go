package support

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

// CodesFile has what is needed to revoke the codes that live.
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
}

func (l live) grant() (g page.Grant, err error) {
	b, err := hex.DecodeString(l.Tag)
	if err != nil || len(b) != len(g.Tag) {
		return g, durable.ErrDamaged
	}
	return page.Grant{Tag: page.Tag(b), Expiry: l.Expiry}, nil
}

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

// change changes the file under the lock. Codes whose day is long over go: two
// days, since this host's clock may be behind the store's.
func (s *Support) change(do func(*codes) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := codes{Form: 1, Codes: slices.Clone(s.codes.Codes)}
	today := s.config.Sender.Today()
	next.Codes = slices.DeleteFunc(next.Codes, func(l live) bool { return l.Expiry+2 < today })
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
		tag := hex.EncodeToString(g.Tag[:])
		c.Codes = slices.DeleteFunc(c.Codes, func(l live) bool { return l.Tag == tag })
		if len(c.Codes) >= MaxCodes {
			return ErrTooMany
		}
		c.Codes = append(c.Codes, live{Tag: tag, Expiry: g.Expiry})
		return nil
	})
}

// remove forgets a code that is revoked.
func (s *Support) remove(tag page.Tag) error {
	return s.change(func(c *codes) error {
		name := hex.EncodeToString(tag[:])
		c.Codes = slices.DeleteFunc(c.Codes, func(l live) bool { return l.Tag == name })
		return nil
	})
}
