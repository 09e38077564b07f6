package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/audit"
	"github.com/tacit-telemetry/tacit/store/desk"
	"github.com/tacit-telemetry/tacit/store/diagnosis"
	"github.com/tacit-telemetry/tacit/store/insights"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// deskHistories are the histories of the store on this machine, asked over its
// socket: the store is told tags, also in tacit up, where desk and store are one
// process.
type deskHistories struct {
	at     foundStore
	known  func() (*registry.Set, error) // all releases that the store was ever given
	issues *diagnosis.Known              // nil: none
}

var _ desk.Histories = (*deskHistories)(nil)

// Open implements [desk.Histories].
func (h *deskHistories) Open(ctx context.Context, who lookup.Subject, since time.Time, ticket string) (*lookup.History, error) {
	return h.timeline(ctx, who, lookup.Options{Since: since, Ticket: ticket})
}

// Newer implements [desk.Histories].
func (h *deskHistories) Newer(ctx context.Context, who lookup.Subject, since time.Time, ticket string, than *lookup.History, wait time.Duration) (*lookup.History, error) {
	return h.timeline(ctx, who, lookup.Options{Since: since, Ticket: ticket, After: than, Wait: wait})
}

func (h *deskHistories) timeline(ctx context.Context, who lookup.Subject, opt lookup.Options) (*lookup.History, error) {
	source, err := lookup.Open(ctx, h.at.home())
	if err != nil {
		return nil, err
	}
	if opt.Registry, err = h.known(); err != nil {
		return nil, errors.Join(err, source.Close())
	}
	out, err := lookup.Timeline(ctx, source, who, opt)
	return out, errors.Join(err, source.Close())
}

// Erase implements [desk.Histories].
func (h *deskHistories) Erase(ctx context.Context, who lookup.Subject) (lookup.Erased, error) {
	source, err := lookup.Open(ctx, h.at.home())
	if err != nil {
		return lookup.Erased{}, err
	}
	out, err := lookup.Erase(ctx, source.Held, source, who, time.Now())
	return out, errors.Join(err, source.Close())
}

// population is what all installations add up to.
func (h *deskHistories) population(ctx context.Context) (*insights.Population, error) {
	known, err := h.known()
	if err != nil {
		return nil, err
	}
	return population(ctx, h.at, known)
}

// examine says what is wrong, as the command does.
func (h *deskHistories) examine(ctx context.Context, of *lookup.History) (diagnosis.Report, error) {
	known, err := h.known()
	if err != nil {
		return diagnosis.Report{}, err
	}
	return diagnose(ctx, ownStore{h.at}, known, h.issues, of)
}

// auditOf is the audit log of a data directory, which desk and commands share.
func auditOf(data datadir.Dir, logger *slog.Logger) audit.Config {
	return audit.Config{Dir: data.Desk(), Witness: data.Witness("desk"), Logger: logger}
}
