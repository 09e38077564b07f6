package follow

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// tap notes the lines that are to be treated, and changes nothing.
type tap struct {
	mu    sync.Mutex
	lines []string
}

func (t *tap) Apply(r schema.Record) (schema.Record, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.Metric == LineMetric {
		t.lines = append(t.lines, r.Value.Text)
	}
	if r.Value.Text == "refuse" {
		return schema.Record{}, errors.New("refused")
	}
	return r, nil
}

// seen returns the lines so far.
func (t *tap) seen() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.lines)
}

// desk is a directory of logs and what follows them, look by look.
type desk struct {
	*tap
	t      *testing.T
	dir    string
	source *source
	files  *files
	now    time.Time
	buf    []byte
}

// newDesk follows *.log in a directory of the test.
func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{tap: new(tap), t: t, dir: t.TempDir(), now: time.Now(), buf: make([]byte, readSize)}
	c := Config{Treater: d.tap, PerLog: Rate{1 << 30, 1 << 30}, InAll: Rate{1 << 30, 1 << 30}}
	c.defaults()
	f := &follower{Config: c, all: newBudget(c.InAll, c.Poll)}
	d.source = f.source(registry.Log{Name: "acme", Product: "acme", Path: filepath.Join(d.dir, "*.log"), Metric: "acme.log"})
	d.files = newFiles(d.source)
	t.Cleanup(d.files.close)
	return d
}

func (d *desk) path(name string) string { return filepath.Join(d.dir, name) }

// write appends to a file.
func (d *desk) write(name, text string) {
	d.t.Helper()
	f, err := os.OpenFile(d.path(name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		d.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) rename(from, to string) {
	d.t.Helper()
	if err := os.Rename(d.path(from), d.path(to)); err != nil {
		d.t.Fatal(err)
	}
}

// look looks once, a second later, and checks which lines come.
func (d *desk) look(want ...string) {
	d.t.Helper()
	had := len(d.seen())
	d.now = d.now.Add(time.Second)
	d.files.look(d.now, d.buf)
	if got := d.seen()[had:]; !slices.Equal(got, want) {
		d.t.Errorf("came %q, want %q", got, want)
	}
}

// skipped returns how many lines were left out, by reason.
func (d *desk) skipped() map[string]int64 { return skipped(d.source.groups.records) }

func skipped(records []schema.Record) map[string]int64 {
	out := map[string]int64{}
	for _, r := range records {
		if r.Metric == SkippedMetric {
			out[r.Labels[0].Value] += r.Value.Number
		}
	}
	return out
}

// shelf is where records end up.
type shelf struct {
	mu      sync.Mutex
	full    bool // it takes nothing
	records []schema.Record
}

func (s *shelf) take(_ context.Context, records []schema.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full {
		return errors.New("full")
	}
	s.records = append(s.records, records...)
	return nil
}

func (s *shelf) taken() []schema.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.records)
}

// run follows until the test ends.
func run(t *testing.T, c Config) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		Run(ctx, c)
	}()
	end = func() {
		cancel()
		<-done
	}
	t.Cleanup(end)
	return end
}

// said is what was logged.
type said struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *said) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within %v: %s", patience, what)
}
