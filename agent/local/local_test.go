package local_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestRoutes asks every route as commands do, over the socket and over
// loopback with a token.
func TestRoutes(t *testing.T) {
	for name, dir := range map[string]string{"socket": short(t), "loopback": long(t)} {
		t.Run(name, func(t *testing.T) {
			a := new(agent)
			serve(t, dir, a)
			c := local.NewCaller(dir)
			for route, ask := range map[string]func(context.Context) (got, want any, err error){
				"installation": func(ctx context.Context) (any, any, error) {
					got, err := c.Installation(ctx)
					return got, a.Installation(), err
				},
				"reset": func(ctx context.Context) (any, any, error) {
					got, err := c.ResetID(ctx)
					want, _ := a.ResetID(ctx)
					return got, want, err
				},
				"erase": func(ctx context.Context) (any, any, error) {
					got, err := c.Erase(ctx)
					want, _ := a.Erase(ctx)
					return got, want, err
				},
				"erasure": func(ctx context.Context) (any, any, error) {
					got, err := c.Erasure(ctx)
					return got, a.Erasure(), err
				},
				"why": func(ctx context.Context) (any, any, error) {
					got, err := c.Why(ctx)
					return got, a.Why(), err
				},
				"preview": func(ctx context.Context) (any, any, error) {
					got, err := c.Preview(ctx)
					want, _ := a.Preview()
					return got, want, err
				},
				"send": func(ctx context.Context) (any, any, error) {
					got, err := c.Send(ctx)
					return got, a.Send(ctx), err
				},
				"outbox": func(ctx context.Context) (any, any, error) {
					got, err := c.Outbox(ctx)
					want, _ := a.Outbox()
					return got, want, err
				},
				"outbox entry": func(ctx context.Context) (any, any, error) {
					got, err := c.OutboxEntry(ctx, 1)
					want, _ := a.OutboxEntry(1)
					return got, want, err
				},
				"outbox verify": func(ctx context.Context) (any, any, error) {
					got, err := c.OutboxVerify(ctx)
					want, _ := a.OutboxVerify()
					return got, want, err
				},
				"status": func(ctx context.Context) (any, any, error) {
					got, err := c.Status(ctx)
					return got, a.Status(), err
				},
				"never": func(ctx context.Context) (any, any, error) {
					got, err := c.Never(ctx, "4711", "0815")
					return []any{got, a.never}, []any{local.Taken{Taken: 2}, []string{"4711", "0815"}}, err
				},
				"participation": func(ctx context.Context) (any, any, error) {
					got, err := c.Participate(ctx, local.Participate{Purge: true})
					return []any{got.By, a.asked}, []any{"tacit off", local.Participate{Purge: true}}, err
				},
			} {
				if got, want, err := ask(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("%s: got %+v, %v, want %+v", route, got, err, want)
				}
			}
			checkRecords(t, a, c)
		})
	}
}

func checkRecords(t *testing.T, a *agent, c *local.Caller) {
	t.Helper()
	got, err := c.Records(t.Context(), local.Records{
		Product: local.Product{Name: "finder", Version: "5.3.1"}, Quiet: true,
		Records: []local.Record{
			{Metric: "known", Time: 5, Value: local.Value{Value: schema.Number(3)}, Labels: map[string]string{"b": "2", "a": "1"}},
			{Metric: "other", Value: local.Value{Value: schema.Text("text")}},
		},
	})
	want := local.Results{Results: []local.Result{{Status: local.Accepted}, {Status: local.Dropped, Reason: "unknown_metric"}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	product := schema.Product{Name: "finder", Version: "5.3.1"}
	took := []schema.Record{
		{Time: 5, Product: product, Metric: "known", Value: schema.Number(3), Labels: []schema.Label{{Name: "a", Value: "1"}, {Name: "b", Value: "2"}}},
		{Product: product, Metric: "other", Value: schema.Text("text")},
	}
	if !reflect.DeepEqual(a.took, took) || !a.quiet {
		t.Errorf("the agent was offered %+v, quiet %v", a.took, a.quiet)
	}
}

func TestValues(t *testing.T) {
	for in, want := range map[string]schema.Value{
		"3": schema.Number(3), "-3": schema.Number(-3), "0": schema.Number(0), "9223372036854775807": schema.Number(1<<63 - 1),
		`"three"`: schema.Text("three"), `""`: schema.Text(""), "true": schema.Number(1), "false": schema.Number(0),
	} {
		var v local.Value
		if err := v.UnmarshalJSON([]byte(in)); err != nil || v.Value != want {
			t.Errorf("%s: %+v, %v, want %+v", in, v.Value, err, want)
		}
	}
	for _, in := range []string{"null", "1.5", "1e3", "9223372036854775808", "[]", "{}"} {
		var v local.Value
		if err := v.UnmarshalJSON([]byte(in)); !errors.Is(err, local.ErrValue) {
			t.Errorf("%s: %+v, %v, want an error", in, v.Value, err)
		}
	}
}

func TestErrors(t *testing.T) {
	dir := short(t)
	c := local.NewCaller(dir)
	if _, err := c.Why(t.Context()); !errors.Is(err, local.ErrNotRunning) {
		t.Errorf("%v, want that it does not run", err)
	}
	secret := errors.New("write /home/zoe/spool: disk is broken")
	serve(t, dir, &agent{fail: secret})
	for name, ask := range map[string]func() error{
		"records": func() error { _, err := c.Records(t.Context(), local.Records{}); return err },
		"preview": func() error { _, err := c.Preview(t.Context()); return err },
		"outbox":  func() error { _, err := c.Outbox(t.Context()); return err },
		"verify":  func() error { _, err := c.OutboxVerify(t.Context()); return err },
		"off":     func() error { _, err := c.Participate(t.Context(), local.Participate{}); return err },
		"entry":   func() error { _, err := c.OutboxEntry(t.Context(), 7); return err },
	} {
		var p *local.Problem
		if err := ask(); !errors.As(err, &p) || p.Hint == "" || strings.Contains(p.Message+p.Hint, "zoe") {
			t.Errorf("%s: %v, want a problem with a hint and without the agent's own error", name, err)
		}
	}
}

func TestStopAnswersWhatIsUnderWay(t *testing.T) {
	dir := short(t)
	a := &slow{entered: make(chan struct{}), leave: make(chan struct{})}
	l, err := datadir.Listen(dir, datadir.AgentSocket, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	s := local.Serve(l, a)
	answered := make(chan error, 1)
	go func() {
		_, err := local.NewCaller(dir).Send(t.Context())
		answered <- err
	}()
	<-a.entered
	stopped := make(chan error, 1)
	go func() { stopped <- s.Stop(t.Context()) }()
	close(a.leave)
	if err := errors.Join(<-answered, <-stopped); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "agent.sock")); !os.IsNotExist(err) {
		t.Errorf("the socket is left: %v", err)
	}
}

// TestStopIsBounded stops while a request hangs.
func TestStopIsBounded(t *testing.T) {
	dir := short(t)
	a := &slow{entered: make(chan struct{}), leave: make(chan struct{})}
	l, err := datadir.Listen(dir, datadir.AgentSocket, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	s := local.Serve(l, a)
	answered := make(chan error, 1)
	go func() {
		_, err := local.NewCaller(dir).Send(t.Context())
		answered <- err
	}()
	<-a.entered
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want that it was not done in time", err)
	}
	if err := <-answered; err == nil {
		t.Error("a request was answered that hangs")
	}
	close(a.leave)
}

// slow hangs in Send.
type slow struct {
	agent
	entered, leave chan struct{}
}

func (s *slow) Send(context.Context) local.Sent {
	close(s.entered)
	<-s.leave
	return local.Sent{}
}

// TestBrowser: a web page can make a browser send requests to loopback, but
// not with the token.
func TestBrowser(t *testing.T) {
	dir := long(t)
	a := new(agent)
	serve(t, dir, a)
	b, err := os.ReadFile(filepath.Join(dir, "agent.door"))
	if err != nil {
		t.Fatal(err)
	}
	address := strings.Split(string(b), `"`)[3]
	for method, path := range map[string]string{http.MethodGet: "/v1/installation", http.MethodPost: "/v1/participation"} {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+address+path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", "https://example.com")
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close() // read to its end
		if err != nil || resp.StatusCode != http.StatusForbidden || strings.Contains(string(body), "ID") {
			t.Errorf("%s %s: %s %q, %v", method, path, resp.Status, body, err)
		}
		if slices.Contains(resp.Header.Values("Access-Control-Allow-Origin"), "*") {
			t.Error("every page may read the answer")
		}
	}
	if a.asked != (local.Participate{}) {
		t.Error("a web page changed participation")
	}
}
