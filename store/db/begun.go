package db

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// begunFile is the list of the halves that were begun and not forgotten. It lies
// beside the secrets, because what lies beside a half goes where the half goes.
const begunFile = "begun.json"

// restoredName is a file beside the months of a restored store: until a store
// started on it, the list is that of the store it was a backup of.
const restoredName = "restored"

// begunForm is the form of the list.
type begunForm struct {
	Version int        `json:"version"`
	Halves  []begunRow `json:"halves"`
}

type begunRow struct {
	Month string `json:"month"` // as 2026-11
	Half  string `json:"half"`
}

// begun is the list. A half comes onto it once it is made and before its first
// row is confirmed, and leaves it when it is forgotten: one that is on it and not
// there is lost.
type begun struct {
	box *secret.Box

	mu     sync.Mutex
	halves map[placeKey]bool
	kept   bool // changes are written; else the list is another store's
}

// readBegun reads the list, and adds what is there. Without one, and in a store
// that was restored, it is made of what is there.
func readBegun(cfg *Config) (*begun, error) {
	b := &begun{box: cfg.Secrets, halves: map[placeKey]bool{}}
	_, err := os.Stat(filepath.Join(cfg.Dir, restoredName))
	anew := err == nil || cfg.Restore
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if !anew {
		if err := b.read(); err != nil {
			return nil, err
		}
	}
	b.kept = !anew || !cfg.Existing
	have, err := months(cfg.Dir)
	if err != nil {
		return nil, err
	}
	listed := len(b.halves)
	for _, m := range have {
		for _, h := range halves {
			if made(halfPath(cfg.Dir, m, h), false) {
				b.halves[placeKey{m, h}] = true
			}
		}
	}
	if listed == 0 && len(b.halves) > 0 && !anew {
		cfg.Logger.Warn("the list of the months that were begun is not there, and is made of those that are", slog.String("file", begunFile))
	}
	return b, nil
}

// settle writes the list of a store that starts, and takes it for its own.
func (b *begun) settle(dir string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.write(b.halves); err != nil {
		return err
	}
	if err := ignoreGone(os.Remove(filepath.Join(dir, restoredName))); err != nil {
		return err
	}
	return durable.SyncDir(dir)
}

func (b *begun) read() error {
	content, err := b.box.Read(begunFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = b.parse(content)
	}
	if err != nil {
		return fmt.Errorf("read which months were begun: %w; fix: put a copy of %s back into the keys directory, or remove it: it is made anew of the months that are there",
			err, begunFile)
	}
	return nil
}

func (b *begun) parse(content []byte) error {
	var f begunForm
	if err := json.Unmarshal(content, &f); err != nil || f.Version != 1 {
		return fmt.Errorf("%s %w: it does not have the form", begunFile, durable.ErrDamaged)
	}
	for _, row := range f.Halves {
		m, err := schema.ParseMonth(row.Month)
		at := slices.IndexFunc(halves[:], func(h Half) bool { return h.String() == row.Half })
		if err != nil || at < 0 {
			return fmt.Errorf("%s %w: %q of month %q", begunFile, durable.ErrDamaged, row.Half, row.Month)
		}
		b.halves[placeKey{m, halves[at]}] = true
	}
	return nil
}

// has says whether a half was begun.
func (b *begun) has(k placeKey) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.halves[k]
}

// months returns the months on the list, in no order.
func (b *begun) months() []schema.Month {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []schema.Month
	for k := range b.halves {
		out = append(out, k.month)
	}
	return out
}

// set puts a half onto the list or takes it off, and returns when that is on
// disk.
func (b *begun) set(k placeKey, is bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.halves[k] == is {
		return nil
	}
	next := maps.Clone(b.halves)
	next[k] = is
	if !is {
		delete(next, k)
	}
	if err := b.write(next); err != nil {
		return err
	}
	b.halves = next
	return nil
}

// write keeps the list. Callers hold mu.
func (b *begun) write(list map[placeKey]bool) error {
	if !b.kept {
		return nil
	}
	f := begunForm{Version: 1, Halves: []begunRow{}}
	for k := range list {
		f.Halves = append(f.Halves, begunRow{k.month.String(), k.half.String()})
	}
	slices.SortFunc(f.Halves, func(a, b begunRow) int { return slices.Compare([]string{a.Month, a.Half}, []string{b.Month, b.Half}) })
	content, err := json.Marshal(f)
	if err == nil {
		err = b.box.Write(begunFile, append(content, '\n'))
	}
	if err != nil {
		return fmt.Errorf("note which months were begun: %w", err)
	}
	return nil
}
