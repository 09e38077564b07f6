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
)

// keysFile is the file in the keys directory that holds the oldest secret.
const keysFile = "months.json"

// maxMonths bounds how far ahead of the oldest month a key is derived.
const maxMonths = 12 * 50

// monthsFile is the form of the file.
type monthsFile struct {
	Version int    `json:"version"`
	Oldest  string `json:"oldest"` // month, as 2026-11
	Secret  []byte `json:"secret"` // S(oldest)
}

// ring derives the keys of months from the oldest secret. Its file is read
// once.
type ring struct {
	oldest schema.Month
	secret Secret

	mu   sync.Mutex
	made map[schema.Month]MonthKeys
}

// openRing reads the secrets in dir. Where there are none and the store is
// fresh it makes them, with first as the oldest month.
func openRing(dir string, first schema.Month, fresh bool) (*ring, error) {
	path := filepath.Join(dir, keysFile)
	b, err := durable.ReadOwnerFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && fresh:
		return newRing(dir, first)
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("read month keys %s: %w: restore the keys directory that belongs to this data", path, ErrNoKeys)
	case err != nil:
		return nil, fmt.Errorf("read month keys: %w", err)
	}
	r, err := parseRing(b)
	if err != nil {
		return nil, fmt.Errorf("read month keys: %s %w: %w", path, durable.ErrDamaged, err)
	}
	return r, nil
}

func parseRing(b []byte) (*ring, error) {
	var f monthsFile
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, errors.New("not JSON of the expected form") // the library's text may quote the secret
	}
	oldest, err := schema.ParseMonth(f.Oldest)
	if err != nil || f.Version != 1 || len(f.Secret) != len(Secret{}) {
		return nil, errors.New("version, month or secret does not have the form")
	}
	return &ring{oldest: oldest, secret: Secret(f.Secret), made: map[schema.Month]MonthKeys{}}, nil
}

func newRing(dir string, first schema.Month) (*ring, error) {
	r := &ring{oldest: first, made: map[schema.Month]MonthKeys{}}
	_, _ = rand.Read(r.secret[:]) // crypto/rand.Read never returns an error
	b, err := json.Marshal(monthsFile{Version: 1, Oldest: first.String(), Secret: r.secret[:]})
	if err == nil {
		err = durable.WriteFile(filepath.Join(dir, keysFile), append(b, '\n'), durable.OwnerFile)
	}
	if err != nil {
		return nil, fmt.Errorf("make month keys: %w", err)
	}
	return r, nil
}

// keys returns the keys of month m. Errors wrap [ErrForgotten].
func (r *ring) keys(m schema.Month) (MonthKeys, error) {
	if m < r.oldest || m-r.oldest > maxMonths {
		return MonthKeys{}, fmt.Errorf("keys of month %s: %w", m, ErrForgotten)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if k, ok := r.made[m]; ok {
		return k, nil
	}
	s := r.secret
	for range m - r.oldest {
		s = s.Next()
	}
	k := s.Keys()
	r.made[m] = k
	return k, nil
}
