package store

import (
	"context"
	"log/slog"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/store/remote"
)

// openRemote makes what answers engineers over NATS, if any may ask.
func (s *Store) openRemote() (err error) {
	if s.cfg.Engineers == nil {
		return nil
	}
	s.remote, err = remote.New(remote.Config{
		Conn: s.cfg.Conn, Group: s.cfg.Group, Keys: openingKeys{s.keys}, Engineers: s.cfg.Engineers, Audit: s.cfg.Audit,
		Book: s.book, Pages: s.window(), Population: s.insights.Population, Logger: s.cfg.Logger, Now: s.cfg.Now,
	})
	return err
}

// answerEngineers answers until ctx ends.
func (s *Store) answerEngineers(ctx context.Context) {
	if err := s.remote.Run(ctx); err != nil {
		s.cfg.Logger.Error("answer engineers", slog.Any("error", err))
	}
}

// openingKeys are the store's keys for what opens questions.
type openingKeys struct{ *Keys }

// PrivateKey implements [remote.Keys].
func (k openingKeys) PrivateKey(id uint32) *envelope.PrivateKey { return k.keyring.Key(id) }
