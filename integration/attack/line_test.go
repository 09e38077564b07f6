package attack

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// line speaks the NATS protocol by hand, to say what no client would.
type line struct {
	t    testing.TB
	conn *tls.Conn
	in   *bufio.Reader
}

// openLine does the TLS handshake and hears the relay's greeting.
func openLine(t testing.TB, d *doorway, from caller) *line {
	t.Helper()
	c := d.secret(t, from)
	if err := c.SetDeadline(time.Now().Add(rig.Patience)); err != nil {
		t.Fatal(err)
	}
	l := &line{t: t, conn: c, in: bufio.NewReader(c)}
	l.until("INFO ")
	return l
}

// say says something. The relay may have hung up before the end of it.
func (l *line) say(format string, args ...any) { _, _ = fmt.Fprintf(l.conn, format, args...) }

// until reads lines until one begins with a word.
func (l *line) until(word string) string {
	l.t.Helper()
	for {
		text, err := l.in.ReadString('\n')
		if err != nil {
			l.t.Fatalf("the relay does not say %s: %v", word, err)
		}
		if strings.HasPrefix(text, word) {
			return text
		}
	}
}

// verdict reads until the relay hangs up or answers a PING.
func (l *line) verdict() (said string) {
	for {
		text, err := l.in.ReadString('\n')
		said += text
		if err != nil || strings.HasPrefix(text, "PONG") {
			return said
		}
	}
}

// rest reads until the relay hangs up, which it must.
func (l *line) rest() string {
	l.t.Helper()
	b, err := io.ReadAll(l.in)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		l.t.Errorf("the relay does not hang up; it said %q", b)
	}
	return string(b)
}
