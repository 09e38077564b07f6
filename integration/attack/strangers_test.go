package attack

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// strangers do everything wrong that one can do at a door, and say in each of
// it where they come from, so that a log that repeats what strangers say is
// seen.
func strangers(t *testing.T, d *doorway, from caller) {
	noTLS(t, d, from)
	halfTLS(t, d, from)
	noNATS(t, d, from)
	wrongGuests(t, d, from)
	wrongEnvelopes(t, d, from)
}

// hangsUp waits until the relay ends a connection.
func hangsUp(t *testing.T, what string, c net.Conn) {
	t.Helper()
	if err := c.SetDeadline(time.Now().Add(rig.Patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s: the relay does not hang up", what)
	}
}

// noTLS says what is not TLS.
func noTLS(t *testing.T, d *doorway, from caller) {
	garbage := make([]byte, 4096)
	_, _ = rand.Read(garbage)
	for what, say := range map[string]string{
		"HTTP":    "GET /" + from.at + " HTTP/1.1\r\nHost: " + from.at + "\r\nX-Forwarded-For: " + from.at + "\r\n\r\n",
		"NATS":    "CONNECT {\"name\":\"" + from.at + "\"}\r\nPING\r\n",
		"PROXY":   "PROXY TCP4 " + from.at + " 127.0.0.1 4222 4222\r\n",
		"garbage": string(garbage) + from.at,
	} {
		c := d.plain(t, from)
		_, _ = io.WriteString(c, say) // it may have hung up
		hangsUp(t, what+" without TLS", c)
	}
	_ = d.plain(t, from).Close() // without a word
}

// firstWords collects what a TLS client says first, and goes no further.
type firstWords struct {
	net.Conn
	said bytes.Buffer
}

func (c *firstWords) Write(b []byte) (int, error) { return c.said.Write(b) }
func (c *firstWords) Read([]byte) (int, error)    { return 0, io.EOF }

// halfTLS begins TLS and does not end it.
func halfTLS(t *testing.T, d *doorway, from caller) {
	hello := &firstWords{}
	_ = tls.Client(hello, &tls.Config{ServerName: "a" + from.at + ".example"}).Handshake()
	all := hello.said.Bytes()
	for _, n := range []int{1, 5, len(all) / 2, len(all)} {
		c := d.plain(t, from)
		if _, err := c.Write(all[:n]); err != nil {
			t.Fatal(err)
		}
		_ = c.Close()
	}
	stays := d.plain(t, from)
	if _, err := stays.Write(all[:len(all)/2]); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hangsUp(t, "half a handshake", stays) }) // after some seconds
	for what, config := range map[string]*tls.Config{
		"TLS 1.2":            {InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12},
		"another protocol":   {InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10},
		"an untrusted relay": {ServerName: "relay.example"},
	} {
		if err := tls.Client(d.plain(t, from), config).HandshakeContext(t.Context()); err == nil {
			t.Errorf("%s: a handshake with %s succeeds", d.name, what)
		}
	}
}

// noNATS says over TLS what is not NATS, or what no agent may.
func noNATS(t *testing.T, d *doorway, from caller) {
	_ = openLine(t, d, from).conn.Close() // without a word
	for what, say := range map[string]string{
		"SMTP":                  "HELO " + from.at + "\r\nMAIL FROM: <a@" + from.at + ">\r\n",
		"another relay":         "RS+ ACC " + from.at + " 1\r\n",
		"a leaf":                "LS+ " + from.at + "\r\n",
		"no credential":         "CONNECT {\"verbose\":false,\"name\":\"" + from.at + "\"}\r\nPING\r\n",
		"no JSON":               "CONNECT {" + from.at + "\r\n",
		"an endless line":       "SUB " + strings.Repeat(from.at+".", 1000) + " 1\r\n",
		"a put before CONNECT":  "PUB tacit.put " + from.at + " 2\r\nhi\r\n",
		"more than is allowed":  "CONNECT " + greeting(rand.Text(), d.credential) + "\r\nPUB tacit.put " + fmt.Sprint(1<<20+1) + "\r\n" + from.at,
		"a negative size":       "CONNECT " + greeting(rand.Text(), d.credential) + "\r\nPUB tacit.put -1\r\n",
		"what nobody may":       "CONNECT " + greeting(rand.Text(), d.credential) + "\r\nSUB " + from.at + " 1\r\nPUB " + from.at + " 2\r\nhi\r\nHELO\r\n",
		"headers without a lid": "CONNECT " + greeting(rand.Text(), d.credential) + "\r\nHPUB tacit.put 9999 4\r\nhihi\r\n",
	} {
		l := openLine(t, d, from)
		l.say("%s", say)
		if said := l.rest(); strings.Contains(said, "PONG") {
			t.Errorf("%s: %s is answered with %q", d.name, what, said)
		}
	}
}

// wrongGuests come in with a wrong credential, or a name that is none, or go
// beyond their rights.
func wrongGuests(t *testing.T, d *doorway, from caller) {
	for _, g := range []struct{ name, credential string }{
		{rand.Text(), from.at}, {rand.Text(), ""}, {from.at, d.credential}, {"from-" + from.at + "-" + rand.Text(), d.credential},
	} {
		if _, err := d.enter(t, from, g.name, g.credential, nats.Name(from.at)); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("%s: let in with the name %q and the credential %q: %v", d.name, g.name, g.credential, err)
		}
	}
	c, _ := d.guest(t, from, d.credential, nats.Name(from.at))
	_, _ = c.Subscribe(from.at+".>", func(*nats.Msg) {})
	for _, subject := range []string{from.at, "$SYS.REQ." + from.at, "tacit.get." + strings.ReplaceAll(from.at, ".", "-"), "tacit.put"} {
		m := &nats.Msg{Subject: subject, Reply: "_INBOX." + from.at, Data: []byte(from.at), Header: nats.Header{"From": {from.at}}}
		_ = c.PublishMsg(m) // the relay says whether it may
	}
	if err := c.FlushTimeout(rig.Patience); err != nil {
		t.Errorf("%s: %v", d.name, err)
	}
}

// wrongEnvelopes puts what is no envelope, and more than its share.
func wrongEnvelopes(t *testing.T, d *doorway, from caller) {
	c, _ := d.guest(t, from, d.credential)
	for what, data := range map[string][]byte{
		"nothing": nil, "a text": []byte(from.at), "an envelope cut short": envelopeWith(from.at)[:500],
		"70 KiB": make([]byte, 70<<10), "1 MiB": bytes.Repeat([]byte(from.at), 1<<20/len(from.at)),
	} {
		if m, err := c.Request("tacit.put", data, rig.Patience); err != nil || !bytes.Equal(m.Data, reseal) {
			t.Errorf("%s: a put of %s is answered %v, %v", d.name, what, m, err)
		}
	}
	for n := range 65 { // one more than a connection may on one day, at a site
		m, err := c.Request("tacit.put", envelopeWith(""), rig.Patience)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(m.Data, queued) && !(d.name == siteName && n == 64 && bytes.HasPrefix(m.Data, later)) {
			t.Fatalf("%s: put %d is answered %x", d.name, n, m.Data)
		}
	}
}
