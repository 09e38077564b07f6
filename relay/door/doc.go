// Package door lets agents in without learning who they are. It is the only
// importer of nats-server, which it embeds.
//
// The embedded server does not listen. The door's own listener (TLS 1.3)
// accepts a connection and copies its bytes into an in-process connection of
// the server, both ways. So no address reaches the server's log, connection
// list, system events or advisories, and the door itself writes none down.
//
// There are two accounts. In "agents", without JetStream, every outside
// connection is a throw-away user: it drew a random name, shows the channel's
// shared credential, and may publish tacit.put and tacit.get.*, and subscribe
// tacit.policy and the inboxes below its own name, nothing else. A name that
// is up is refused to a second connection, and a connection keeps the name it
// came with. In "edge", with JetStream, are the relay's own parts and the
// store, each with a secret that lives and dies with this process and that no
// outside connection can use.
//
// Bounds: MaxConns connections, one more is closed at once and counted; a
// handshake and the NATS greeting each have a few seconds; a client that does
// not read is cut off. What a stream may store is the stream's own bound; when
// it is reached the server says so to whoever publishes.
package door

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"
)

// ErrPortInUse says that another process listens on the address. Stop it, or
// listen on port 0 to get a free port.
var ErrPortInUse = errors.New("the port is in use")

// ErrStopped is returned by calls on a door that is not started, or stopped.
var ErrStopped = errors.New("the door is not open")

// Config says where a door is and who may come in.
type Config struct {
	StreamDir  string         // directory of JetStream's files, for its owner only; required
	Listen     netip.AddrPort // where agents connect to; port 0 gives a free one; required
	TLS        *tls.Config    // with a certificate; nil: plain, on loopback only
	Credential string         // what agents show; required
	MaxConns   int            // outside connections at a time; 0: 10,000
	Logger     *slog.Logger   // nil: nothing is logged
}

// Deadlines of an outside connection.
const (
	handshakeTimeout = 5 * time.Second  // TLS
	authTimeout      = 3 * time.Second  // from then to a valid NATS greeting
	writeTimeout     = 10 * time.Second // for the client to take what is sent
)

func (c Config) withDefaults() (Config, error) {
	switch {
	case c.StreamDir == "":
		return c, errors.New("make a door: no directory for the stream: set one")
	case c.Credential == "":
		return c, errors.New("make a door: no credential: set the one that the channel's agents show")
	case !c.Listen.IsValid():
		return c, errors.New("make a door: no address to listen on: set one such as 127.0.0.1:8472")
	case c.TLS == nil && !c.Listen.Addr().IsLoopback():
		return c, fmt.Errorf("make a door on %s: without TLS only loopback is allowed: set a certificate, or listen on 127.0.0.1", c.Listen)
	case c.TLS != nil && !hasCertificate(c.TLS):
		return c, fmt.Errorf("make a door on %s: TLS without a certificate: set one", c.Listen)
	}
	if c.TLS != nil {
		c.TLS = c.TLS.Clone()
		c.TLS.MinVersion = tls.VersionTLS13
	}
	if c.MaxConns == 0 {
		c.MaxConns = 10000
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

func hasCertificate(c *tls.Config) bool {
	return len(c.Certificates) > 0 || c.GetCertificate != nil || c.GetConfigForClient != nil
}
