package main

import (
	"context"
	"errors"

	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/audit"
	"github.com/tacit-telemetry/tacit/store/insights"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// askedStores are what a lookup asks: the store of this machine, or stores over
// NATS. The ID goes to neither.
type askedStores interface {
	// registries returns the releases that files name, or else those that are
	// known.
	registries(files []string) (*registry.Set, error)
	// timeline opens a history, with a row in the audit log before and one after.
	timeline(ctx context.Context, subject lookup.Subject, o lookup.Options, reason string) (*lookup.History, error)
	// population returns what all installations add up to, where it is told in
	// time.
	population(ctx context.Context, set *registry.Set) (*insights.Population, error)
	// simulated says whether it is a demo's.
	simulated() bool
}

// ownStore is the store of this machine.
type ownStore struct{ at foundStore }

var _ askedStores = ownStore{}

func (s ownStore) registries(files []string) (*registry.Set, error) {
	return registriesFor(s.at, files)
}

func (s ownStore) timeline(ctx context.Context, subject lookup.Subject, o lookup.Options, reason string) (h *lookup.History, err error) {
	limitMemory(memoryLimit) // when no store runs, this process is one
	source, err := lookup.Open(ctx, s.at.home())
	if err != nil {
		return nil, err
	}
	err = audited(ctx, s.at, audit.Entry{Act: audit.Opened, Ticket: o.Ticket, Reason: reason}, func() (err error) {
		h, err = lookup.Timeline(ctx, source, subject, o)
		return err
	})
	return h, errors.Join(err, source.Close())
}

func (s ownStore) population(ctx context.Context, set *registry.Set) (*insights.Population, error) {
	return population(ctx, s.at, set)
}

func (s ownStore) simulated() bool { return s.at.data.IsDemo() }

// outcomeOf returns how a lookup ended, in a word of the audit log.
func outcomeOf(h *lookup.History, err error) string {
	switch {
	case errors.Is(err, lookup.ErrNothing), errors.Is(err, lookup.ErrNoCode):
		return audit.Nothing
	case err != nil:
		return audit.Failed
	case h != nil && len(h.Unread) > 0:
		return audit.Partly
	}
	return audit.Found
}
