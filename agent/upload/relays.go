package upload

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"

	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/internal/natsguard"
)

// relay is one address to dial.
type relay struct {
	address string // host:port
	secure  bool   // TLS before the first byte
}

// parseRelays reads the URLs of relays. The error names the place in the list
// and not the address, so that it can be shown to any user of this host.
func parseRelays(urls []string) ([]relay, error) {
	out := make([]relay, len(urls))
	for i, s := range urls {
		u, err := url.Parse(s)
		if err != nil || u.Hostname() == "" || u.Port() == "" || u.Scheme != "tls" && u.Scheme != "nats" {
			return nil, fmt.Errorf("relay %d of %d is not the URL of a relay: write it as tls://host:port, or nats://127.0.0.1:port on one machine", i+1, len(urls))
		}
		out[i] = relay{address: u.Host, secure: u.Scheme == "tls"}
	}
	return out, nil
}

// dialer makes a dial, the TLS handshake and the greeting after it end with
// ctx; the library bounds them by time only.
type dialer struct {
	certificate.Dialer
	ctx    context.Context // of one dial
	keep   func() bool     // ends the watch over the connection
	raw    net.Conn        // below TLS
	failed error           // the library tells less
}

// Dial implements [nats.CustomDialer].
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	conn, err := d.DialContext(d.ctx, network, address)
	if err != nil {
		d.failed = err
		return nil, err
	}
	raw := conn
	if secure, ok := conn.(*tls.Conn); ok {
		raw = secure.NetConn()
	}
	d.raw, d.keep = raw, context.AfterFunc(d.ctx, func() { _ = raw.Close() }) // nobody uses it any more
	return natsguard.New(conn), nil
}

// release leaves the connection to the library.
func (d *dialer) release() {
	if d.keep != nil {
		d.keep()
	}
}
