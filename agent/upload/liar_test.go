package upload_test

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// liar is a relay that answers whatever the test says: it holds the store's
// keys only so that the test can say the truth at last.
type liar struct {
	t      *testing.T
	server *server.Server
	keys   storeKeys
	asked  atomic.Int32 // for the key list
	polled atomic.Int32 // for the policy

	mu     sync.Mutex
	conn   *nats.Conn
	hush   func()      // ends the answers to requests for the policy
	policy []byte      // nil: no answer
	polls  chan string // where an answer is waited for
	list   []byte
	put    func(g got, say func([]byte))
	got    []got
}

func newLiar(t *testing.T, change ...func(*server.Options)) *liar {
	t.Helper()
	o := server.Options{Port: -1}
	for _, c := range change {
		c(&o)
	}
	l := &liar{t: t, put: func(g got, say func([]byte)) { say(g.reply(t, wire.Stored, today)) }}
	l.polls = make(chan string, 1)
	l.policy, l.list = policy(1, wire.SwitchOn), l.keys.list(t, vendor, 5, today-1)
	l.start(o)
	return l
}

// start begins to serve, until the test ends or stop.
func (l *liar) start(o server.Options) {
	l.t.Helper()
	o.Host, o.NoLog, o.NoSigs = "127.0.0.1", true, true
	s, err := server.NewServer(&o)
	if err != nil {
		l.t.Fatal(err)
	}
	s.Start()
	l.server = s
	l.t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		l.t.Fatal("the server does not start")
	}
	nc, err := nats.Connect("", nats.InProcessServer(s), nats.NoReconnect(), nats.Name("liar"), nats.UserInfo("liar", credential))
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(nc.Close)
	l.conn = nc
	l.subscribe()
}

// push tells everybody who listens.
func (l *liar) push(b []byte) {
	l.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.conn.Publish(wire.SubjectPolicy, b); err != nil {
		l.t.Error(err)
	}
}

// decide is what a relay does when its site decides.
func (l *liar) decide(revision uint64, s wire.Switch) {
	l.t.Helper()
	l.tell(policy(revision, s))
	l.push(policy(revision, s))
}

// tell answers requests for the policy from now on; nil is silence.
func (l *liar) tell(b []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.policy = b
}

// guests returns how many connections there are, and how many messages came on
// them, without the liar's own.
func (l *liar) guests() (conns int, messages int64) {
	l.t.Helper()
	z, err := l.server.Connz(nil)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, c := range z.Conns {
		if c.Name == "tacit" {
			conns++
			messages += c.InMsgs
		}
	}
	return conns, messages
}

// stop ends the server, as a crash does.
func (l *liar) stop() {
	l.t.Helper()
	l.server.Shutdown()
	l.server.WaitForShutdown()
}

func (l *liar) subscribe() {
	l.t.Helper()
	l.hush = l.speak()
	l.handle(wire.SubjectGetKeys, func(m *nats.Msg) {
		l.asked.Add(1)
		l.mu.Lock()
		defer l.mu.Unlock()
		if err := m.Respond(l.list); err != nil {
			l.t.Error(err)
		}
	})
	l.handle(wire.SubjectPut, func(m *nats.Msg) {
		g := l.keys.open(l.t, m.Data)
		l.mu.Lock()
		l.got = append(l.got, g)
		put := l.put
		l.mu.Unlock()
		put(g, func(b []byte) {
			if err := m.Respond(b); err != nil {
				l.t.Error(err)
			}
		})
	})
}

// speak answers requests for the policy, until the function that it returns is
// called.
func (l *liar) speak() (hush func()) {
	l.t.Helper()
	sub := l.handle(wire.SubjectGetPolicy, func(m *nats.Msg) {
		l.polled.Add(1)
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.policy == nil {
			l.polls <- m.Reply
			return
		}
		if err := m.Respond(l.policy); err != nil {
			l.t.Error(err)
		}
	})
	return func() {
		if err := errors.Join(sub.Unsubscribe(), l.conn.Flush()); err != nil {
			l.t.Fatal(err)
		}
	}
}

func (l *liar) handle(subject string, f nats.MsgHandler) *nats.Subscription {
	l.t.Helper()
	sub, err := l.conn.Subscribe(subject, f)
	if err = errors.Join(err, l.conn.Flush()); err != nil {
		l.t.Fatal(err)
	}
	return sub
}

// say sets what is answered to a put from now on.
func (l *liar) say(put func(g got, say func([]byte))) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.put = put
}

// serve serves another key list from now on.
func (l *liar) serve(list []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = list
}

func (l *liar) seen() []got {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.got)
}
