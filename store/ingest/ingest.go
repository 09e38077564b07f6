package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/calendar"
)

// Config says what to consume and where to keep it.
type Config struct {
	// Conn reaches the edge: it consumes crates and publishes replies. Required.
	Conn *nats.Conn
	// Group is the group of stores whose crates these are. 0 is the first.
	Group int
	// GroupWait is how long a group waits to become 64 envelopes. 0: 1 s.
	GroupWait time.Duration
	// RetentionDays is how long pages are kept. 0: 90, at most 400.
	RetentionDays int
	// DB, Keyring, Registry, Eraser and Book are required.
	DB       DB
	Keyring  *Keyring
	Registry Registry
	Eraser   Eraser
	Book     Book
	// Quarantine counts by day what does not open. nil: only Counts tell.
	Quarantine *Quarantine
	// Logger gets troubles, never anything of an envelope. nil: nothing.
	Logger *slog.Logger
	// Today says which day it is: [calendar.Calendar.Today] does. Required.
	Today func() calendar.Today
}

// Ingest is the way from the stream to the rows.
type Ingest struct {
	cfg    Config
	js     jetstream.JetStream
	log    *slog.Logger
	counts counter
	said   said
}

// New checks cfg. Nothing is consumed before Run.
func New(cfg Config) (*Ingest, error) {
	if cfg.Conn == nil || cfg.DB == nil || cfg.Keyring == nil || cfg.Registry == nil || cfg.Eraser == nil || cfg.Book == nil || cfg.Today == nil {
		return nil, errors.New("start ingest: config needs Conn, DB, Keyring, Registry, Eraser, Book and Today")
	}
	if cfg.GroupWait == 0 {
		cfg.GroupWait = defaultWait
	}
	if cfg.RetentionDays == 0 {
		cfg.RetentionDays = windowDays
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	js, err := jetstream.New(cfg.Conn)
	if err != nil {
		return nil, fmt.Errorf("start ingest: %w", err)
	}
	return &Ingest{cfg: cfg, js: js, log: cfg.Logger.With(slog.String("component", "store/ingest"))}, nil
}

// Counts returns what came of the envelopes since New.
func (in *Ingest) Counts() Counts { return in.counts.read() }

// Run consumes until ctx ends; the group that it has in hand then is finished.
// Troubles are logged, counted, and tried again.
func (in *Ingest) Run(ctx context.Context) {
	for ctx.Err() == nil {
		err := in.consume(ctx)
		if ctx.Err() != nil {
			break
		}
		in.log.Warn("crates cannot be read; trying again", slog.Any("error", err))
		wait(ctx, retryDelay)
	}
	in.writeQuarantine((*Quarantine).Write)
}

// consume reads crates until ctx ends or the consumer breaks.
func (in *Ingest) consume(ctx context.Context) error {
	consumer, err := in.js.Consumer(ctx, wire.StreamCrates, wire.CrateConsumer(in.cfg.Group))
	if err != nil {
		return fmt.Errorf("find consumer of crates: %w", err)
	}
	crates, err := consumer.Messages(jetstream.PullMaxMessagesWithBytesLimit(pullCount, pullBytes), jetstream.PullHeartbeat(pullBeat))
	if err != nil {
		return fmt.Errorf("pull crates: %w", err)
	}
	defer in.handBack(crates)
	for {
		gathered, err := in.gather(ctx, crates)
		if len(gathered) > 0 {
			in.finishGroup(ctx, gathered)
		}
		if err != nil {
			return err
		}
	}
}

// handBack ends the pull and gives what was pulled ahead to whoever pulls
// next: without it these crates would wait for their time to run out.
func (in *Ingest) handBack(crates jetstream.MessagesContext) {
	crates.Drain()
	for {
		msg, err := crates.Next(jetstream.NextMaxWait(handBackTime))
		if err != nil {
			return
		}
		if err := msg.Nak(); err != nil {
			in.log.Warn("hand a crate back", slog.Any("error", err)) // it comes again all the same
		}
	}
}

// finishGroup processes a group even when ctx ends meanwhile.
func (in *Ingest) finishGroup(ctx context.Context, crates []*crate) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastGroup)
	defer cancel()
	in.process(ctx, crates)
}

// gather waits for a crate, and then for more, until there are minGroup
// envelopes or GroupWait is over. With an error, what was gathered so far is
// returned as well.
func (in *Ingest) gather(ctx context.Context, from jetstream.MessagesContext) ([]*crate, error) {
	msg, err := from.Next(jetstream.NextContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("next crate: %w", err)
	}
	crates := []*crate{in.newCrate(msg)}
	timed, cancel := context.WithTimeout(ctx, in.cfg.GroupWait)
	defer cancel()
	for n := len(crates[0].envelopes); n < minGroup && len(crates) < maxCrates; {
		msg, err := from.Next(jetstream.NextContext(timed))
		if err != nil && timed.Err() != nil {
			return crates, nil
		}
		if err != nil {
			return crates, fmt.Errorf("next crate: %w", err)
		}
		c := in.newCrate(msg)
		crates, n = append(crates, c), n+len(c.envelopes)
	}
	return crates, nil
}

// wait pauses for d or until ctx ends.
func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
