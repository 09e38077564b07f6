package natsdial

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tacit-telemetry/tacit/internal/testhost"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestSilence: who dials is not held by a relay that greets and then says
// nothing.
func TestSilence(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // a test's
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if c, err := l.Accept(); err == nil {
			_, _ = c.Write([]byte("INFO {\"proto\":1,\"max_payload\":1048576}\r\n"))
			_, _ = c.Read(make([]byte, 1)) // the answer to the greeting: dialling is over
			cancel()
			_, _ = io.Copy(io.Discard, c) // until the other side hangs up
			_ = c.Close()
		}
	}()
	start := time.Now()
	_, _, err = Connect(ctx, Target{Address: l.Addr().String(), Name: "n", Inbox: "_INBOX.n"}, func() {})
	if !errors.Is(err, context.Canceled) || time.Since(start) > Timeout/2 {
		t.Errorf("%v after %v, want that it ends with the context", err, time.Since(start))
	}
	var dial *DialError
	if errors.As(err, &dial) {
		t.Errorf("%v is told as a failed dial", err)
	}
}

func TestNobodyThere(t *testing.T) {
	_, _, err := Connect(t.Context(), Target{Address: testhost.FreeAddress(t), Name: "n", Inbox: "_INBOX.n"}, func() {})
	var dial *DialError
	if !errors.As(err, &dial) {
		t.Errorf("%v, want a failed dial", err)
	}
}
