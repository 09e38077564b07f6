package upload_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
)

// TestImpossibleMessage: a relay that announces a message longer than there is
// memory costs its connection, and not the agent.
func TestImpossibleMessage(t *testing.T) {
	for _, length := range []string{"1000000000000", "9223372036854775807"} {
		h := newHost(t, announcer(t, length))
		h.fragment()
		if _, err := h.up.Flush(t.Context(), true); err == nil {
			t.Errorf("%s bytes: the round ended well", length)
		}
		eventually(t, "the connection ends", func() bool { return !h.up.Connected() })
		h.pending(1)
	}
}

// announcer greets as a relay does, and answers the first subscription with the
// head of a message. It returns its URL.
func announcer(t *testing.T, length string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			announce(c, length)
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return "nats://" + l.Addr().String()
}

func announce(c net.Conn, length string) {
	defer c.Close()
	fmt.Fprint(c, "INFO {\"server_id\":\"a\",\"version\":\"2.14.9\",\"proto\":1,\"max_payload\":1048576}\r\n")
	r := bufio.NewReader(c)
	for {
		line, err := r.ReadString('\n')
		switch {
		case err != nil:
			return
		case strings.HasPrefix(line, "PING"):
			_, _ = io.WriteString(c, "PONG\r\n")
		case strings.HasPrefix(line, "SUB"):
			fmt.Fprintf(c, "MSG tacit.policy 1 %s\r\nabc", length)
		}
	}
}
