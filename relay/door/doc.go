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
// came with. In "edge", with JetStream where there is a stream, are the
// relay's own parts and the store, each with a secret that lives and dies with
// this process and that no outside connection can use. A store in a process of
// its own comes in by the same door: it draws a name too, shows the store's
// credential, and may do what a store inside may, and tell its key list. An engineer
// comes in beside the stores, with a credential for engineers: he may publish
// tacit.look.*, which stores subscribe, and hear the answers below his own name,
// nothing else. What he asks and hears is sealed, and who he is the stores decide.
//
// Where a connection comes from is known here only, as the prefix of a network
// (/24, /48), in memory and for as long as it lives. Quotas count by a number
// for it that is random and new every day.
//
// The stream's files are soft state. Files that the server cannot open, or has
// forgotten how to write after a full disk, are opened anew, or removed and
// begun anew (ReopenStream), without ending a connection; agents send again
// what was in them.
//
// Bounds: MaxConns connections, one more is closed at once and counted, and a
// few more for stores and 64 for engineers, which nobody else can take; those of one network that have
// not greeted yet, an eighth of MaxConns and at least 64; a handshake and the NATS
// greeting each have a few seconds; a client that does not read is cut off. An
// idle connection costs about 45 KiB, with TLS 56 (BenchmarkIdle), and 24 KiB
// more once the server has told it something, until two garbage collections
// later: that is the frame of the server's flushOutbound, on the stack of each
// connection's writer. Plan for 75 KiB, with TLS 95, and one open file. What a
// stream may store is the stream's own bound; when it is reached the server
// says so to whoever publishes.
//
// Whoever is refused is counted by the kind of refusal, and each kind is
// logged once a minute at most, without a word about who it was.
package door

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"time"
)

// ErrPortInUse says that another process listens on the address. Stop it, or
// listen on port 0 to get a free port.
var ErrPortInUse = errors.New("the port is in use")

// ErrStopped is returned by calls on a door that is not started, or stopped.
var ErrStopped = errors.New("the door is not open")

// Config says where a door is and who may come in.
type Config struct {
	StreamDir       string         // directory of JetStream's files, for its owner only; "": no stream, and nobody in the edge's account
	Listen          netip.AddrPort // where agents connect to; port 0 gives a free one; required
	TLS             *tls.Config    // with a certificate; nil: plain, on loopback only
	Credential      string         // what agents show; required
	SiteCredentials []string       // what agents may show too, one a site, so that each counts by itself; nil: none
	StoreCredential string         // what a store from outside shows; "": none comes in
	DeskCredential  string         // what engineers show; "": none comes in
	MaxConns        int            // agents' connections at a time; 0: 10,000
	Logger          *slog.Logger   // nil: nothing is logged
}

// Deadlines of an outside connection.
const (
	handshakeTimeout = 5 * time.Second  // TLS
	authTimeout      = 3 * time.Second  // from then to a valid NATS greeting
	writeTimeout     = 10 * time.Second // for the client to take what is sent
)

func (c Config) withDefaults() (Config, error) {
	switch {
	case c.Credential == "":
		return c, errors.New("make a door: no credential: set the one that the channel's agents show")
	case c.StoreCredential == c.Credential:
		return c, errors.New("make a door: agents and stores show the same credential, so that every agent could read the stream: set two different ones")
	case slices.Contains(c.SiteCredentials, ""), slices.Contains(c.SiteCredentials, c.Credential):
		return c, errors.New("make a door: a site's credential is empty, or the one that all share: give each site one of its own, or leave it out")
	case c.StoreCredential != "" && slices.Contains(c.SiteCredentials, c.StoreCredential):
		return c, errors.New("make a door: a site and the stores show the same credential: set two different ones")
	case c.StoreCredential != "" && c.StreamDir == "":
		return c, errors.New("make a door: a credential for stores, and no stream that they could read: take it out, or keep the stream here")
	case c.DeskCredential != "" && (c.DeskCredential == c.Credential || c.DeskCredential == c.StoreCredential || slices.Contains(c.SiteCredentials, c.DeskCredential)):
		return c, errors.New("make a door: engineers show the same credential as somebody else: set one of their own")
	case c.DeskCredential != "" && c.StreamDir == "":
		return c, errors.New("make a door: a credential for engineers, and no stores that they could ask: take it out, or keep the stream here")
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
		c.TLS.SessionTicketsDisabled = true // every connection is a stranger: nothing links two
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
