package local_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/registry/example"
)

// script is an example, and what runs it.
type script struct{ program, file, hint string }

var scripts = []script{
	{"python3", "examples/report.py", "install python3 with apt-get; make test does"},
	{"node", "examples/report.mjs", "install nodejs with apt-get; make test does"},
}

// run starts a script against the agent of a data directory. It is at work until
// what it reads ends.
func (s script) run(t *testing.T, data string, in *os.File, env ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	c, out := exec.CommandContext(ctx, s.program, s.file), new(bytes.Buffer)
	c.Env = append(os.Environ(), "TACIT_DATA="+data, "DO_NOT_TRACK=", "TACIT_TELEMETRY=")
	c.Env = append(c.Env, env...)
	c.Stderr = out
	if in != nil {
		c.Stdin = in
	}
	if _, err := os.Stat(s.file); err != nil { // go test must see when it changes
		t.Fatal(err)
	}
	return c, out
}

// ends runs a script that has nothing to do but report.
func (s script) ends(t *testing.T, data string, env ...string) {
	t.Helper()
	c, out := s.run(t, data, nil, env...)
	c.Stdout = out
	if err := c.Run(); err != nil || out.Len() > 0 {
		t.Errorf("%v, and it printed %q; %s", err, out, s.hint)
	}
}

// listen listens as an agent does, below a data directory.
func listen(t *testing.T, data string) *datadir.Listener {
	t.Helper()
	run := filepath.Join(data, "run")
	if err := os.MkdirAll(run, 0o755); err != nil {
		t.Fatal(err)
	}
	l, err := datadir.Listen(run, datadir.AgentSocket, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// handle answers on a listener with any handler.
func handle(t *testing.T, l *datadir.Listener, h http.Handler) {
	t.Helper()
	s := http.Server{Handler: l.Handler(h)}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		_ = s.Close() // what is under way in a test that ends is nothing
		<-ended
	})
}

// hears reads what a script that is at work prints about each answer, and lets
// it end.
func (s script) hears(t *testing.T, data string) string {
	t.Helper()
	in, work, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c, errs := s.run(t, data, in)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatalf("%v; %s", err, s.hint)
	}
	_ = in.Close() // the script has its own
	var said []byte
	for b := make([]byte, 1<<10); bytes.Count(said, []byte("\n")) < 3; {
		n, err := out.Read(b)
		if said = append(said, b[:n]...); err != nil {
			break
		}
	}
	_ = work.Close() // that is the end of its work
	if err := c.Wait(); err != nil || errs.Len() > 0 {
		t.Errorf("%v, and it printed %q", err, errs)
	}
	return string(said)
}

// TestExamples: what each reports is as the example's registry has it, over a
// socket and over loopback, also when the agent is busy at first.
func TestExamples(t *testing.T) {
	reg, err := registry.Overlay(registry.Base(), example.Files()...)
	if err != nil {
		t.Fatal(err)
	}
	product := schema.Product{Name: "finder", Version: "5.3.1"}
	want := []schema.Record{
		{Product: product, Metric: "finder.menu.used", Value: schema.Number(1), Labels: []schema.Label{{Name: "menu", Value: "open"}}},
		{Product: product, Metric: "finder.operation.duration", Value: schema.Number(340_000), Labels: []schema.Label{{Name: "operation", Value: "search"}}},
		{Product: product, Metric: "finder.error", Value: schema.Text("search_timeout"), Labels: []schema.Label{{Name: "operation", Value: "search"}}},
	}
	for i := range want {
		if err := reg.CheckOffered(&want[i]); err != nil {
			t.Error(err)
		}
	}
	for _, s := range scripts {
		for name, data := range map[string]string{"socket": short(t), "loopback": long(t)} {
			t.Run(s.program+" "+name, func(t *testing.T) {
				a, busy := new(agent), new(atomic.Int32)
				handle(t, listen(t, data), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					h := local.Handler(a)
					if n := busy.Add(1); n <= 2 {
						h = []http.Handler{local.Spent(a), local.Handler(&agent{fail: errDisk})}[n-1]
						w = impatient{w}
					}
					h.ServeHTTP(w, r)
				}))
				said := s.hears(t, data)
				if n := strings.Count(said, "dropped unknown_metric\n"); n != 3 { // the test's agent knows none of them
					t.Errorf("it heard %q", said)
				}
				if got := a.records(); !reflect.DeepEqual(got, want) {
					t.Errorf("took %+v, want %+v", got, want)
				}
			})
		}
	}
}

// impatient lets nobody wait: it is a test.
type impatient struct{ http.ResponseWriter }

// WriteHeader writes the headers with a Retry-After of nothing.
func (w impatient) WriteHeader(code int) {
	w.Header().Set("Retry-After", "0")
	w.ResponseWriter.WriteHeader(code)
}

// TestExamplesNeverFail: without an agent, with one that was killed, with one
// that takes connections and nothing else, and with one that does not even do
// that, a script ends with 0 and prints nothing.
func TestExamplesNeverFail(t *testing.T) {
	for _, s := range scripts {
		t.Run(s.program, func(t *testing.T) {
			s.ends(t, short(t))
			hole := short(t)
			l := listen(t, hole)
			var held []net.Conn
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					held = append(held, c)
				}
			}()
			s.ends(t, hole)
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			<-ended
			for _, c := range held {
				_ = c.Close() // nobody is there any more
			}
			hangs := listen(t, short(t))
			s.ends(t, filepath.Dir(filepath.Dir(hangs.Addr().String())))
			if err := hangs.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestExamplesReportAtTheEnd: what was handed over arrives although the script
// ended at once. Whoever said no reports nothing.
func TestExamplesReportAtTheEnd(t *testing.T) {
	for _, s := range scripts {
		t.Run(s.program, func(t *testing.T) {
			data, a := short(t), new(agent)
			if err := os.MkdirAll(filepath.Join(data, "run"), 0o755); err != nil {
				t.Fatal(err)
			}
			serve(t, filepath.Join(data, "run"), a)
			for _, no := range []string{"DO_NOT_TRACK=1", "TACIT_TELEMETRY=off"} {
				if s.ends(t, data, no); a.records() != nil {
					t.Errorf("it reported, and %s was set", no)
				}
			}
			c, _ := s.run(t, data, nil) // what it prints depends on whether it still hears the answer
			if err := c.Run(); err != nil {
				t.Errorf("%v; %s", err, s.hint)
			}
			for end := time.Now().Add(patience); len(a.records()) != 3; time.Sleep(time.Millisecond) { // between two looks
				if time.Now().After(end) {
					t.Fatalf("%d records arrived", len(a.records()))
				}
			}
		})
	}
}
