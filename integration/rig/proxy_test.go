package rig

import (
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

// conversation is what a NATS client sends, with a payload that looks like more
// of it.
const conversation = "CONNECT {\"verbose\":false}\r\nPING\r\nSUB tacit.policy  1\r\n" +
	"PUB tacit.put _INBOX.a 21\r\nPUB tacit.put x 3\r\n\x00\xff\r\n" +
	"pub tacit.get.policy _INBOX.b 0\r\n\r\n" +
	"HPUB tacit.put _INBOX.c 12 15\r\nNATS/1.0\r\n\r\nabc\r\nPONG\r\nUNSUB 1\r\n"

func TestNATSReader(t *testing.T) {
	for _, c := range []struct {
		name, sent string
		want       string
	}{
		{"conversation", conversation, "tacit.put tacit.get.policy tacit.put"},
		{"TLS", "\x16\x03\x01\x02\x00PUB tacit.put 0\r\n", ""},
		{"HTTP", "GET / HTTP/1.1\r\nPUB tacit.put 0\r\n", ""},
		{"no size", "PUB tacit.put x\r\nPUB tacit.put 0\r\n\r\n", ""},
		{"negative size", "PUB tacit.put -9\r\nPUB tacit.put 0\r\n", ""},
		{"endless line", strings.Repeat("x", longestLine+1) + "\r\nPUB tacit.put 0\r\n", ""},
		{"half a message", "PUB tacit.put 100\r\nabc", "tacit.put"},
	} {
		for _, piece := range []int{1, 2, 7, len(c.sent)} {
			var got []string
			r := natsReader{published: func(subject string) { got = append(got, subject) }}
			for b := range slices.Chunk([]byte(c.sent), piece) {
				r.read(b)
			}
			if all := strings.Join(got, " "); all != c.want {
				t.Errorf("%s in pieces of %d: %q, want %q", c.name, piece, all, c.want)
			}
		}
	}
}

// TestProxy has a client talk to a server that echoes and says who called.
func TestProxy(t *testing.T) {
	server := echo(t)
	p := NewProxy(t, server, "127.0.7.1")
	c := dial(t, p.Address())
	if who := receive(t, c, len("127.0.7.1")); who != "127.0.7.1" {
		t.Errorf("the server is called from %s", who)
	}
	before := time.Now()
	send(t, c, conversation)
	if got := receive(t, c, len(conversation)); got != conversation {
		t.Errorf("came back as %q", got)
	}
	seen := p.Seen()
	if n, last := p.Puts(); n != 2 || last.Before(before) {
		t.Errorf("%d puts, the last at %v", n, last)
	}
	if got := slices.Sorted(maps.Keys(seen.Published)); fmt.Sprint(got) != "[tacit.get.policy tacit.put]" {
		t.Errorf("published on %v", got)
	}
	if seen.Connections != 1 || seen.Open != 1 || seen.Up != int64(len(conversation)) || seen.Down != seen.Up+int64(len("127.0.7.1")) {
		t.Errorf("counted %+v", seen)
	}
}

// TestProxyPause keeps everything back on connections that stay.
func TestProxyPause(t *testing.T) {
	p := NewProxy(t, echo(t), "")
	c := dial(t, p.Address())
	receive(t, c, len("127.0.0.1"))
	p.Pause()
	send(t, c, "PING\r\n")
	Eventually(t, "the proxy has what is to be kept back", func() bool { return p.Seen().Up > 0 })
	_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := c.Read(make([]byte, 9)); n > 0 || err == nil || p.Seen().Open != 1 {
		t.Errorf("during a pause %d bytes came, %v, %+v", n, err, p.Seen())
	}
	p.Mend()
	if got := receive(t, c, 6); got != "PING\r\n" {
		t.Errorf("after the pause came %q", got)
	}
}

// TestProxyCut ends connections and refuses new ones, also during a pause.
func TestProxyCut(t *testing.T) {
	p := NewProxy(t, echo(t), "")
	c := dial(t, p.Address())
	receive(t, c, len("127.0.0.1"))
	p.Pause()
	p.Cut()
	if _, err := io.ReadAll(dial(t, p.Address())); err != nil {
		t.Logf("a new connection ends with %v", err)
	}
	if n, err := c.Read(make([]byte, 1)); n > 0 || err == nil {
		t.Errorf("after the cut %d bytes came, %v", n, err)
	}
	Eventually(t, "no connection is left", func() bool { return p.Seen().Open == 0 })
	if n := p.Seen().Connections; n != 1 {
		t.Errorf("%d connections", n)
	}
	p.Mend()
	receive(t, dial(t, p.Address()), len("127.0.0.1"))
}

// echo runs a server that says who calls and echoes.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { // ends with its connection, which ends with the proxy
				defer c.Close()
				host, _, _ := net.SplitHostPort(c.RemoteAddr().String())
				_, _ = io.WriteString(c, host)
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-ended })
	return l.Addr().String()
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.DialTimeout("tcp", address, Patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func send(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, c net.Conn, n int) string {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(Patience))
	b := make([]byte, n)
	if _, err := io.ReadFull(c, b); err != nil {
		t.Fatalf("receive: %v", err)
	}
	return string(b)
}

func FuzzNATSReader(f *testing.F) {
	f.Add([]byte(conversation), 3)
	f.Add([]byte("PUB a 99999999999999999999\r\n"), 1)
	f.Fuzz(func(t *testing.T, sent []byte, piece int) {
		whole, pieces := 0, 0
		r := natsReader{published: func(string) { whole++ }}
		r.read(sent)
		r = natsReader{published: func(string) { pieces++ }}
		for b := range slices.Chunk(sent, max(1, piece%64)) {
			r.read(b)
		}
		if whole != pieces {
			t.Errorf("%d messages at once, %d in pieces of %d", whole, pieces, piece)
		}
	})
}
