package natsdial

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
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

// TestUnsentIsTakenBack: what a relay did not take, because its network stood
// still, does not reach it after the connection was closed.
func TestUnsentIsTakenBack(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // a test's
	accepted := make(chan net.Conn, 1)
	go func() {
		defer close(accepted)
		c, err := l.Accept()
		if err != nil {
			return
		}
		_ = c.(*net.TCPConn).SetReadBuffer(4 << 10) // so that little is on its way
		_, _ = c.Write([]byte("INFO {\"proto\":1,\"max_payload\":1048576}\r\n"))
		r := bufio.NewReader(c)
		for line := ""; !strings.HasPrefix(line, "PING"); {
			if line, err = r.ReadString('\n'); err != nil {
				return
			}
		}
		_, _ = c.Write([]byte("PONG\r\n"))
		accepted <- c // and reads no more
	}()
	conn, raw, err := Connect(t.Context(), Target{Address: l.Addr().String(), Name: "n", Inbox: "_INBOX.n"}, func() {})
	if err != nil {
		t.Fatal(err)
	}
	relay := <-accepted
	defer relay.Close() //nolint:errcheck // a test's
	written := fill(t, raw)
	_ = raw.Close()
	conn.Close()
	got, _ := io.Copy(io.Discard, relay) // a reset may be its end
	if got >= int64(written) {
		t.Errorf("all %d bytes arrived after the connection was closed", written)
	}
}

// fill writes until nothing more is taken, and returns how much was.
func fill(t *testing.T, c net.Conn) (written int) {
	t.Helper()
	for {
		if err := c.SetWriteDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		n, err := c.Write(make([]byte, 64<<10))
		written += n
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return written
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
