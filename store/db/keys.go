package db

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// keysFile is the secret that holds S of the oldest month.
const keysFile = "months.json"

// maxMonths bounds how far ahead of the oldest month a key is derived.
const maxMonths = 12 * 50

// monthsFile is the form of the secret.
type monthsFile struct {
	Version int    `json:"version"`
	Oldest  string `json:"oldest"` // month, as 2026-11
	Secret  []byte `json:"secret"` // S(oldest)
}

// ring derives the keys of months from the oldest secret, which is read once.
type ring struct {
	box *secret.Box

	mu     sync.Mutex
	oldest schema.Month
	secret Secret
	made   map[schema.Month]MonthKeys
}

// openRing reads the secret in box. Where there is none and the store is fresh
// it makes one, with first as the oldest month.
func openRing(box *secret.Box, first schema.Month, fresh bool) (*ring, error) {
	path := filepath.Join(box.Dir(), keysFile)
	b, err := box.Read(keysFile)
	switch {
	case errors.Is(err, fs.ErrNotExist) && fresh:
		return newRing(box, first)
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("read month keys %s: %w: restore the keys directory that belongs to this data", path, ErrNoKeys)
	case err != nil:
		return nil, fmt.Errorf("read month keys: %w", err)
	}
	r := &ring{box: box}
	if err := r.parse(b); err != nil {
		return nil, fmt.Errorf("read month keys: %s %w: %w", path, durable.ErrDamaged, err)
	}
	return r, nil
}

// Begun says whether a store was opened before in dir or with these secrets: there
// are months, or the secret of months, which a first start writes after all other
// secrets. Whoever misses a secret then must not make another.
func Begun(dir string, box *secret.Box) (bool, error) {
	_, err := box.Read(keysFile)
	if !errors.Is(err, fs.ErrNotExist) {
		return true, nil // what does not open is for Open to say
	}
	have, err := months(dir)
	return len(have) > 0, err
}

// CheckKeys says whether the secret of months can be read, which a store needs to
// start. Errors wrap [ErrNoKeys] when it is not there.
func CheckKeys(box *secret.Box) error {
	_, err := openRing(box, firstMonth, false)
	return err
}

func (r *ring) parse(b []byte) error {
	var f monthsFile
	if err := json.Unmarshal(b, &f); err != nil {
		return errors.New("not JSON of the expected form") // the library's text may quote the secret
	}
	oldest, err := schema.ParseMonth(f.Oldest)
	if err != nil || f.Version != 1 || len(f.Secret) != len(Secret{}) {
		return errors.New("version, month or secret does not have the form")
	}
	r.start(oldest, Secret(f.Secret))
	return nil
}

func newRing(box *secret.Box, first schema.Month) (*ring, error) {
	var s Secret
	_, _ = rand.Read(s[:]) // crypto/rand.Read never returns an error
	r := &ring{box: box}
	if err := r.keep(first, s); err != nil {
		return nil, fmt.Errorf("make month keys: %w", err)
	}
	return r, nil
}

// keep writes s over the secret that was there, then uses it. Callers hold mu
// when others have the ring already.
func (r *ring) keep(oldest schema.Month, s Secret) error {
	b, err := json.Marshal(monthsFile{Version: 1, Oldest: oldest.String(), Secret: s[:]})
	if err == nil {
		err = r.box.Write(keysFile, append(b, '\n'))
	}
	if err == nil {
		r.start(oldest, s)
	}
	return err
}

func (r *ring) start(oldest schema.Month, s Secret) {
	r.oldest, r.secret, r.made = oldest, s, map[schema.Month]MonthKeys{}
}

// keys returns the keys of month m. Errors wrap [ErrForgotten].
func (r *ring) keys(m schema.Month) (MonthKeys, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k, ok := r.made[m]; ok {
		return k, nil
	}
	s, err := r.derive(m)
	if err != nil {
		return MonthKeys{}, fmt.Errorf("keys of month %s: %w", m, err)
	}
	k := s.Keys()
	r.made[m] = k
	return k, nil
}

// derive returns S(m). Callers hold mu.
func (r *ring) derive(m schema.Month) (Secret, error) {
	if m < r.oldest || m-r.oldest > maxMonths {
		return Secret{}, ErrForgotten
	}
	s := r.secret
	for range m - r.oldest {
		s = s.Next()
	}
	return s, nil
}

// forget makes m the oldest month with a key. A later oldest stays.
func (r *ring) forget(m schema.Month) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m <= r.oldest {
		return nil
	}
	s, err := r.derive(m)
	if err == nil {
		err = r.keep(m, s)
	}
	if err != nil {
		return fmt.Errorf("forget the keys of months before %s: %w", m, err)
	}
	return nil
}
