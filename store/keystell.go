package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Times of telling the key list.
const (
	keysEvery  = time.Hour              // it is told again
	firstEdge  = 2 * time.Second        // the first edge may take to answer
	otherEdges = 200 * time.Millisecond // the others after it
)

var (
	// ErrNoEdge says that no edge answered. The store tells the list again when
	// one is there.
	ErrNoEdge = errors.New("no edge has taken the key list; the store tells it again when one is there")
	// ErrEdgeVendor says that an edge serves a list of another vendor and
	// refuses this store's. Compare the vendor_key in its configuration with
	// the store's.
	ErrEdgeVendor = errors.New("an edge serves the key list of another vendor key; compare vendor_key in its configuration with the one that tacit store keys list prints")
	// ErrEdgeKeeps says that an edge goes on serving another list although
	// this one is newer. Its log says why.
	ErrEdgeKeeps = errors.New("an edge does not serve the key list that it was told; its log says why")
)

// Told says what came of telling the key list.
type Told struct {
	Edges int  `json:"edges"`           // that answered
	Ahead bool `json:"ahead,omitempty"` // an edge had a newer list: the keys came from an older backup, and the version went beyond it
	Lost  int  `json:"lost,omitempty"`  // keys of that list which this store does not have
}

// TellKeys tells the edges the key list soon: their connection came up.
func (s *Store) TellKeys() {
	select {
	case s.tell <- struct{}{}:
	default: // it will be
	}
}

// keepTelling tells the list when TellKeys asks and every hour, until ctx ends.
func (s *Store) keepTelling(ctx context.Context) {
	hour := time.NewTicker(keysEvery)
	defer hour.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-hour.C:
		case <-s.tell:
		}
		if _, err := s.PublishKeys(ctx); err != nil && ctx.Err() == nil {
			s.cfg.Logger.Error("tell the edges the key list", slog.Any("error", err))
		}
	}
}

// PublishKeys tells the edges the current key list and hears which one each
// serves then. An edge with a newer one shows that the store's keys were put
// back from an older backup: the list goes beyond it and is told once more.
// Errors wrap [ErrUnsigned], [ErrNoEdge], [ErrEdgeVendor] or [ErrEdgeKeeps].
func (s *Store) PublishKeys(ctx context.Context) (Told, error) {
	s.telling.Lock()
	defer s.telling.Unlock()
	if err := s.keys.turn(s.calendar.Today()); err != nil {
		return Told{}, err
	}
	var told Told
	for {
		list, err := s.keys.SignedList()
		if err != nil {
			return told, fmt.Errorf("publish the key list: %w", err)
		}
		answers, err := s.askEdges(ctx, list)
		if err != nil {
			return told, fmt.Errorf("publish the key list: %w", err)
		}
		told.Edges = len(answers)
		ahead, lost, err := s.hearEdges(list, answers)
		if err != nil {
			return told, fmt.Errorf("publish the key list: %w", err)
		}
		if !ahead || told.Ahead { // it is ahead twice only if edges disagree: the next telling sets that right
			return told, nil
		}
		told.Ahead, told.Lost = true, lost
		s.cfg.Logger.Warn("an edge has a newer key list: these keys are from an older backup; the list goes on beyond it",
			slog.Int("lost_keys", lost))
	}
}

// hearEdges judges which list each edge serves.
func (s *Store) hearEdges(told []byte, answers [][]byte) (ahead bool, lost int, err error) {
	for _, a := range answers {
		if bytes.Equal(a, told) {
			continue
		}
		l, bad := envelope.VerifyKeyList(s.keys.signer().Public, a)
		if bad != nil {
			err = errors.Join(err, ErrEdgeVendor)
			continue
		}
		behind, n, trouble := s.keys.keyring.Hear(l)
		switch {
		case trouble != nil:
			err = errors.Join(err, trouble)
		case behind:
			ahead, lost = true, lost+n
		default:
			err = errors.Join(err, ErrEdgeKeeps)
		}
	}
	if ahead {
		return true, lost, nil // what else is wrong shows when it is told again
	}
	return false, 0, err
}

// askEdges tells a list and gathers the lists that the edges serve then.
func (s *Store) askEdges(ctx context.Context, list []byte) (answers [][]byte, err error) {
	conn := s.cfg.Conn
	inbox := conn.NewRespInbox()
	sub, err := conn.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	defer sub.Unsubscribe() //nolint:errcheck // the connection ends it otherwise
	if err := conn.PublishRequest(wire.SubjectKeys, inbox, list); err != nil {
		return nil, err
	}
	for wait := firstEdge; ; wait = otherEdges {
		timed, cancel := context.WithTimeout(ctx, wait)
		m, err := sub.NextMsgWithContext(timed)
		cancel()
		switch {
		case err == nil && m.Header.Get("Status") == "": // else the server says that nobody listens
			answers = append(answers, m.Data)
		case len(answers) > 0:
			return answers, nil
		case err == nil, errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrNoResponders):
			return nil, ErrNoEdge
		default:
			return nil, err
		}
	}
}
