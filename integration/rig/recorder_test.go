package rig

import (
	"bytes"
	"io"
	"testing"
)

// TestRecorder: what was said both ways is there, apart, when it has arrived, and
// of envelopes the bytes alone, also when they look like the protocol.
func TestRecorder(t *testing.T) {
	r := NewRecorder(t, echo(t))
	c := dial(t, r.Address())
	send(t, c, conversation)
	if got := receive(t, c, len("127.0.0.1"+conversation)); got != "127.0.0.1"+conversation {
		t.Errorf("came back as %q", got)
	}
	if got := string(r.Recorded()); got != conversation+"127.0.0.1"+conversation {
		t.Errorf("recorded %q", got)
	}
	if got := r.Envelopes(t); len(got) != 1 || !bytes.Equal(got[0], []byte("PUB tacit.put x 3\r\n\x00\xff")) {
		t.Errorf("envelopes %q", got)
	}
	send(t, c, "PUB tacit.put _INBOX.a 9\r\nhalf")
	receive(t, c, len("PUB tacit.put _INBOX.a 9\r\nhalf"))
	if got := r.Envelopes(t); len(got) != 1 {
		t.Errorf("envelopes %q, one of which is being sent", got)
	}
	send(t, c, " of it\r\n")
	receive(t, c, len(" of it\r\n"))
	if got := r.Envelopes(t); len(got) != 2 || string(got[1]) != "half of i" {
		t.Errorf("envelopes %q", got)
	}
	if _, err := io.ReadAll(dial(t, NewRecorder(t, "127.0.0.1:1").Address())); err != nil {
		t.Logf("where nobody listens a connection ends with %v", err)
	}
}
