package attack

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// attempt is something that a rogue tries.
type attempt struct{ act, subject string }

// rogue is a guest that tries what it may not.
type rogue struct {
	t        testing.TB
	conn     *nats.Conn
	said     chan error // what the relay says to it
	attempts int
}

func newRogue(t testing.TB, d *doorway, from caller, credential string) *rogue {
	t.Helper()
	r := &rogue{t: t, said: make(chan error, 64)}
	r.conn, _ = d.guest(t, from, credential, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
		r.said <- err
	}))
	return r
}

// mayNotHear subscribes, alone and in a queue, which would take what others
// should hear.
func (r *rogue) mayNotHear(subjects ...string) {
	r.t.Helper()
	for _, s := range subjects {
		_, err := r.conn.Subscribe(s, r.hears)
		r.isRefused(attempt{"subscribe", s}, err)
		_, err = r.conn.QueueSubscribe(s, "queue", r.hears)
		r.isRefused(attempt{"subscribe in a queue", s}, err)
	}
}

func (r *rogue) hears(m *nats.Msg) {
	r.said <- fmt.Errorf("it hears %d bytes on %s", len(m.Data), m.Subject)
}

// mayNotSay publishes what others must not hear.
func (r *rogue) mayNotSay(data []byte, subjects ...string) {
	r.t.Helper()
	for _, s := range subjects {
		r.isRefused(attempt{"publish", s}, r.conn.Publish(s, data))
		r.isRefused(attempt{"request", s}, r.conn.PublishRequest(s, r.conn.NewInbox(), data))
	}
}

// isRefused wants a violation of permissions that names the subject.
func (r *rogue) isRefused(a attempt, err error) {
	r.t.Helper()
	r.attempts++
	if err := errors.Join(err, r.conn.FlushTimeout(rig.Patience)); err != nil {
		r.t.Fatalf("%s %s: %v", a.act, a.subject, err)
	}
	select {
	case err := <-r.said:
		if !errors.Is(err, nats.ErrPermissionViolation) || !strings.Contains(err.Error(), `"`+a.subject+`"`) {
			r.t.Errorf("%s %s: %v, want a permissions violation for it", a.act, a.subject, err)
		}
	case <-time.After(20 * time.Second): // it comes before the answer to the flush
		r.t.Errorf("%s %s is allowed", a.act, a.subject)
	}
}
