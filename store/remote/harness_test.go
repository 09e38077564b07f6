package remote

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/audit"
	"github.com/tacit-telemetry/tacit/store/engineers"
	"github.com/tacit-telemetry/tacit/store/insights"
	"github.com/tacit-telemetry/tacit/store/pages"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// longest is how long a test waits for what must happen.
const longest = 30 * time.Second

var today = schema.DayOf(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))

// vendor is a vendor with a store, all in memory but for audit log and list.
type vendor struct {
	t       *testing.T
	signing ed25519.PrivateKey
	key     *envelope.PrivateKey
	list    *engineers.List
	log     *audit.Log
	dir     string
	conn    *nats.Conn
	server  *server.Server

	mu      sync.Mutex
	now     time.Time
	letters []page.Letter
	full    error // notes are refused, and why
	grants  []page.Grant
	pages   map[pages.Ask][][]byte
	unread  []schema.Month
	all     *insights.Population
	halves  bool // there are two groups
}

// half is what the stores of one group are asked for, when there are two: the tags
// of its partitions, and no others.
type half struct {
	*vendor
	group byte
}

func (h half) Get(ctx context.Context, asks []pages.Ask, each func(pages.Found) error) ([]schema.Month, error) {
	for _, a := range asks {
		if h.halves && (a.Tag[0]&63)/32 != h.group {
			h.t.Errorf("group %d is asked for a tag of the other", h.group)
		}
	}
	return h.vendor.Get(ctx, asks, each)
}

func newVendor(t *testing.T) *vendor {
	t.Helper()
	v := &vendor{t: t, dir: t.TempDir(), now: today.Time().Add(12 * time.Hour), pages: map[pages.Ask][][]byte{}}
	var err error
	if _, v.signing, err = ed25519.GenerateKey(nil); err != nil {
		t.Fatal(err)
	}
	if v.key, err = envelope.NewPrivateKey(7, today-3); err != nil {
		t.Fatal(err)
	}
	v.list = engineers.In(filepath.Join(v.dir, "desk"))
	v.log, err = audit.Open(audit.Config{Dir: filepath.Join(v.dir, "desk"), Witness: filepath.Join(v.dir, "witness"), Now: v.clock})
	if err != nil {
		t.Fatal(err)
	}
	v.server, err = server.NewServer(&server.Options{DontListen: true, NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	v.server.Start()
	t.Cleanup(func() { v.server.Shutdown(); v.server.WaitForShutdown() })
	v.conn = v.connect()
	return v
}

func (v *vendor) connect() *nats.Conn {
	v.t.Helper()
	c, err := nats.Connect("", nats.InProcessServer(v.server))
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(c.Close)
	return c
}

func (v *vendor) clock() time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.now
}

func (v *vendor) wait(d time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.now = v.now.Add(d)
}

// PrivateKey implements Keys.
func (v *vendor) PrivateKey(id uint32) *envelope.PrivateKey {
	if id != v.key.ID {
		return nil
	}
	return v.key
}

// SignedList implements Keys.
func (v *vendor) SignedList() ([]byte, error) {
	return envelope.SignKeyList(v.signing, &wire.KeyList{Version: 1, Suite: wire.SuiteX25519, Keys: []wire.Key{v.key.Public()}}), nil
}

// refuse has notes refused; nil: no more.
func (v *vendor) refuse(why error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.full = why
}

// Leave implements Book.
func (v *vendor) Leave(l page.Letter) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.full != nil {
		return v.full
	}
	v.letters = append(v.letters, l)
	return nil
}

// Find implements Book.
func (v *vendor) Find(tag page.Tag) (page.Grant, bool, error) {
	for _, g := range v.grants {
		if g.Tag == tag {
			return g, true, nil
		}
	}
	return page.Grant{}, false, nil
}

// Get implements lookup.Asker, month by month, as the store's does.
func (v *vendor) Get(_ context.Context, asks []pages.Ask, each func(pages.Found) error) ([]schema.Month, error) {
	var order []int
	for i := range asks {
		order = append(order, i)
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(asks[a].Day.Month()) - int(asks[b].Day.Month()) })
	for _, i := range order {
		for _, b := range v.pages[asks[i]] {
			if err := each(pages.Found{Index: i, Page: b}); err != nil {
				return v.unread, err
			}
		}
	}
	return v.unread, nil
}

func (v *vendor) population(context.Context) (*insights.Population, error) {
	if v.all == nil {
		return nil, errors.New("none")
	}
	return v.all, nil
}

// run runs a store of a group until the returned function ends it.
func (v *vendor) run(group int) (stop func()) {
	v.t.Helper()
	conn := v.connect()
	s, err := New(Config{
		Conn: conn, Group: group, Keys: v, Engineers: v.list, Audit: v.log, Book: v, Pages: half{v, byte(group)}, Population: v.population, Now: v.clock,
	})
	if err != nil {
		v.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Run(ctx); err != nil {
			v.t.Error(err)
		}
	}()
	eventually(v.t, "the store hears", func() bool {
		if conn.NumSubscriptions() == 0 {
			return false
		}
		return conn.Flush() == nil
	})
	stop = sync.OnceFunc(func() { cancel(); <-done })
	v.t.Cleanup(stop)
	return stop
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(longest); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(5 * time.Millisecond) // between two looks
	}
}

// add adds an engineer.
func (v *vendor) add(name string) Asker {
	v.t.Helper()
	key, err := v.list.Add(name, v.clock())
	if err != nil {
		v.t.Fatal(err)
	}
	return Asker{Conn: v.conn, Vendor: v.signing.Public().(ed25519.PublicKey), Engineer: name, Key: key, Now: v.clock}
}

func (v *vendor) begin(a Asker) *Lookup {
	v.t.Helper()
	l, err := a.Begin(v.t.Context(), "T-1", "search is slow")
	if err != nil {
		v.t.Fatal(err)
	}
	return l
}

// rows returns what the audit log has, each as "by act", "by what" for an outcome.
func (v *vendor) rows() (rows []string) {
	v.t.Helper()
	entries, err := v.log.Entries(v.t.Context())
	if err != nil {
		v.t.Fatal(err)
	}
	for _, e := range entries {
		if e.From != audit.NATS {
			v.t.Errorf("row %d is from %q", e.N, e.From)
		}
		if e.Act == audit.Outcome {
			rows = append(rows, e.By+" "+e.What)
		} else {
			rows = append(rows, e.By+" "+string(e.Act))
		}
	}
	return rows
}

func (v *vendor) wantRows(want ...string) {
	v.t.Helper()
	if got := v.rows(); !slices.Equal(got, want) {
		v.t.Errorf("the audit log has %q, want %q", got, want)
	}
}

// put puts a page of so many bytes under a tag, and returns what asks for it.
func (v *vendor) put(tag byte, length int) pages.Ask { return v.putOn(today, tag, length) }

func (v *vendor) putOn(day schema.Day, tag byte, length int) pages.Ask {
	a := pages.Ask{Day: day, Tag: page.Tag{tag, 1}}
	v.pages[a] = append(v.pages[a], bytes.Repeat([]byte{tag, byte(len(v.pages[a]))}, length/2))
	return a
}

// letter is a note of today.
func letter(t *testing.T) page.Letter {
	t.Helper()
	l, err := page.NewRoot([16]byte{1}).Mailbox(today).Seal(page.Note{Minute: 1, Ticket: "T-1"})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// wire records what goes by.
type recorder struct {
	conn Requester
	mu   sync.Mutex
	sent [][]byte // questions, then answers, in pairs
}

// RequestWithContext implements Requester.
func (r *recorder) RequestWithContext(ctx context.Context, subject string, b []byte) (*nats.Msg, error) {
	m, err := r.conn.RequestWithContext(ctx, subject, b)
	if err == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.sent = append(r.sent, bytes.Clone(b), bytes.Clone(m.Data))
	}
	return m, err
}
