package upload_test

import (
	"crypto/ed25519"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tacit-telemetry/tacit/agent/outbox"
	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

const (
	credential = "the channel's"
	patience   = 20 * time.Second
)

var (
	today                   = schema.DayOf(time.Now())
	root                    = page.NewRoot([16]byte{4, 7, 1, 1})
	vendorPublic, vendor, _ = ed25519.GenerateKey(nil)
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// host is an agent's sending half on real files.
type host struct {
	t      *testing.T
	dir    string
	spool  *spool.Spool
	outbox *outbox.Outbox
	on     atomic.Bool // of this host
	site   site
	config upload.Config
	up     *upload.Uploader
}

func newHost(t *testing.T, relay string, change ...func(*upload.Config)) *host {
	t.Helper()
	h := &host{t: t, dir: t.TempDir()}
	h.on.Store(true)
	var err error
	if h.spool, err = spool.Open(spool.Config{Dir: filepath.Join(h.dir, "spool")}); err != nil {
		t.Fatal(err)
	}
	if h.outbox, err = outbox.Open(outbox.Config{Dir: filepath.Join(h.dir, "outbox")}); err != nil {
		t.Fatal(err)
	}
	h.config = upload.Config{
		Relays: []string{relay}, Credential: credential, Vendor: vendorPublic, Dir: h.dir, Root: root, Spool: h.spool, Outbox: h.outbox,
		MaySend: func() bool { return h.on.Load() && h.site.on() }, MayListen: h.on.Load, SiteOff: h.site.off, Site: &h.site,
		Passes: func(spool.Batch) (bool, error) { return true, nil }, Timeout: patience,
	}
	for _, c := range change {
		c(&h.config)
	}
	h.restart()
	t.Cleanup(func() {
		h.up.Hangup()
		if err := h.spool.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// site remembers what a relay told, as the agent's participation does.
type site struct {
	mu    sync.Mutex
	heard []wire.Policy
	none  int
	err   error // of keeping it
}

// Hear implements [upload.Site].
func (s *site) Hear(p wire.Policy) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.heard = append(s.heard, p)
	}
	return s.err
}

// HearNone implements [upload.Site].
func (s *site) HearNone() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.none++
	return s.err
}

func (s *site) last() (p wire.Policy, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.heard) == 0 {
		return p, s.none > 0
	}
	return s.heard[len(s.heard)-1], true
}

func (s *site) on() bool {
	p, ok := s.last()
	return ok && (p.Revision == 0 || p.CEIP == wire.SwitchOn)
}

func (s *site) off() bool {
	p, _ := s.last()
	return p.CEIP == wire.SwitchOff
}

// policy returns a site's word.
func policy(revision uint64, s wire.Switch) []byte {
	return wire.Policy{Revision: revision, Decided: true, CEIP: s, CSP: s, Level: schema.Standard, Release: 1}.Marshal()
}

// restart makes a new uploader on the same files.
func (h *host) restart() {
	h.t.Helper()
	if h.up != nil {
		h.up.Hangup()
	}
	up, err := upload.New(h.config)
	if err != nil {
		h.t.Fatal(err)
	}
	h.up = up
}

func brief(c *upload.Config) { c.Timeout, c.Tries = 100*time.Millisecond, 1 }

// page spools a page of one record and returns its batch ID.
func (h *host) page() schema.BatchID {
	h.t.Helper()
	id := schema.NewBatchID()
	plain, err := codec.EncodePage(codec.Page{Batch: id, Writer: schema.Writer{2}, Release: 1, Records: []schema.Record{{
		Time: time.Now().Unix(), Product: schema.Product{Name: "tacit", Version: "0.1.0"}, Metric: "os.type", Value: schema.Text("linux"),
	}}})
	if err != nil {
		h.t.Fatal(err)
	}
	h.cut(spool.Batch{ID: id, Kind: envelope.Page, Day: today, Records: 1, Plain: plain})
	return id
}

// fragment spools a fragment of today.
func (h *host) fragment() schema.BatchID {
	h.t.Helper()
	return h.fragmentOf(today)
}

// fragmentOf spools a fragment of a day.
func (h *host) fragmentOf(day schema.Day) schema.BatchID {
	h.t.Helper()
	plain, err := codec.EncodeFragment(codec.Fragment{Day: day, Release: 1, Values: []codec.Measure{{Metric: "os.type", Count: 1}}})
	if err != nil {
		h.t.Fatal(err)
	}
	id := schema.NewBatchID()
	h.cut(spool.Batch{ID: id, Kind: envelope.Fragment, Day: today, Records: 1, Plain: plain})
	return id
}

func (h *host) cut(b spool.Batch) {
	h.t.Helper()
	if err := h.spool.Cut(h.t.Context(), spool.Cut{Batches: []spool.Batch{b}}); err != nil {
		h.t.Fatal(err)
	}
}

// flush sends now and wants this outcome.
func (h *host) flush(want error) upload.Summary {
	h.t.Helper()
	sum, err := h.up.Flush(h.t.Context(), true)
	if !errors.Is(err, want) {
		h.t.Fatalf("flush: %v, want %v", err, want)
	}
	return sum
}

// pending wants so many batches in the spool.
func (h *host) pending(want int) []spool.Batch {
	h.t.Helper()
	got := h.spool.Pending()
	if len(got) != want {
		h.t.Errorf("%d batches are pending, want %d", len(got), want)
	}
	return got
}

func (h *host) entries() []*outbox.Entry {
	h.t.Helper()
	entries, err := h.outbox.Entries()
	if err != nil {
		h.t.Fatal(err)
	}
	return entries
}

// storeKeys are a store's keys and the list of them.
type storeKeys struct {
	mu   sync.Mutex
	keys map[uint32]*envelope.PrivateKey
}

// list returns a signed list of one new key.
func (k *storeKeys) list(t testing.TB, by ed25519.PrivateKey, version uint64, start schema.Day) []byte {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys == nil {
		k.keys = map[uint32]*envelope.PrivateKey{}
	}
	id := uint32(len(k.keys) + 1)
	key, err := envelope.NewPrivateKey(id, start)
	if err != nil {
		t.Fatal(err)
	}
	k.keys[id] = key
	return envelope.SignKeyList(by, &wire.KeyList{Version: version, Suite: wire.SuiteX25519, Keys: []wire.Key{key.Public()}})
}

// got is an envelope that a store opened.
type got struct {
	*envelope.Opened
	outer *wire.Envelope
	bytes []byte
	at    time.Time
}

// open opens an envelope with the key that it names.
func (k *storeKeys) open(t testing.TB, b []byte) got {
	e, err := wire.ParseEnvelope(b)
	if err != nil {
		t.Error(err)
		return got{}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	opened, err := envelope.Open(k.keys[e.KeyID], e)
	if err != nil {
		t.Error(err)
		return got{}
	}
	return got{Opened: opened, outer: e, bytes: b, at: time.Now()}
}

// reply seals a store's answer.
func (g got) reply(t testing.TB, status wire.Status, day schema.Day) []byte {
	return g.answer(t, envelope.Reply{Status: status, Day: day})
}

// answer is reply with data.
func (g got) answer(t testing.TB, r envelope.Reply) []byte {
	r.Batch = g.Batch
	b, err := envelope.SealReply(g.ReplyKey, g.outer.Attempt, r)
	if err != nil {
		t.Error(err)
	}
	return b[:]
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("not within %v: %s", patience, what)
}
