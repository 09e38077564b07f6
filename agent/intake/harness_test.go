package intake_test

import (
	"bytes"
	_ "embed"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/anon"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

//go:embed testdata/registry.yaml
var registryYAML []byte

// monday is noon of a Monday in the middle of a month.
var monday = time.Date(2026, 11, 16, 12, 0, 0, 0, time.UTC)

// house is an intake on a real spool, with a clock that the test sets.
type house struct {
	t       testing.TB
	mu      sync.Mutex
	now     time.Time // guarded by mu
	on      bool
	refused schema.Programme // that is off though the house is on
	covered uint32           // registry release that is acknowledged
	level   schema.Level     // "": standard
	policy  uint64           // revision of the site's decision
	needle  string           // what trips
	strange bool             // the facts of the host are not known yet
	blocked []spool.Batch
	dir     string
	room    int64 // bytes that the spool may take; 0: as many as usual
	reg     *registry.Registry
	spool   *spool.Spool
	intake  *intake.Intake
}

// oneLine shows that text went through it.
type oneLine struct{}

func (oneLine) Line(string) string { return "scrubbed" }

func newHouse(t testing.TB) *house {
	t.Helper()
	dir, err := os.MkdirTemp("", "intake")
	if err != nil {
		t.Fatal(err)
	}
	reg, err := registry.Parse("registry.yaml", registryYAML)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, now: monday, on: true, covered: uint32(reg.Release), dir: filepath.Join(dir, "spool"), reg: reg}
	h.open()
	t.Cleanup(func() {
		if err := h.spool.Close(); err != nil {
			t.Error(err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *house) open() {
	h.t.Helper()
	s, err := spool.Open(spool.Config{Dir: h.dir, MaxBytes: h.room, Now: h.clock})
	if err != nil {
		h.t.Fatal(err)
	}
	h.spool = s
	h.intake = intake.New(h.config(s))
}

// clock is read by the spool's own goroutine too; the test alone sets it.
func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) set(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = now
}

func (h *house) config(s intake.Spool) intake.Config {
	return intake.Config{
		Registry: h.reg, Spool: s, Tripwire: h, Writer: schema.Writer{1}, Now: h.clock,
		Treater: &anon.Treatments{Registry: h.reg, Scrubber: oneLine{}, HashingKey: [32]byte{1}},
		Terms:   h.terms,
		Known:   func() bool { return !h.strange },
		Blocked: func(b spool.Batch, class string) error {
			if class != "needle" {
				h.t.Errorf("class %q", class)
			}
			h.blocked = append(h.blocked, b)
			return nil
		},
	}
}

// terms are what the house takes part in.
func (h *house) terms() intake.Terms {
	t := intake.Terms{Level: h.level, Release: schema.Release(h.covered), Revision: h.policy}
	for _, p := range h.reg.Programmes {
		if h.on && p.Name != h.refused {
			t.Collect = append(t.Collect, p.Name)
		}
	}
	t.Send = t.Collect
	return t
}

// Trips is the house's tripwire.
func (h *house) Trips(plain []byte) (string, bool) {
	return "needle", h.needle != "" && bytes.Contains(plain, []byte(h.needle))
}

// crash makes the house go on with the files as they are now: nothing was
// closed and nobody remembers anything.
func (h *house) crash() {
	h.t.Helper()
	was := h.spool
	dir := h.dir + "x"
	if err := os.CopyFS(dir, os.DirFS(h.dir)); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		h.t.Fatal(err)
	}
	if err := was.Close(); err != nil {
		h.t.Fatal(err)
	}
	h.dir = dir
	h.open()
}

func record(metric string, v schema.Value, labels ...schema.Label) schema.Record {
	return schema.Record{Product: schema.Product{Name: "finder", Version: "5.3.1"}, Metric: metric, Value: v, Labels: labels}
}

func label(name, value string) schema.Label { return schema.Label{Name: name, Value: value} }

// facts are what the facets of the test's roll-ups are made of.
func facts() []schema.Record {
	return []schema.Record{
		record("os.type", schema.Text("linux")), record("service.version", schema.Text("5.3.1")), record("host.memory", schema.Number(3<<30)),
	}
}

// take offers records, all of which must be accepted.
func (h *house) take(records ...schema.Record) {
	h.t.Helper()
	for i := range records {
		if records[i].Time == 0 {
			records[i].Time = h.now.Unix()
		}
	}
	answers, err := h.intake.Take(h.t.Context(), records, false)
	if err != nil {
		h.t.Fatal(err)
	}
	for i, a := range answers {
		if !a.Accepted {
			h.t.Fatalf("%+v refused: %s", records[i], a.Reason)
		}
	}
}

// gather gathers and returns what became of it, and ends the batches, so that
// the next gathering's are told apart.
func (h *house) gather() (pages []codec.Page, fragments []codec.Fragment) {
	h.t.Helper()
	if _, err := h.intake.Gather(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	batches := h.pending()
	for _, b := range batches {
		if err := h.spool.Release(h.t.Context(), b.ID, 1); err != nil {
			h.t.Fatal(err)
		}
	}
	return h.decode(batches)
}

func (h *house) pending() []spool.Batch {
	h.t.Helper()
	var out []spool.Batch
	for _, p := range h.spool.Pending() {
		b, ok, err := h.spool.Load(p.ID)
		if err != nil || !ok {
			h.t.Fatalf("load: %v, %v", ok, err)
		}
		out = append(out, b)
	}
	return out
}

func (h *house) decode(batches []spool.Batch) (pages []codec.Page, fragments []codec.Fragment) {
	h.t.Helper()
	for _, b := range batches {
		switch b.Kind {
		case envelope.Page:
			p, err := codec.DecodePage(b.Plain)
			if err != nil {
				h.t.Fatal(err)
			}
			if p.Batch != b.ID || p.Writer != (schema.Writer{1}) || p.Release != h.reg.Release {
				h.t.Errorf("page of %x by %x under %d", p.Batch, p.Writer, p.Release)
			}
			pages = append(pages, p)
		case envelope.Fragment:
			f, err := codec.DecodeFragment(b.Plain)
			if err != nil {
				h.t.Fatal(err)
			}
			fragments = append(fragments, f)
		default:
			h.t.Errorf("batch of kind %s", b.Kind)
		}
	}
	return pages, fragments
}
