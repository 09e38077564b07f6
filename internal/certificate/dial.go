package certificate

import (
	"context"
	"crypto/tls"
	"net"
	"time"
)

// defaultTimeout bounds a dial that nothing else bounds.
const defaultTimeout = 10 * time.Second

// Dialer dials TLS at once: what Dial returns has ended its handshake. It fits
// where nats.go takes a custom dialer; give that nats:// URLs then, and
// SkipHostLookup, so that the name which the certificate must have gets here.
//
// Timeout, of the embedded dialer, bounds connection and handshake together;
// zero means 10 s.
type Dialer struct {
	net.Dialer
	TLS *tls.Config // from [Client]; nil: plain TCP
}

// Dial implements nats.CustomDialer. It is DialContext without an end of its
// own.
func (d *Dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialContext connects and, when TLS is set, ends the handshake, before ctx or
// Timeout ends. The error of a handshake says what [Reason] does and wraps the
// cause; that of a connection is the system's, and names the address.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	timeout := d.Timeout
	if timeout == 0 {
		timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	raw, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil || d.TLS == nil {
		return raw, err
	}
	c := tls.Client(raw, d.named(address))
	if err := c.HandshakeContext(ctx); err != nil {
		_ = raw.Close() // the handshake's error matters
		return nil, &HandshakeError{err}
	}
	return c, nil
}

// named returns the configuration with the host name of the address, unless it
// has one.
func (d *Dialer) named(address string) *tls.Config {
	if d.TLS.ServerName != "" {
		return d.TLS
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	c := d.TLS.Clone()
	c.ServerName = host
	return c
}
