package datadir_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
)

// serve answers with a word on the endpoint until the test ends, or until the
// returned function is called.
func serve(t *testing.T, dir, word string) (stop func()) {
	t.Helper()
	l, err := datadir.Listen(dir, datadir.AgentSocket, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	s := http.Server{Handler: l.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, word) }))}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	stop = func() {
		_ = s.Close() // closed twice is closed
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
		ended <- http.ErrServerClosed
	}
	t.Cleanup(stop)
	return stop
}

func ask(c *http.Client) (string, error) {
	resp, err := c.Get("http://tacit/")
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

func TestSocketAndLoopback(t *testing.T) {
	for name, dir := range map[string]string{"socket": short(t), "loopback": long(t)} {
		t.Run(name, func(t *testing.T) {
			client := datadir.Client(dir, datadir.AgentSocket)
			if _, err := ask(client); !datadir.NotRunning(err) {
				t.Errorf("before it runs: %v", err)
			}
			stop := serve(t, dir, "first")
			if got, err := ask(client); got != "first" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
			stop()
			if _, err := ask(client); !datadir.NotRunning(err) {
				t.Errorf("after it ran: %v", err)
			}
			serve(t, dir, "second") // on another port, with another token
			if got, err := ask(client); got != "second" || err != nil {
				t.Errorf("after a restart: %q, %v", got, err)
			}
		})
	}
}

func TestLongPathHasNoSocket(t *testing.T) {
	dir := long(t)
	serve(t, dir, "x")
	if _, err := os.Stat(filepath.Join(dir, "agent.door")); err != nil {
		t.Error(err)
	}
}

// TestStale starts where another process was killed: its names are still
// there, and nobody listens.
func TestStale(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no socket files there")
	}
	for name, leave := range map[string]func(t *testing.T, dir string){
		"socket": func(t *testing.T, dir string) {
			l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "agent.sock"), Net: "unix"})
			if err != nil {
				t.Fatal(err)
			}
			l.SetUnlinkOnClose(false)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		},
		// The directory was moved here from where no socket could be made.
		"token file": func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "agent.door"), []byte(`{"address":"127.0.0.1:1","token":"old"}`), 0o644); err != nil {
				t.Fatal(err)
			}
		},
		"a torn token file": func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "agent.door"), []byte(`{"addr`), 0o644); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := short(t)
			leave(t, dir)
			client := datadir.Client(dir, datadir.AgentSocket)
			if _, err := ask(client); err == nil {
				t.Fatal("a name without a listener answers")
			}
			serve(t, dir, "alive")
			if got, err := ask(client); got != "alive" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

// TestToken: on loopback, who cannot read the token file is nobody.
func TestToken(t *testing.T) {
	dir := long(t)
	serve(t, dir, "secret")
	b, err := os.ReadFile(filepath.Join(dir, "agent.door"))
	if err != nil {
		t.Fatal(err)
	}
	address := strings.Split(string(b), `"`)[3]
	for _, token := range []string{"", "wrong"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Tacit-Token", token)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close() // read to its end
		if err != nil || resp.StatusCode != http.StatusForbidden || strings.Contains(string(body), "secret") {
			t.Errorf("token %q: %s %q, %v", token, resp.Status, body, err)
		}
	}
}

func TestListenWithoutDirectory(t *testing.T) {
	for name, dir := range map[string]string{"socket": filepath.Join(short(t), "none"), "loopback": filepath.Join(long(t), "none")} {
		if _, err := datadir.Listen(dir, datadir.AgentSocket, 0o666); err == nil {
			t.Errorf("%s: listens in no directory", name)
		}
	}
}

func TestNotRunning(t *testing.T) {
	for _, err := range []error{nil, io.EOF, &net.OpError{Op: "read", Err: io.EOF}} {
		if datadir.NotRunning(err) {
			t.Errorf("%v says that nobody listens", err)
		}
	}
}

// TestDial: one request, written by hand, gets in as a Client's does.
func TestDial(t *testing.T) {
	for name, dir := range map[string]string{"socket": short(t), "loopback": long(t)} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://tacit/", nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := datadir.Dial(t.Context(), time.Minute, dir, datadir.AgentSocket, r.Header); !datadir.NotRunning(err) {
				t.Errorf("before it runs: %v", err)
			}
			serve(t, dir, "word")
			conn, err := datadir.Dial(t.Context(), time.Minute, dir, datadir.AgentSocket, r.Header)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := r.Write(conn); err != nil {
				t.Fatal(err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if b, err := io.ReadAll(resp.Body); string(b) != "word" || err != nil {
				t.Errorf("%s %q, %v", resp.Status, b, err)
			}
		})
	}
}

// TestOpened: each start of a listener has a time of its own.
func TestOpened(t *testing.T) {
	for name, dir := range map[string]string{"socket": short(t), "loopback": long(t)} {
		t.Run(name, func(t *testing.T) {
			if _, err := datadir.Opened(dir, datadir.AgentSocket); !datadir.NotRunning(err) {
				t.Errorf("before it runs: %v", err)
			}
			stop := serve(t, dir, "first")
			first, err := datadir.Opened(dir, datadir.AgentSocket)
			if again, _ := datadir.Opened(dir, datadir.AgentSocket); err != nil || !again.Equal(first) {
				t.Errorf("opened %v, then %v, %v", first, again, err)
			}
			stop()
			if _, err := datadir.Opened(dir, datadir.AgentSocket); !datadir.NotRunning(err) {
				t.Errorf("after it ran: %v", err)
			}
			for end := time.Now().Add(10 * time.Second); ; { // the clock of a file system is coarse
				stop := serve(t, dir, "second")
				second, err := datadir.Opened(dir, datadir.AgentSocket)
				if err != nil || time.Now().After(end) {
					t.Fatalf("opened again at %v as at %v, %v", second, first, err)
				}
				if !second.Equal(first) {
					return
				}
				stop()
			}
		})
	}
}
