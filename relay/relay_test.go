package relay

import (
	"bytes"
	"context"
	"crypto/rand"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/tacit-telemetry/tacit/relay/gate"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

const credential = "a channel's shared credential"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// config is what `tacit up` would set: nobody to hide among, short waits.
func config(t *testing.T) Config {
	return Config{
		Dir: filepath.Join(t.TempDir(), "relay"), Listen: "127.0.0.1:0", Credential: credential,
		KeyList: keyList(), MinPeers: 1, MaxWait: 200 * time.Millisecond, FlushEvery: 20 * time.Millisecond,
		MaxStore: 64 << 20,
	}
}

func keyList() []byte {
	l := wire.KeyList{Version: 1, Suite: wire.SuiteX25519, Keys: []wire.Key{{ID: 7, Start: 20000}}}
	return append(l.Marshal(), make([]byte, wire.SignatureLen)...)
}

func start(t *testing.T, cfg Config) *Relay {
	t.Helper()
	r, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, r) })
	return r
}

func stop(t *testing.T, r *Relay) {
	t.Helper()
	if err := r.Stop(context.Background()); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// dial connects as an agent does, from another loopback address than the
// relay's, so that a leaked one can be told apart.
func dial(r *Relay, name, password string, more ...nats.Option) (*nats.Conn, error) {
	opts := append([]nats.Option{
		nats.UserInfo(name, password), nats.CustomInboxPrefix(wire.InboxPrefix(name)), nats.NoReconnect(),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
	}, more...)
	return nats.Connect("nats://"+r.Addr().String(), opts...)
}

func agent(t *testing.T, r *Relay, more ...nats.Option) *nats.Conn {
	t.Helper()
	c, err := dial(r, rand.Text(), credential, more...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func envelope(partition uint8, class wire.Class) wire.Envelope {
	e := wire.Envelope{KeyID: 7, Partition: partition, Class: class, Body: make([]byte, wire.Buckets[0]+wire.SealLen)}
	_, _ = rand.Read(e.Attempt[:])
	_, _ = rand.Read(e.Body)
	return e
}

// put sends data and returns the hint and the inbox on which more may come.
func put(t *testing.T, c *nats.Conn, data []byte) (wire.Hint, *nats.Subscription) {
	t.Helper()
	sub, err := c.SubscribeSync(c.NewInbox())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.PublishRequest(wire.SubjectPut, sub.Subject, data); err != nil {
		t.Fatal(err)
	}
	m, err := sub.NextMsg(5 * time.Second)
	if err != nil {
		t.Fatalf("no answer to a put: %v", err)
	}
	h, err := wire.ParseHint(m.Data)
	if err != nil {
		t.Fatalf("answer of %d bytes: %v", len(m.Data), err)
	}
	return h, sub
}

// crates binds to a group's consumer as a store does.
func crates(t *testing.T, r *Relay, group int) (*nats.Conn, jetstream.Consumer) {
	t.Helper()
	nc, err := r.StoreConn()
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	c, err := js.Consumer(t.Context(), wire.StreamCrates, wire.CrateConsumer(group))
	if err != nil {
		t.Fatalf("bind the consumer: %v", err)
	}
	return nc, c
}

// next returns the envelopes of the next crate, confirmed.
func next(t *testing.T, c jetstream.Consumer) [][]byte {
	t.Helper()
	m, err := c.Next(jetstream.FetchMaxWait(5 * time.Second))
	if err != nil {
		t.Fatalf("no crate: %v", err)
	}
	list, err := wire.ParseCrate(m.Data())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.DoubleAck(t.Context()); err != nil {
		t.Fatalf("confirm a crate: %v", err)
	}
	return list
}

func TestPutToReply(t *testing.T) {
	r := start(t, config(t))
	store, consumer := crates(t, r, 0)
	e := envelope(3, wire.ClassNormal)
	began := time.Now()
	hint, inbox := put(t, agent(t, r), e.Marshal())
	if hint.Code != wire.Queued {
		t.Fatalf("hint %v, want queued", hint)
	}
	got := next(t, consumer)
	if len(got) != 1 || !bytes.Equal(got[0], e.Marshal()) {
		t.Fatalf("the crate has %d envelopes, want the one that was put", len(got))
	}
	if waited := time.Since(began); waited > time.Second {
		t.Errorf("the crate took %v, want at most 200 ms and a sync", waited)
	}
	other := envelope(3, wire.ClassNormal)
	reply := wire.Routed{Attempt: e.Attempt}
	_, _ = rand.Read(reply.Reply[:])
	if err := store.Publish(wire.SubjectReply, wire.MarshalReplies([]wire.Routed{{Attempt: other.Attempt}, reply, reply})); err != nil {
		t.Fatal(err)
	}
	m, err := inbox.NextMsg(5 * time.Second)
	if err != nil {
		t.Fatalf("no reply: %v", err)
	}
	if !bytes.Equal(m.Data, reply.Reply[:]) || m.Header != nil {
		t.Errorf("reply of %d bytes with headers %v, want the store's %d bytes alone", len(m.Data), m.Header, wire.ReplyLen)
	}
	eventually(t, "one reply and two strays", func() bool {
		s := r.Stats().Forward
		return s.Replies == 1 && s.Strays == 2 && s.Waiting == 0
	})
	if s := r.Stats(); s.Gate.Passed != 1 || s.Forward.Envelopes != 1 || s.Pool.Passed != 1 || s.Pool.Items != 0 {
		t.Errorf("stats %+v, want one of each", s)
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("not within 5 s: %s", what)
}

func TestKeyList(t *testing.T) {
	r := start(t, config(t))
	a := agent(t, r)
	ask := func() []byte {
		m, err := a.Request(wire.SubjectGetKeys, nil, 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		return m.Data
	}
	if !bytes.Equal(ask(), keyList()) {
		t.Error("the key list is not served as it is")
	}
	if err := r.SetKeyList([]byte("no list")); err == nil {
		t.Error("a list of wrong form was taken")
	}
	newer := keyList()
	newer[len(newer)-1] = 1
	if err := r.SetKeyList(newer); err != nil || !bytes.Equal(ask(), newer) {
		t.Errorf("the new key list is not served: %v", err)
	}
}

func TestGroups(t *testing.T) {
	cfg := config(t)
	cfg.Groups = 2
	r := start(t, cfg)
	_, low := crates(t, r, 0)
	_, high := crates(t, r, 1)
	a := agent(t, r)
	first, last := envelope(31, wire.ClassNormal), envelope(32, wire.ClassNormal)
	put(t, a, first.Marshal())
	put(t, a, last.Marshal())
	if got := next(t, low); len(got) != 1 || !bytes.Equal(got[0], first.Marshal()) {
		t.Error("group 0 did not get partition 31")
	}
	if got := next(t, high); len(got) != 1 || !bytes.Equal(got[0], last.Marshal()) {
		t.Error("group 1 did not get partition 32")
	}
}

// TestStopKeepsQueued stops a relay whose pool would wait for hours, and finds
// what it had queued in the stream of the next one.
func TestStopKeepsQueued(t *testing.T) {
	cfg := config(t)
	cfg.MinPeers, cfg.MaxWait, cfg.FlushEvery = 8, time.Hour, time.Hour
	r := start(t, cfg)
	a := agent(t, r)
	want := map[string]bool{}
	for i := range 20 {
		e := envelope(uint8(i), wire.ClassNormal)
		if h, _ := put(t, a, e.Marshal()); h.Code != wire.Queued {
			t.Fatalf("hint %v, want queued", h)
		}
		want[string(e.Marshal())] = true
	}
	began := time.Now()
	stop(t, r)
	if took := time.Since(began); took > stopWithin {
		t.Errorf("stop took %v, want at most %v", took, stopWithin)
	}
	if s := r.Stats().Pool; s.Passed != 20 || s.Thin != 20 || s.Items != 0 {
		t.Errorf("pool after stop %+v, want 20 passed, all thin", s)
	}
	cfg.MaxStore = 32 << 20 // less than the stream on disk was made with
	again := start(t, cfg)
	_, consumer := crates(t, again, 0)
	for _, e := range next(t, consumer) {
		delete(want, string(e))
	}
	if len(want) != 0 {
		t.Errorf("%d of 20 queued envelopes are gone", len(want))
	}
}

// TestBlind sends and errs with debug logging on, and searches everything that
// the relay wrote for the agent's address and throw-away name.
func TestBlind(t *testing.T) {
	const address = "127.0.7.9"
	var log syncBuffer
	cfg := config(t)
	cfg.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	cfg.Quota.Envelopes = 2
	r := start(t, cfg)
	from := func(o *nats.Options) error {
		o.CustomDialer = &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
		return nil
	}
	if c, err := net.Dial("tcp", r.Addr().String()); err == nil {
		_ = c.Close() // hangs up without a word
	}
	name := rand.Text()
	if _, err := dial(r, name, "wrong", from); err == nil {
		t.Error("a wrong credential was let in")
	}
	a, err := dial(r, name, credential, from)
	if err != nil {
		t.Skip("this system has no " + address)
	}
	defer a.Close()
	for range 3 {
		e := envelope(0, wire.ClassNormal)
		put(t, a, e.Marshal())
	}
	_ = a.Publish("$SYS.REQ.SERVER.PING", nil) // a violation, which the server reports
	_, _ = a.SubscribeSync(">")
	_ = a.Flush()
	eventually(t, "two envelopes in the stream", func() bool { return r.Stats().Forward.Envelopes == 2 })
	a.Close()
	stop(t, r)
	needles := []string{address, name, "\x7f\x00\x07\x09"}
	for _, n := range needles {
		if strings.Contains(log.String(), n) {
			t.Errorf("the log has %q:\n%s", n, log.String())
		}
	}
	if files := searchFiles(t, cfg.Dir, needles); files == 0 {
		t.Error("no file was searched")
	}
}

func searchFiles(t *testing.T, dir string, needles []string) (files int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		for _, n := range needles {
			if bytes.Contains(b, []byte(n)) {
				t.Errorf("%s has %q", filepath.Base(path), n)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestQuotaAndDecision(t *testing.T) {
	cfg := config(t)
	cfg.Quota = gate.Quota{Envelopes: 2, User: 1}
	var mu sync.Mutex
	decision := gate.On
	cfg.Decide = func() gate.Decision { mu.Lock(); defer mu.Unlock(); return decision }
	r := start(t, cfg)
	a := agent(t, r)
	say := func(c *nats.Conn, class wire.Class) wire.HintCode {
		e := envelope(0, class)
		h, _ := put(t, c, e.Marshal())
		return h.Code
	}
	steps := []struct {
		decision gate.Decision
		class    wire.Class
		want     wire.HintCode
	}{
		{gate.On, wire.ClassNormal, wire.Queued},
		{gate.Off, wire.ClassNormal, wire.Off},
		{gate.Unknown, wire.ClassNormal, wire.Off},
		{gate.Off, wire.ClassUser, wire.Queued},
		{gate.Off, wire.ClassUser, wire.Later},
		{gate.On, wire.ClassNormal, wire.Queued},
		{gate.On, wire.ClassNormal, wire.Later},
	}
	for i, s := range steps {
		mu.Lock()
		decision = s.decision
		mu.Unlock()
		if got := say(a, s.class); got != s.want {
			t.Errorf("step %d: %v, want %v", i, got, s.want)
		}
	}
	if got := say(agent(t, r), wire.ClassNormal); got != wire.Queued {
		t.Errorf("another connection: %v, want queued", got)
	}
}

func TestMalformed(t *testing.T) {
	r := start(t, config(t))
	a := agent(t, r)
	for name, data := range map[string][]byte{
		"empty": nil, "short": {1, 2, 3}, "oversize": make([]byte, wire.MaxEnvelopeLen+1),
	} {
		if h, _ := put(t, a, data); h.Code != wire.Reseal {
			t.Errorf("%s: %v, want reseal", name, h)
		}
	}
	e := envelope(0, wire.ClassNormal)
	if err := a.Publish(wire.SubjectPut, e.Marshal()); err != nil {
		t.Fatal(err)
	}
	for _, inbox := range []string{"tacit.put", "_INBOX.someone-else-altogether.1", wire.SubjectPolicy} {
		if err := a.PublishRequest(wire.SubjectPut, inbox, e.Marshal()); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "four puts of strangers", func() bool { return r.Stats().Gate.Refused.Stranger == 4 })
	if s := r.Stats().Gate; s.Passed != 0 || s.Refused.Form != 2 || s.Refused.Oversize != 1 {
		t.Errorf("gate %+v, want two of wrong form and one oversize", s)
	}
}

func TestBadConfig(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close() //nolint:errcheck // a test's
	for name, c := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"plain beyond loopback": {func(c *Config) { c.Listen = "0.0.0.0:0" }, "without TLS only loopback"},
		"no port":               {func(c *Config) { c.Listen = "localhost" }, "not host:port"},
		"no host":               {func(c *Config) { c.Listen = ":8472" }, "not host:port"},
		"port that is a word":   {func(c *Config) { c.Listen = "127.0.0.1:nats" }, "set a number up to 65535"},
		"no credential":         {func(c *Config) { c.Credential = "" }, "no credential"},
		"no directory":          {func(c *Config) { c.Dir = "" }, "no directory"},
		"too many groups":       {func(c *Config) { c.Groups = 65 }, "set 1 to 64"},
		"tiny stream":           {func(c *Config) { c.MaxStore = 1 }, "set at least"},
		"bad key list":          {func(c *Config) { c.KeyList = []byte{1} }, "key list"},
		"port in use":           {func(c *Config) { c.Listen = taken.Addr().String() }, "the port is in use: stop the process"},
		"stream is a file": {func(c *Config) {
			if err := os.MkdirAll(c.Dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(c.Dir, "stream"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "stream's directory"},
		"jetstream is a file": {func(c *Config) {
			if err := os.MkdirAll(filepath.Join(c.Dir, "stream"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(c.Dir, "stream", "jetstream"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "start the embedded server"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(t)
			c.change(&cfg)
			r, err := New(t.Context(), cfg)
			if err == nil {
				err = r.Start(t.Context())
				defer stop(t, r)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
	}
}

func TestStoppedAndTwice(t *testing.T) {
	began := time.Now()
	r := start(t, config(t))
	t.Logf("started in %v", time.Since(began))
	if err := r.Start(t.Context()); err == nil {
		t.Error("a second Start was taken")
	}
	began = time.Now()
	stop(t, r)
	t.Logf("stopped in %v", time.Since(began))
	stop(t, r)
	if _, err := r.StoreConn(); err == nil {
		t.Error("a stopped relay gave a connection")
	}
}
