package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tacit-telemetry/tacit/agent/client"
	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema"
)

func TestMain(m *testing.M) {
	crashHere() // in the processes that TestMonitorCrashes starts
	goleak.VerifyTestMain(m)
}

// runDir is a run directory whose socket path is short enough.
func runDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "t")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func newClient(t testing.TB, dir string) *client.Client {
	t.Helper()
	c := client.New(config(dir))
	t.Cleanup(c.Close)
	return c
}

func config(dir string) client.Config {
	return client.Config{Product: "finder", Version: "5.3.1", Dir: dir, ErrorMetric: "fault", Getenv: func(string) string { return "" }}
}

// taker is the part of an agent that a client talks to; the rest of the
// interface is never called.
type taker struct {
	local.Agent
	mu    sync.Mutex
	took  []schema.Record
	never []string
	quiet bool
}

func (a *taker) Never(values ...string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.never = append(a.never, values...)
	return len(values)
}

func (a *taker) secrets() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.never)
}

func (a *taker) Take(_ context.Context, records []schema.Record, quiet bool) ([]intake.Answer, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.took, a.quiet = append(a.took, records...), quiet
	out := make([]intake.Answer, len(records))
	for i, r := range records {
		out[i] = intake.Answer{Accepted: r.Metric != "refused", Reason: "unknown_metric"}
	}
	return out, nil
}

func (a *taker) records() []schema.Record {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.took)
}

// serve answers on the agent's socket with any handler, until the test ends or
// the returned function is called.
func serve(t testing.TB, dir string, h http.Handler) (stop func()) {
	t.Helper()
	l, err := datadir.Listen(dir, datadir.AgentSocket, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	s := http.Server{Handler: l.Handler(h)}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	stop = sync.OnceFunc(func() {
		_ = s.Close() // what is under way in a test that ends is nothing
		<-ended
	})
	t.Cleanup(stop)
	return stop
}

// eventually waits until something holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

func TestReports(t *testing.T) {
	dir, a := runDir(t), new(taker)
	serve(t, dir, local.Handler(a))
	c := newClient(t, dir)
	before := time.Now().Unix()
	c.Counter("menu.used", client.Label{Name: "menu", Value: "open"}).Add(2)
	c.Timer("open.time").Observe(340 * time.Millisecond)
	c.Error(client.Code("disk_full"), client.Label{Name: "volume", Value: "data"})
	c.Counter("refused").Add(1)
	c.State("edition", "standard", client.Label{Name: "nothing"})
	c.Quantity("documents", 12)
	c.Flag("sync.on", true)
	c.Flag("sync.on", false)
	c.Flush(t.Context())
	took := a.records()
	if len(took) != 8 {
		t.Fatalf("the agent took %d records", len(took))
	}
	for i := range took {
		if at := took[i].Time; at < before || at > time.Now().Unix() {
			t.Errorf("happened at %d", at)
		}
		took[i].Time = 0
	}
	frames := took[2].Labels[0].Value
	took[2].Labels[0].Value = ""
	if !strings.HasPrefix(frames, "github.com/tacit-telemetry/tacit/agent/client_test.TestReports client_test.go:") {
		t.Errorf("frames %q", frames)
	}
	product := schema.Product{Name: "finder", Version: "5.3.1"}
	want := []schema.Record{
		{Product: product, Metric: "menu.used", Value: schema.Number(2), Labels: []schema.Label{{Name: "menu", Value: "open"}}},
		{Product: product, Metric: "open.time", Value: schema.Number(340_000)},
		{Product: product, Metric: "fault", Value: schema.Text("disk_full"), Labels: []schema.Label{{Name: "frames"}, {Name: "volume", Value: "data"}}},
		{Product: product, Metric: "refused", Value: schema.Number(1)},
		{Product: product, Metric: "edition", Value: schema.Text("standard")},
		{Product: product, Metric: "documents", Value: schema.Number(12)},
		{Product: product, Metric: "sync.on", Value: schema.Number(1)},
		{Product: product, Metric: "sync.on", Value: schema.Number(0)},
	}
	if !reflect.DeepEqual(took, want) {
		t.Errorf("took %+v, want %+v", took, want)
	}
	if got := c.Dropped(); got != 1 {
		t.Errorf("%d dropped, want the refused one", got)
	}
}

// TestReportsByItself: nobody has to flush.
func TestReportsByItself(t *testing.T) {
	dir, a := runDir(t), new(taker)
	serve(t, dir, local.Handler(a))
	newClient(t, dir).Counter("menu.used").Add(1)
	eventually(t, "the agent has it", func() bool { return len(a.records()) == 1 })
}

// TestHalfFull: a product that reports much does not wait for the second to end.
func TestHalfFull(t *testing.T) {
	dir, a := runDir(t), new(taker)
	serve(t, dir, local.Handler(a))
	c := newClient(t, dir)
	used := c.Counter("menu.used")
	const n = 8 * 512
	for i := range n {
		if used.Add(1); i%512 == 511 {
			eventually(t, "the ring is empty", func() bool { return len(a.records()) == i+1 })
		}
	}
	if c.Dropped() != 0 {
		t.Errorf("%d dropped", c.Dropped())
	}
}

// TestCloseHandsOver: all that waits, though nobody stays for the answer.
func TestCloseHandsOver(t *testing.T) {
	for _, n := range []int{1, 300, 1000} {
		dir, a := runDir(t), new(taker)
		serve(t, dir, local.Handler(a))
		c := handOver(t, dir, n, a, func(*client.Client) {})
		dropped := c.Dropped() // those whose answer came later
		c.Counter("menu.used").Add(1)
		if c.Dropped() != dropped+1 {
			t.Error("what is reported after Close is not counted as dropped")
		}
	}
}

// TestSlowAgent: Close does not wait for a slow disk, and the agent still gets
// the records.
func TestSlowAgent(t *testing.T) {
	dir, a := runDir(t), new(taker)
	read := make(chan struct{})
	h := local.Handler(a)
	serve(t, dir, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-read
		h.ServeHTTP(w, r)
	}))
	open := sync.OnceFunc(func() { close(read) })
	handOver(t, dir, 600, a, func(c *client.Client) {
		eventually(t, "all count as dropped: nobody can know better by then", func() bool { return c.Dropped() == 600 })
		open()
	})
}

// handOver has a client report n records and close, and calls closed. The agent
// must get them all. A system that does other things may not let the client
// write in the two milliseconds that it has: then another tries.
func handOver(t *testing.T, dir string, n int, a *taker, closed func(*client.Client)) *client.Client {
	t.Helper()
	for range 10 {
		c, before := newClient(t, dir), len(a.records())
		for range n {
			c.Counter("menu.used").Add(1)
		}
		c.Close()
		c.Close()
		closed(c)
		for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			if len(a.records()) >= before+n {
				return c
			}
		}
	}
	t.Fatalf("none of ten clients handed over its %d records", n)
	return nil
}

func TestNoAgent(t *testing.T) {
	c := newClient(t, runDir(t))
	used := c.Counter("menu.used")
	const n = 5000
	start := time.Now()
	for range n {
		used.Add(1)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("%d calls took %v", n, took)
	}
	c.Flush(t.Context())
	if got := c.Dropped(); got != n {
		t.Errorf("%d dropped, want all %d", got, n)
	}
}

// blackHole takes connections, or lets them wait in the system's queue, and
// never answers. It tells of every connection that it takes.
func blackHole(t testing.TB, dir string, accept bool) (taken chan struct{}) {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(dir, "agent.sock"))
	if err != nil {
		t.Fatal(err)
	}
	taken = make(chan struct{}, 8)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var conns []net.Conn
		for accept {
			conn, err := l.Accept()
			if err != nil {
				break
			}
			conns = append(conns, conn)
			taken <- struct{}{}
		}
		for _, conn := range conns {
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-ended
	})
	return taken
}

// TestCloseIsBounded: two milliseconds are promised; the rest is for a busy
// machine.
func TestCloseIsBounded(t *testing.T) {
	for name, accept := range map[string]bool{"takes connections": true, "takes none": false} {
		for _, n := range []uint64{1, 600} { // of so many, the goroutine waits for an answer too
			dir := runDir(t)
			blackHole(t, dir, accept)
			c := newClient(t, dir)
			for range n {
				c.Counter("menu.used").Add(1)
			}
			start := time.Now()
			c.Close()
			if took := time.Since(start); took > time.Second {
				t.Errorf("%s, %d records: Close took %v", name, n, took)
			}
			eventually(t, "all count as dropped", func() bool { return c.Dropped() == n })
		}
	}
}

// TestCallsWhileSending: an agent that hangs is no matter of the product's.
func TestCallsWhileSending(t *testing.T) {
	dir := runDir(t)
	taken := blackHole(t, dir, true)
	c := newClient(t, dir)
	used := c.Counter("menu.used")
	used.Add(1)
	ctx, cancel := context.WithCancel(t.Context())
	flushed := make(chan struct{})
	go func() {
		defer close(flushed)
		c.Flush(ctx)
	}()
	<-taken
	start := time.Now()
	for range 4000 {
		used.Add(1)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("4000 calls took %v", took)
	}
	if got := c.Dropped(); got == 0 {
		t.Error("the ring holds all of them: it has no bound")
	}
	cancel()
	<-flushed
	c.Close()
	eventually(t, "all are counted", func() bool { return c.Dropped() == 4001 })
}

func TestBadAnswers(t *testing.T) {
	for name, answer := range map[string]string{
		"an error": "", "no JSON": "zoe", "nothing": "{}", "fewer": `{"results":[{"status":"accepted"}]}`,
		"more":    `{"results":[` + strings.Repeat(`{"status":"accepted"},`, 9) + `{"status":"accepted"}]}`,
		"endless": strings.Repeat(" ", 3<<20) + "{}",
	} {
		dir := runDir(t)
		serve(t, dir, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if answer == "" {
				http.Error(w, "no", http.StatusServiceUnavailable)
			}
			_, _ = io.WriteString(w, answer) // the client may have gone
		}))
		c := newClient(t, dir)
		c.Counter("menu.used").Add(1)
		c.Counter("menu.used").Add(1)
		c.Flush(t.Context())
		want := map[string]uint64{"fewer": 1, "more": 0}
		if n, ok := want[name]; !ok && c.Dropped() != 2 || ok && c.Dropped() != n {
			t.Errorf("%s: %d dropped", name, c.Dropped())
		}
	}
}

func TestEnvironment(t *testing.T) {
	for setting, refused := range map[string]bool{
		"DO_NOT_TRACK=1": true, "DO_NOT_TRACK=true": true, "DO_NOT_TRACK=yes": true, "DO_NOT_TRACK=anything": true, "DO_NOT_TRACK= 1 ": true,
		"DO_NOT_TRACK=0": false, "DO_NOT_TRACK=false": false, "DO_NOT_TRACK=FALSE": false, "DO_NOT_TRACK=": false, "DO_NOT_TRACK= ": false,
		"TACIT_TELEMETRY=off": true, "TACIT_TELEMETRY=OFF": true, "TACIT_TELEMETRY=0": true, "TACIT_TELEMETRY=no": true, "TACIT_TELEMETRY= off ": true,
		"TACIT_TELEMETRY=on": false, "TACIT_TELEMETRY=": false, "OTHER=1": false,
	} {
		name, value, _ := strings.Cut(setting, "=")
		c := client.New(client.Config{Dir: runDir(t), Getenv: func(v string) string {
			if v == name {
				return value
			}
			return ""
		}})
		if (c == nil) != refused {
			t.Errorf("%s: reports is %v", setting, c != nil)
		}
		c.Close()
	}
	t.Setenv("DO_NOT_TRACK", "1")
	if client.New(client.Config{Dir: runDir(t)}) != nil {
		t.Error("the process's own environment is not looked at")
	}
}

// TestNilDoesNothing: a product need not know whether it is off.
func TestNilDoesNothing(t *testing.T) {
	var c *client.Client
	c.Counter("menu.used").Add(1)
	c.Timer("open.time").Observe(time.Second)
	c.State("edition", "standard")
	c.Quantity("documents", 12)
	c.Flag("sync.on", true)
	c.Error(client.Code("disk_full"))
	c.ErrorAt(1, "fault", client.Code("disk_full"))
	c.Flush(t.Context())
	if c.Never("zoe@example.com") != 0 {
		t.Error("a client that is off keeps what must never leave")
	}
	if err := c.MonitorCrashes(); err != nil {
		t.Error(err)
	}
	func() {
		defer func() {
			if recover() != "mine" {
				t.Error("the product's own panic does not go on")
			}
		}()
		defer c.Recover()
		panic("mine")
	}()
	if _, err := c.Installation(t.Context()); !errors.Is(err, client.ErrOff) {
		t.Error(err)
	}
	if _, err := c.SendNow(t.Context()); !errors.Is(err, client.ErrOff) {
		t.Error(err)
	}
	c.Close()
	if c.Dropped() != 0 {
		t.Error("nothing was dropped")
	}
}

// TestBoundedMemory: what the agent would not take does not wait for it.
func TestBoundedMemory(t *testing.T) {
	dir, a := runDir(t), new(taker)
	serve(t, dir, local.Handler(a))
	c := newClient(t, dir)
	long := strings.Repeat("x", 8<<10+1)
	c.State("edition", long)
	c.Counter("menu.used", client.Label{Name: "menu", Value: long}).Add(1)
	many := make([]client.Label, 9)
	for i := range many {
		many[i] = client.Label{Name: fmt.Sprint("l", i), Value: "x"}
	}
	c.Timer("open.time", many...).Observe(time.Second)
	c.State("edition", "")
	if c.Dropped() != 4 {
		t.Errorf("%d dropped, want 4", c.Dropped())
	}
	c.State("edition", long[1:], many[1:]...)
	c.Flush(t.Context())
	if len(a.records()) != 1 || c.Dropped() != 4 {
		t.Errorf("%d taken, %d dropped", len(a.records()), c.Dropped())
	}
}

// TestReconnects: an agent that starts later gets what happens later.
func TestReconnects(t *testing.T) {
	dir, a := runDir(t), new(taker)
	c := newClient(t, dir)
	used := c.Counter("menu.used")
	for i := range 3 {
		used.Add(1)
		c.Flush(t.Context())
		stop := serve(t, dir, local.Handler(a))
		used.Add(1)
		c.Flush(t.Context())
		if len(a.records()) != i+1 || c.Dropped() != uint64(i+1) {
			t.Errorf("%d taken, %d dropped", len(a.records()), c.Dropped())
		}
		stop()
	}
}

// TestCallsDoNotAllocate: while there is room, and when there is none.
func TestCallsDoNotAllocate(t *testing.T) {
	c := newClient(t, runDir(t))
	used, took := c.Counter("menu.used"), c.Timer("open.time")
	for _, when := range []string{"empty", "full"} {
		if n := testing.AllocsPerRun(300, func() { used.Add(1) }); n != 0 {
			t.Errorf("%s: Add allocates %v times", when, n)
		}
		if n := testing.AllocsPerRun(300, func() { took.Observe(time.Second) }); n != 0 {
			t.Errorf("%s: Observe allocates %v times", when, n)
		}
		for range 2000 {
			used.Add(1)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	dir, a := runDir(t), new(taker)
	serve(t, dir, local.Handler(a))
	c := newClient(t, dir)
	const writers, each = 8, 500
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			used := c.Counter(fmt.Sprintf("m%d", w))
			for range each {
				used.Add(1)
			}
			c.Flush(t.Context())
		})
	}
	wg.Wait()
	c.Flush(t.Context())
	if got := uint64(len(a.records())) + c.Dropped(); got != writers*each {
		t.Errorf("%d taken or counted as dropped, of %d", got, writers*each)
	}
}

// TestStandardLibraryOnly: a product takes no other code on board.
func TestStandardLibraryOnly(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	const module = "github.com/tacit-telemetry/tacit/"
	for path := range strings.FieldsSeq(string(out)) {
		if !slices.Contains([]string{module + "agent/client", module + "internal/datadir", module + "internal/durable"}, path) {
			t.Errorf("agent/client depends on %s", path)
		}
	}
}

// TestFullRing: all that the ring holds is taken, though the agent takes less in
// one request.
func TestFullRing(t *testing.T) {
	dir := runDir(t)
	a := &taker{}
	serve(t, dir, local.Handler(a))
	c := newClient(t, dir)
	begun := time.Now()
	for range 1024 {
		c.Error(client.Code("other"))
	}
	c.Flush(t.Context())
	for took := 0; took < 1024; { // some may be on their way since before the flush
		a.mu.Lock()
		took = len(a.took)
		a.mu.Unlock()
		if dropped := c.Dropped(); dropped != 0 || time.Since(begun) > 20*time.Second {
			t.Fatalf("%d taken, %d dropped of 1024", took, dropped)
		}
		time.Sleep(time.Millisecond)
	}
}
