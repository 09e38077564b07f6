package remote

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/audit"
	"github.com/tacit-telemetry/tacit/store/insights"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// Engineers knows who may ask: [engineers.List] does.
type Engineers interface {
	// Key returns the public key of a name; an error where there is none.
	Key(name string) (ed25519.PublicKey, error)
}

// Keys are the store's.
type Keys interface {
	// PrivateKey returns the key with an ID, or nil.
	PrivateKey(id uint32) *envelope.PrivateKey
	// SignedList returns the key list as the vendor signed it.
	SignedList() ([]byte, error)
}

// Book keeps notes and grants: [daybook.Book] does.
type Book interface {
	Leave(l page.Letter) error
	Find(tag page.Tag) (page.Grant, bool, error)
}

// Config says who is answered, and from what. All but Group, Logger and Now is
// required.
type Config struct {
	Conn       *nats.Conn // to the edge; the caller closes it after Run
	Group      int        // of stores that this one belongs to; 0: the first
	Keys       Keys
	Engineers  Engineers
	Audit      *audit.Log
	Book       Book
	Pages      lookup.Asker // that may be shown
	Population func(ctx context.Context) (*insights.Population, error)
	Logger     *slog.Logger     // gets troubles, and nothing of a question; nil: nothing is logged
	Now        func() time.Time // nil: time.Now
}

// Service answers engineers over NATS.
type Service struct {
	cfg     Config
	lookups lookups

	beginning sync.Mutex // held while a limit is counted and a row written
	told      told
}

// New makes a service, which answers nobody yet.
func New(cfg Config) (*Service, error) {
	if cfg.Conn == nil || cfg.Keys == nil || cfg.Engineers == nil || cfg.Audit == nil || cfg.Book == nil || cfg.Pages == nil || cfg.Population == nil {
		return nil, errors.New("make a service for engineers: connection, keys, engineers, audit log, book, pages and population must be set")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Service{cfg: cfg, lookups: lookups{now: cfg.Now, by: map[word]*running{}}}, nil
}

// Run answers until ctx ends. Lookups that run then are ended in the audit log.
func (s *Service) Run(ctx context.Context) error {
	questions := make(chan *nats.Msg, waiting)
	sub, err := s.cfg.Conn.ChanSubscribe(wire.LookSubject(s.cfg.Group), questions)
	if err != nil {
		return fmt.Errorf("hear engineers: %w", err)
	}
	var working sync.WaitGroup
	for range workers {
		working.Go(func() { s.work(ctx, questions) })
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for ctx.Err() == nil {
		select {
		case <-look.C:
			s.endOver(ctx, false)
		case <-ctx.Done():
		}
	}
	err = sub.Unsubscribe()
	working.Wait()
	s.endOver(context.WithoutCancel(ctx), true)
	if errors.Is(err, nats.ErrConnectionClosed) {
		return nil
	}
	return err
}

func (s *Service) work(ctx context.Context, questions <-chan *nats.Msg) {
	for {
		select {
		case m := <-questions:
			s.hear(ctx, m)
		case <-ctx.Done():
			return
		}
	}
}

// endOver ends lookups whose asker has gone.
func (s *Service) endOver(ctx context.Context, all bool) {
	for w, r := range s.lookups.over(all) {
		if err := s.cfg.Audit.End(ctx, r.row, rowOf(r.engineer), audit.NATS, audit.Failed); err != nil {
			s.cfg.Logger.Error("the end of a lookup is not in the audit log", slog.Any("error", err))
			s.lookups.unended(r) // it is tried again
			continue
		}
		s.lookups.drop(w)
	}
}

// rowOf is as whom an engineer stands in the audit log.
func rowOf(engineer string) string { return "engineer " + engineer }

// hear answers one message. A reply goes to inboxes only: whoever asks could name
// another subject, on which this store may speak and he may not.
func (s *Service) hear(ctx context.Context, m *nats.Msg) {
	if !strings.HasPrefix(m.Reply, wire.InboxPrefix("")) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, questTime)
	defer cancel()
	b, err := s.reply(ctx, m.Data)
	if err := errors.Join(err, m.Respond(b)); err != nil { // who gets no answer waits for one
		s.cfg.Logger.Error("answer an engineer", slog.Any("error", err))
	}
}

// reply returns the message to answer with.
func (s *Service) reply(ctx context.Context, question []byte) ([]byte, error) {
	if len(question) == 0 {
		return s.cfg.Keys.SignedList()
	}
	o := s.open(question)
	if o == nil {
		return nil, nil
	}
	return s.answer(ctx, o).seal(o.ReplyKey)
}

// open opens a question; nil: it is none that this store can open.
func (s *Service) open(question []byte) *envelope.Opened {
	e, err := wire.ParseEnvelope(question)
	if err != nil {
		return nil
	}
	key := s.cfg.Keys.PrivateKey(e.KeyID)
	if key == nil {
		return nil
	}
	o, err := envelope.Open(key, e)
	if err != nil || o.Kind != envelope.Look {
		return nil
	}
	return o
}

// answer answers whoever is let in.
func (s *Service) answer(ctx context.Context, o *envelope.Opened) answer {
	q, err := parseQuestion(o.Batch, o.Payload)
	if err != nil {
		return answer{status: notLetIn}
	}
	key, err := s.cfg.Engineers.Key(q.engineer)
	if err != nil || !q.by(key) {
		return answer{status: notLetIn}
	}
	if q.what == begin {
		return s.begin(ctx, &q.question)
	}
	r := s.lookups.take(&q.question)
	if r == nil {
		return answer{status: ended}
	}
	defer s.lookups.asked(r)
	switch q.what {
	case grant:
		return s.grant(q.body)
	case note:
		return s.note(r, q.body)
	case somePages:
		return s.pages(ctx, r, q.body)
	case population:
		return s.population(ctx, r, q.body)
	case end:
		return s.end(ctx, r, &q.question)
	}
	return answer{status: denied, data: []byte("the question does not have the form")}
}
