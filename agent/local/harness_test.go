package local_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/agent/outbox"
	"github.com/tacit-telemetry/tacit/agent/participation"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema"
)

// agent answers what a test gives it and keeps what it was asked.
type agent struct {
	mu    sync.Mutex
	took  []schema.Record
	quiet bool
	never []string
	asked local.Participate
	fail  error
}

func (a *agent) Take(ctx context.Context, records []schema.Record, quiet bool) ([]intake.Answer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.took, a.quiet = records, quiet
	out := make([]intake.Answer, len(records))
	for i, r := range records {
		out[i] = intake.Answer{Accepted: r.Metric == "known", Reason: "unknown_metric"}
	}
	return out, a.fail
}

// records returns what was last offered.
func (a *agent) records() []schema.Record {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.took
}

func (a *agent) Never(values ...string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.never = values
	return len(values)
}

func (a *agent) Installation() local.Installation {
	return local.Installation{ID: "an ID", Spoken: "a spoken ID"}
}

func (a *agent) ResetID(context.Context) (local.Reset, error) {
	return local.Reset{Installation: local.Installation{ID: "a new ID", Spoken: "a new spoken ID"}, Dropped: 7}, a.fail
}

func (a *agent) Erase(context.Context) (local.Erasure, error) {
	return local.Erasure{State: local.ErasureDone, Envelopes: 64, Confirmed: 64, Pages: 3, ForgottenBy: "2026-11-24"}, a.fail
}

func (a *agent) Erasure() local.Erasure {
	return local.Erasure{State: local.ErasureUnderWay, Envelopes: 64, Confirmed: 2, Reason: "not all replies are here yet"}
}

func (a *agent) SupportCode(_ context.Context, o local.SupportOrder) (local.SupportCode, error) {
	return local.SupportCode{Code: "00000-00000-00000-0000K", Days: o.Days, Until: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), Confirmed: true}, a.fail
}

func (a *agent) RevokeCodes(context.Context) (local.Revoked, error) {
	return local.Revoked{Revoked: 1, Reason: "not all replies are here yet"}, a.fail
}

func (a *agent) Lookups(_ context.Context, o local.LookupsOrder) (local.Lookups, error) {
	at := time.Date(2026, 11, 22, 10, o.Days, 0, 0, time.UTC)
	return local.Lookups{Lookups: []local.Lookup{{At: at, Ticket: "SUP-1", By: local.ByCode}}, More: 1, Unread: []string{"2026-11-21"}, Reason: "not yet"}, a.fail
}

func (a *agent) Debug(_ context.Context, o local.DebugOrder) (local.Why, error) {
	why := a.Why()
	why.Debug = time.Date(2026, 11, 22, 10, o.Minutes, 0, 0, time.UTC)
	return why, a.fail
}

func (a *agent) Why() local.Why {
	return local.Why{
		Decision: participation.Decision{
			State: participation.On, By: "default", Reason: "No one decided.", MaySend: true, Level: schema.Standard,
			Programmes: []participation.ProgrammeDecision{{Name: schema.CEIP, State: participation.On, By: "default"}},
			Inputs:     []participation.Input{{Name: "site", Says: participation.NoOpinion, Programmes: map[schema.Programme]participation.State{schema.CSP: participation.Off}}},
		},
		SendsFrom: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC),
	}
}

func (a *agent) Participate(_ context.Context, p local.Participate) (local.Why, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = p
	why := a.Why()
	why.State, why.By = participation.Off, "tacit off"
	return why, a.fail
}

func (a *agent) Preview() (local.Preview, error) {
	return local.Preview{Sends: true, Pages: []local.Page{page()}, Fragments: []local.Fragment{fragment()}}, a.fail
}

func page() local.Page {
	return local.Page{Release: 4, Place: "2026-11-22 number 3", Records: []local.Shown{
		{Time: "2026-11-22T10:00:00Z", Metric: "known", Product: "finder", Version: "5.3.1", Value: local.Value{Value: schema.Text("linux")}},
		{Time: "2026-11-22T10:00:00Z", Metric: "known", Product: "finder", Version: "5.3.1", Value: local.Value{Value: schema.Number(3)}, Labels: map[string]string{"a": "b"}, Count: 7},
	}}
}

func fragment() local.Fragment {
	return local.Fragment{
		Day: "2026-11-22", Release: 4, Facets: map[string]string{"os.type": "linux"}, First: []string{"today", "ever"},
		Measures: []local.Measure{{Metric: "known", Labels: map[string]string{"a": "b"}, Count: 2, Sum: 5, Buckets: []uint64{1, 1}}},
	}
}

func (a *agent) Send(context.Context) local.Sent {
	return local.Sent{Sent: 2, Batches: 2, Replies: 2, Sizes: []int{1024, 1024}}
}

func (a *agent) Outbox() ([]local.Entry, error) {
	return []local.Entry{{Number: 1, Sent: "2026-11-22T10:00:00Z", Kind: "page", Outcome: "stored"}}, a.fail
}

func (a *agent) OutboxEntry(n uint64) (local.Entry, error) {
	if n != 1 {
		return local.Entry{}, outbox.ErrNoEntry
	}
	p, f := page(), fragment()
	return local.Entry{Number: 1, Sent: "2026-11-22T10:00:00Z", Kind: "page", Envelope: []byte{1, 2}, BodyKey: "00", Plain: []byte{3}, Page: &p, Fragment: &f}, a.fail
}

func (a *agent) OutboxVerify() ([]local.Proof, error) {
	return []local.Proof{{Number: 1, Proved: true}}, a.fail
}

func (a *agent) Status() local.Status {
	return local.Status{Spool: local.Spool{Records: 3}, Refused: map[string]uint64{"off": 1}, StoreRefused: map[string]int{"expired": 2}, Unmapped: []local.Unmapped{{Of: "span", Name: "render", Why: "unmapped", Count: 4}}}
}

// short is a directory whose socket path is short enough, long one in which
// it is not.
func short(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "t")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func long(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(short(t), strings.Repeat("long", 30))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func serve(t testing.TB, dir string, a local.Agent) *local.Server {
	t.Helper()
	l, err := datadir.Listen(dir, datadir.AgentSocket, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	s := local.Serve(l, a)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := s.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return s
}
