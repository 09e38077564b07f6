package upload_test

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/internal/testhost"
)

// counter counts connections and, as a black hole, answers none.
func counter(t *testing.T) (url string, dials *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dials = new(atomic.Int32)
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			dials.Add(1)
			conns.Go(func() {
				_, _ = conn.Read(make([]byte, 1)) // until the other side hangs up
				_ = conn.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		conns.Wait()
	})
	return "nats://" + l.Addr().String(), dials
}

// TestOffNeverDials watches from outside.
func TestOffNeverDials(t *testing.T) {
	url, dials := counter(t)
	for name, change := range map[string]func(*upload.Config){
		"off": func(c *upload.Config) {
			c.MaySend = func() bool { return false }
			c.MayListen = c.MaySend
		},
		"the site is off": func(c *upload.Config) {
			c.MaySend = func() bool { return false }
			c.SiteOff = func() bool { return true }
		},
		"clock not set": func(c *upload.Config) { c.Now = func() time.Time { return time.Unix(0, 0) } },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, url, change)
			h.page()
			h.flush(upload.ErrHeld)
			h.pending(1)
		})
	}
	newHost(t, url).flush(nil) // there is nothing to send
	if n := dials.Load(); n != 0 {
		t.Errorf("%d dials", n)
	}
}

// TestBlackHole: a relay that takes the connection and says nothing holds up
// neither a refusal nor the end of the agent.
func TestBlackHole(t *testing.T) {
	for name, end := range map[string]func(h *host, cancel func()){
		"refused": func(h *host, _ func()) { h.on.Store(false); h.up.Hangup() },
		"stopped": func(_ *host, cancel func()) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			url, dials := counter(t)
			h := newHost(t, url)
			h.page()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ended := make(chan error, 1)
			go func() {
				_, err := h.up.Flush(ctx, true)
				ended <- err
			}()
			eventually(t, "a dial", func() bool { return dials.Load() > 0 })
			start := time.Now()
			end(h, cancel)
			if err := <-ended; err == nil {
				t.Error("the round ended well")
			}
			if took := time.Since(start); took > 3*time.Second { // the rest is for a busy machine; a dial may take 5
				t.Errorf("took %v, a second is promised", took)
			}
			h.pending(1)
		})
	}
}

func TestNobodyThere(t *testing.T) {
	h := newHost(t, "nats://"+testhost.FreeAddress(t))
	h.page()
	h.flush(upload.ErrNoRelay)
	h.pending(1)
}
