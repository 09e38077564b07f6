package client_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/agent/client"
	"github.com/tacit-telemetry/tacit/agent/local"
)

// TestNever: an agent is told before it gets records, and told again when it
// has started again, also when nothing is reported.
func TestNever(t *testing.T) {
	dir := runDir(t)
	c := newClient(t, dir)
	if held := c.Never("zoe@example.com", "L-4711", "zoe@example.com"); held != 3 {
		t.Errorf("%d held, want all", held)
	}
	c.Flush(t.Context()) // no agent
	want := []string{"zoe@example.com", "L-4711"}
	for round := range 3 {
		a := new(taker)
		h := local.Handler(a)
		stop := serve(t, dir, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/records" && len(a.secrets()) == 0 {
				t.Error("records come before what must never leave")
			}
			h.ServeHTTP(w, r)
		}))
		if round < 2 {
			for range 2 {
				c.Counter("menu.used").Add(1)
				c.Flush(t.Context())
			}
			eventually(t, "the agent has the records", func() bool { return len(a.records()) == 2 })
		}
		// The goroutine looks too, so that an agent may be told twice.
		eventually(t, "the agent knows", func() bool { return len(a.secrets()) >= 2 && slices.Equal(a.secrets()[:2], want) })
		stop()
	}
}

func TestNeverIsBounded(t *testing.T) {
	c := newClient(t, runDir(t))
	if held := c.Never("", " ab ", strings.Repeat("x", 4<<10+1)); held != 0 {
		t.Errorf("%d held of values that the agent does not take", held)
	}
	held := 0
	for i := range 2000 {
		held += c.Never(fmt.Sprintf("value %d", i))
	}
	if held != 1000 {
		t.Errorf("%d held, want 1000", held)
	}
	c, held = newClient(t, runDir(t)), 0
	for i := range 100 {
		held += c.Never(fmt.Sprintf("%d%s", i, strings.Repeat("x", 4000)))
	}
	if held != 32 {
		t.Errorf("%d long values held, want 128 KiB of them", held)
	}
}

// TestNeverFailsClosed: records do not go to an agent that could not be told.
func TestNeverFailsClosed(t *testing.T) {
	dir, a := runDir(t), new(taker)
	h := local.Handler(a)
	serve(t, dir, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/never" {
			http.Error(w, "no", http.StatusServiceUnavailable)
			return
		}
		h.ServeHTTP(w, r)
	}))
	c := client.New(config(dir))
	defer c.Close()
	c.Never("zoe@example.com")
	c.Counter("menu.used").Add(1)
	c.Flush(t.Context())
	if len(a.records()) != 0 || c.Dropped() != 1 {
		t.Errorf("%d taken, %d dropped", len(a.records()), c.Dropped())
	}
}
