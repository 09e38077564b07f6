package local_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// within serves with other limits than products have.
func within(t testing.TB, dir string, a local.Agent, perSecond, burst int, arrive time.Duration) {
	t.Helper()
	l, err := datadir.Listen(dir, datadir.AgentSocket, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	s := local.ServeWithin(l, a, perSecond, burst, arrive)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

// dial connects to the agent on dir, by socket or by loopback, and returns the
// token that requests need.
func dial(t testing.TB, dir string) (c net.Conn, token string) {
	t.Helper()
	network, address := "unix", filepath.Join(dir, "agent.sock")
	if b, err := os.ReadFile(filepath.Join(dir, "agent.door")); err == nil {
		var door struct{ Address, Token string }
		if err := json.Unmarshal(b, &door); err != nil {
			t.Fatal(err)
		}
		network, address, token = "tcp", door.Address, door.Token
	}
	c, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // some are closed before
	return c, token
}

// asker is one connection, which is one caller on loopback.
type asker struct {
	t     testing.TB
	conn  net.Conn
	in    *bufio.Reader
	token string
}

func newAsker(t testing.TB, dir string) *asker {
	t.Helper()
	c, token := dial(t, dir)
	return &asker{t: t, conn: c, in: bufio.NewReader(c), token: token}
}

// ask sends a request and returns the answer with its body.
func (k *asker) ask(method, path string, body []byte) (*http.Response, string) {
	k.t.Helper()
	r, err := http.NewRequest(method, "http://tacit"+path, bytes.NewReader(body))
	if err != nil {
		k.t.Fatal(err)
	}
	r.Header.Set("Tacit-Token", k.token)
	if err := r.Write(k.conn); err != nil {
		k.t.Fatal(err)
	}
	return k.answer()
}

func (k *asker) answer() (*http.Response, string) {
	k.t.Helper()
	resp, err := http.ReadResponse(k.in, nil)
	if err != nil {
		k.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		k.t.Fatal(err)
	}
	return resp, string(b)
}

// report offers one record of a product and returns the status.
func (k *asker) report(product string) *http.Response {
	k.t.Helper()
	resp, _ := k.ask(http.MethodPost, "/v1/records", fmt.Appendf(nil, `{"product":{"name":%q,"version":"1"},"records":[{"metric":"known","value":1}]}`, product))
	return resp
}

// refused returns the counts of requests that were refused.
func (k *asker) refused() map[string]uint64 {
	k.t.Helper()
	resp, body := k.ask(http.MethodGet, "/v1/status", nil)
	var s local.Status
	if err := json.Unmarshal([]byte(body), &s); err != nil || resp.StatusCode != http.StatusOK {
		k.t.Fatalf("%s %q, %v", resp.Status, body, err)
	}
	return s.RequestsRefused
}

// checkLater says that an answer does not tell when to come back.
func checkLater(t *testing.T, resp *http.Response, code int) {
	t.Helper()
	if after, err := strconv.Atoi(resp.Header.Get("Retry-After")); resp.StatusCode != code || err != nil || after < 1 {
		t.Errorf("%s, Retry-After %q, want %d and when to come back", resp.Status, resp.Header.Get("Retry-After"), code)
	}
}

// flood asks until it is told to wait, and returns that answer.
func flood(t *testing.T, ask func() *http.Response) *http.Response {
	t.Helper()
	for range 10_000 {
		if resp := ask(); resp.StatusCode != http.StatusOK {
			return resp
		}
	}
	t.Fatal("it may ask for ever")
	return nil
}

// await waits for what must come.
func await[T any](t *testing.T, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(patience):
		t.Fatal("it does not come")
	}
	return v
}

// TestFlood: one caller uses up its allowance and goes on asking; another one
// is served each time, and sees the count.
func TestFlood(t *testing.T) {
	dir := long(t)
	within(t, dir, new(agent), 1, 100<<10, time.Minute) // a KiB comes back in 17 minutes
	noisy, other := newAsker(t, dir), newAsker(t, dir)
	checkLater(t, flood(t, func() *http.Response { return noisy.report("noisy") }), http.StatusTooManyRequests)
	for range 10 {
		if resp := other.report("finder"); resp.StatusCode != http.StatusOK {
			t.Fatalf("the other caller got %s", resp.Status)
		}
		checkLater(t, noisy.report("noisy"), http.StatusTooManyRequests)
	}
	if got := other.refused()["rate"]; got != 11 {
		t.Errorf("%d refusals counted, want 11", got)
	}
}

// TestFloodOfOneProcess: over a Unix socket, another connection is no new
// allowance.
func TestFloodOfOneProcess(t *testing.T) {
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		return // nobody says which process it is
	}
	dir := short(t)
	within(t, dir, new(agent), 1, 100<<10, time.Minute)
	var connections []*asker
	for range 10 {
		connections = append(connections, newAsker(t, dir))
	}
	n := 0
	checkLater(t, flood(t, func() *http.Response { n++; return connections[n%10].report(strconv.Itoa(n)) }), http.StatusTooManyRequests)
	if n > 100 {
		t.Errorf("%d requests of a KiB each, and more, in 100 KiB", n)
	}
}

// TestStormOfOneProduct: a product that starts again and again is a new caller
// each time, and has one allowance all the same. Others are not hurt.
func TestStormOfOneProduct(t *testing.T) {
	dir := long(t)
	within(t, dir, new(agent), 1, 100<<10, time.Minute)
	n := 0
	checkLater(t, flood(t, func() *http.Response { n++; return newAsker(t, dir).report("stormy") }), http.StatusTooManyRequests)
	if n > 100 {
		t.Errorf("%d requests of a KiB each, and more, in 100 KiB", n)
	}
	if resp := newAsker(t, dir).report("finder"); resp.StatusCode != http.StatusOK {
		t.Errorf("another product got %s", resp.Status)
	}
}

// TestAllowanceComesBack: whoever waits is served again.
func TestAllowanceComesBack(t *testing.T) {
	dir := long(t)
	within(t, dir, new(agent), 1<<20, 4<<10, time.Minute)
	k := newAsker(t, dir)
	flood(t, func() *http.Response { return k.report("finder") })
	for end := time.Now().Add(patience); k.report("finder").StatusCode != http.StatusOK; {
		if time.Now().After(end) {
			t.Fatal("it is never served again")
		}
	}
}

// TestLargestBodyPasses: what may be sent at once is more than the largest body.
func TestLargestBodyPasses(t *testing.T) {
	dir := long(t)
	serve(t, dir, new(agent))
	k := newAsker(t, dir)
	for range 3 {
		if resp, body := k.ask(http.MethodPost, "/v1/records", largest()); resp.StatusCode != http.StatusOK {
			t.Fatalf("%s %s", resp.Status, body)
		}
	}
}

// largest is a body of the largest length, of as many records as there may be.
func largest() []byte {
	body := []byte(`{"product":{"name":"finder","version":"1"},"records":[` +
		strings.TrimSuffix(strings.Repeat(`{"metric":"known","value":1},`, local.MaxRecords), ",") + `]}`)
	return append(body, bytes.Repeat([]byte(" "), local.MaxBody-len(body))...)
}

// holding keeps what it is offered until it may leave.
type holding struct {
	agent
	held  chan struct{}
	leave chan struct{}
}

func (h *holding) Take(ctx context.Context, records []schema.Record, quiet bool) ([]intake.Answer, error) {
	h.held <- struct{}{}
	<-h.leave
	return h.agent.Take(ctx, records, quiet)
}

// TestLongBodiesAtOnce: a hundred callers with the longest bodies get as many in
// as there is memory for. The others are asked to come later, what is small
// passes, and when those are answered there is room again.
func TestLongBodiesAtOnce(t *testing.T) {
	const all = 100
	dir, h := long(t), &holding{held: make(chan struct{}, all), leave: make(chan struct{})}
	leave := sync.OnceFunc(func() { close(h.leave) })
	serve(t, dir, h)
	t.Cleanup(leave) // before the server stops
	body, turned := largest(), make(chan *http.Response, all)
	var askers []*asker
	for range all {
		askers = append(askers, newAsker(t, dir))
	}
	var wg sync.WaitGroup
	for _, k := range askers {
		wg.Go(func() {
			resp, _ := k.ask(http.MethodPost, "/v1/records", body)
			turned <- resp
		})
	}
	for range all - local.MaxRoom/local.MaxBody {
		checkLater(t, await(t, turned), http.StatusServiceUnavailable)
	}
	for range local.MaxRoom / local.MaxBody {
		await(t, h.held)
	}
	small := newAsker(t, dir)
	if resp, text := small.ask(http.MethodPost, "/v1/never", []byte(`{"values":["4711"]}`)); resp.StatusCode != http.StatusOK {
		t.Errorf("a small request got %s %s", resp.Status, text)
	}
	if got := small.refused()["busy"]; got != all-local.MaxRoom/local.MaxBody {
		t.Errorf("%d counted", got)
	}
	leave()
	wg.Wait()
	for range local.MaxRoom / local.MaxBody {
		if resp := await(t, turned); resp.StatusCode != http.StatusOK {
			t.Errorf("one that was let in got %s", resp.Status)
		}
	}
	for end := time.Now().Add(patience); ; { // the room is given back just after the answer
		resp, _ := small.ask(http.MethodPost, "/v1/records", body)
		if resp.StatusCode == http.StatusOK {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s, and nobody else asks", resp.Status)
		}
	}
}

// TestTooManyConnections: of one process, and of all callers. Those that are
// there go on, and when one goes another may come.
func TestTooManyConnections(t *testing.T) {
	for name, c := range map[string]struct {
		dir  string
		most int
	}{
		"of one process": {short(t), local.MaxConnectionsOfOne},
		"of all":         {long(t), local.MaxConnections},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Contains(name, "process") && runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
				return // nobody says which process it is
			}
			serve(t, c.dir, new(agent))
			first := newAsker(t, c.dir)
			first.report("finder")
			var last *asker
			for range c.most - 1 {
				last = newAsker(t, c.dir)
			}
			resp, text := newAsker(t, c.dir).answer() // it is told before it asks
			checkLater(t, resp, http.StatusServiceUnavailable)
			if !strings.Contains(text, `"hint"`) {
				t.Errorf("it is told %q", text)
			}
			if got := first.refused()["connections"]; got != 1 {
				t.Errorf("%d counted", got)
			}
			_ = last.conn.Close() // so that there is room
			for end := time.Now().Add(patience); !admitted(t, c.dir); {
				if time.Now().After(end) {
					t.Fatal("one left, and none may come")
				}
			}
		})
	}
}

// admitted connects and says whether that is served.
func admitted(t *testing.T, dir string) bool {
	t.Helper()
	c, token := dial(t, dir)
	defer c.Close()
	_, err := fmt.Fprintf(c, "GET /v1/installation HTTP/1.1\r\nHost: tacit\r\nTacit-Token: %s\r\n\r\n", token)
	if err != nil {
		return false
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return false
	}
	_ = resp.Body.Close() // only the status matters
	return resp.StatusCode == http.StatusOK
}

// TestSlow: whoever does not send what he announced is cut off, and told so
// where the headers were there.
func TestSlow(t *testing.T) {
	dir := short(t)
	within(t, dir, new(agent), local.Unbounded, local.Unbounded, 100*time.Millisecond)
	for name, sent := range map[string]string{
		"a body":     "POST /v1/records HTTP/1.1\r\nHost: tacit\r\nContent-Length: 100\r\n\r\n{",
		"long body":  "POST /v1/records HTTP/1.1\r\nHost: tacit\r\nContent-Length: 1000000\r\n\r\n{",
		"in pieces":  "POST /v1/records HTTP/1.1\r\nHost: tacit\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
		"no headers": "POST /v1/records HTTP/1.1\r\nHost: ta",
		"nothing":    "",
	} {
		k := newAsker(t, dir)
		if _, err := k.conn.Write([]byte(sent)); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(k.in)
		if err != nil || strings.Contains(sent, "\r\n\r\n") != strings.HasPrefix(string(got), "HTTP/1.1 408 ") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if got := newAsker(t, dir).refused()["slow"]; got != 3 {
		t.Errorf("%d counted, want 3", got)
	}
}

// TestTorn: a body that ends before its announced length is refused whole.
func TestTorn(t *testing.T) {
	dir, a := short(t), new(agent)
	serve(t, dir, a)
	for name, sent := range map[string]string{
		"by length": "Content-Length: 100\r\n\r\n{\"records\":[]}",
		"in pieces": "Transfer-Encoding: chunked\r\n\r\ne\r\n{\"records\":[]}\r\n",
	} {
		k := newAsker(t, dir)
		if _, err := k.conn.Write([]byte("POST /v1/records HTTP/1.1\r\nHost: tacit\r\n" + sent)); err != nil {
			t.Fatal(err)
		}
		if u, ok := k.conn.(*net.UnixConn); ok {
			if err := u.CloseWrite(); err != nil {
				t.Fatal(err)
			}
		}
		if resp, text := k.answer(); resp.StatusCode != http.StatusBadRequest || !strings.Contains(text, "ended early") {
			t.Errorf("%s: %s %s", name, resp.Status, text)
		}
	}
	if a.took != nil {
		t.Error("the agent was asked all the same")
	}
}

// TestAnswersBeforeAllIsWanted: whoever sends all of a body before he looks at
// the answer sees the answer, also when nobody wants the body.
func TestAnswersBeforeAllIsWanted(t *testing.T) {
	for name, c := range map[string]struct {
		handler func(local.Agent) http.Handler
		length  int
		code    int
	}{
		"ten megabytes": {local.Handler, 10 << 20, http.StatusRequestEntityTooLarge},
		"no allowance":  {local.Spent, local.MaxBody, http.StatusTooManyRequests},
		"no room":       {local.Full, local.MaxBody, http.StatusServiceUnavailable},
	} {
		data := short(t)
		handle(t, listen(t, data), c.handler(new(agent)))
		resp, text := newAsker(t, filepath.Join(data, "run")).ask(http.MethodPost, "/v1/records", bytes.Repeat([]byte(" "), c.length))
		if resp.StatusCode != c.code || !strings.Contains(text, `"hint"`) {
			t.Errorf("%s: %s %s", name, resp.Status, text)
		}
	}
}

// TestPieces: a body whose length nobody announced.
func TestPieces(t *testing.T) {
	dir, a := short(t), new(agent)
	serve(t, dir, a)
	for _, length := range []int{100, 8 << 10, 8<<10 + 1, local.MaxBody, local.MaxBody + 1} {
		body := append([]byte(`{"records":[{"metric":"known","value":1}]}`), bytes.Repeat([]byte(" "), local.MaxBody+1)...)[:length]
		r, err := http.NewRequest(http.MethodPost, "http://tacit/v1/records", io.MultiReader(bytes.NewReader(body)))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := datadir.Client(dir, datadir.AgentSocket).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close() // only the status matters
		want := http.StatusOK
		if length > local.MaxBody {
			want = http.StatusRequestEntityTooLarge
		}
		if resp.StatusCode != want {
			t.Errorf("%d bytes: %s", length, resp.Status)
		}
	}
}
