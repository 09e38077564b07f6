package relay

import (
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/relay/console"
	"github.com/tacit-telemetry/tacit/relay/gate"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Config says what a relay is.
type Config struct {
	Dir        string           // the relay's own directory, for its owner only: Dir/stream, Dir/policy, Dir/console, Dir/keylist; required
	Listen     string           // host:port for agents, port 0 gives a free one; required
	TLS        *tls.Config      // with a certificate; nil: plain, which is allowed on loopback only
	Credential string           // the channel's, which agents show; required
	Sites      []string         // credentials that sites show in place of it, one each, so that each counts by itself; nil: none
	MinPeers   int              // K: connections that must have contributed before the pool leaves; 0: 8
	MaxWait    time.Duration    // T: what waited this long leaves anyway; 0: 10 min
	FlushEvery time.Duration    // mean of the random time between flushes; 0: 1 min
	Quota      gate.Quota       // of one connection and day; zero: 64 envelopes, 2 MiB, 80 at the user's request
	MaxConns   int              // agents' connections at a time; 0: 10,000
	Logger     *slog.Logger     // nil: nothing is logged
	Now        func() time.Time // decides which day a quota is for, and stamps the policy; nil: time.Now

	// KeyList is signed, and is served from the start unless Dir/keylist has a
	// newer one. nil: the kept one; while there is none, askers are told so at
	// once. VendorKey is whose signature a list must have; nil: any list of
	// right form is served, and agents alone check it.
	KeyList   []byte
	VendorKey ed25519.PublicKey

	// Site says that this relay keeps its site's policy, in Dir/policy and the
	// file Witness, which lies outside Dir and is required then. The registry
	// gives the policy's defaults; nil: [registry.Base]. Without Site the relay
	// tells no policy, and all pass.
	Site     bool
	Witness  string
	Registry *registry.Registry
	Console  *Console // the site's console; nil: none

	// Next is the relay that this one passes on to; nil: this relay is an edge
	// and has the stream, to which the rest belongs.
	Next            *Next
	StoreCredential string // what a store in another process shows; "": none comes in
	DeskCredential  string // what engineers show who ask the stores; "": none comes in
	Groups          int    // of stores, 1 to 64; 0: 1
	MaxStore        int64  // bytes of the stream, at least 16 MiB; 0: 1 GiB, or half of what the disk has for it if that is less
}

// Next is where a relay passes on to.
type Next struct {
	Relays      []string                // URLs, tls://host:port or nats://host:port; required
	Fingerprint certificate.Fingerprint // of their certificate; zero: the system's roots and the host name decide
	Credential  string                  // of their channel; required
}

// Console is the site's console for its administrators.
type Console struct {
	Listen    string            // host:port, port 0 gives a free one; on loopback plain, elsewhere with the relay's TLS; required
	Agent     console.Agent     // this appliance's own; nil: none
	AgentFile console.AgentFile // what the downloaded file says; where relays, vendor key or credential are empty, this relay's own
	Simulated bool              // every page is marked as one of a simulated fleet

	RecoverCommand string // what to type here after a lost password; "": tacit relay recover --config FILE
}

// leastStore is the least that the stream needs for a few dozen crates.
const leastStore = 16 << 20

// streamDir returns where the stream lives; "" when there is none here.
func (c Config) streamDir() string {
	if c.Next != nil {
		return ""
	}
	return filepath.Join(c.Dir, "stream")
}

func (c Config) withDefaults() (Config, error) {
	switch {
	case c.Dir == "":
		return c, errors.New("make a relay: no directory: set one that only the relay uses")
	case c.Groups < 0 || c.Groups > wire.Partitions:
		return c, fmt.Errorf("make a relay: %d groups of stores: set 1 to %d", c.Groups, wire.Partitions)
	case c.MinPeers < 0 || c.MaxWait < 0 || c.FlushEvery < 0 || c.MaxConns < 0:
		return c, errors.New("make a relay: a negative number of peers, connections, or time: leave it out for the default")
	case c.MaxStore != 0 && c.MaxStore < leastStore:
		return c, fmt.Errorf("make a relay: %d bytes for the stream: set at least %d, or leave it out for the default", c.MaxStore, leastStore)
	case c.VendorKey != nil && len(c.VendorKey) != ed25519.PublicKeySize:
		return c, fmt.Errorf("make a relay: a vendor key of %d bytes: set one of %d", len(c.VendorKey), ed25519.PublicKeySize)
	case c.Console != nil && !c.Site:
		return c, errors.New("make a relay: a console, and no policy of the site that it could show: keep the site's policy here, or take the console out")
	}
	if c.Registry == nil {
		c.Registry = registry.Base()
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, nil
}
