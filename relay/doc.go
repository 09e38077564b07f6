// Package relay assembles a relay: the hop that sees who sends and not what.
//
//	agents ─► door ─► gate ─► pool ─► forward ─► stream ─► store
//	       ◄───────────────────────── forward ◄─ replies ◄─┘
//
// It promises that no address and no throw-away name reaches a disk or a log,
// and that an envelope leaves mixed with those of other connections as far as
// the configuration and the traffic allow; what leaves otherwise is counted as
// thin. It promises no delivery: all but the stream is memory, and an agent
// keeps what it sent until the store's own reply. On an orderly stop it first
// passes on what it had said was queued.
//
// Full or down: a full pool, or a full stream behind it, makes the gate answer
// `later`; a stream that cannot be opened keeps the relay from starting; more
// connections than MaxConns are closed at once.
package relay

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"time"

	"github.com/tacit-telemetry/tacit/relay/door"
	"github.com/tacit-telemetry/tacit/relay/gate"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// ErrPortInUse says that another process listens on the address; see
// [door.ErrPortInUse].
var ErrPortInUse = door.ErrPortInUse

// Config says what a relay is.
type Config struct {
	Dir        string               // the relay's own directory, for its owner only; the stream lives in Dir/stream; required
	Listen     string               // host:port for agents, port 0 gives a free one; required
	TLS        *tls.Config          // with a certificate; nil: plain, which is allowed on loopback only
	Credential string               // the channel's, which agents show; required
	KeyList    []byte               // signed; served as it is; nil: askers are told at once that there is none
	Groups     int                  // of stores, 1 to 64; 0: 1
	MinPeers   int                  // K: connections that must have contributed before the pool leaves; 0: 8
	MaxWait    time.Duration        // T: what waited this long leaves anyway; 0: 10 min
	FlushEvery time.Duration        // mean of the random time between flushes; 0: 1 min
	Decide     func() gate.Decision // the site's decision, asked for every put; nil: on
	Quota      gate.Quota           // of one connection and day; zero: 64 envelopes, 2 MiB, 80 at the user's request
	MaxConns   int                  // agents' connections at a time; 0: 10,000
	MaxStore   int64                // bytes of the stream, at least 16 MiB; 0: 1 GiB, or half of what the disk has for it if that is less
	Logger     *slog.Logger         // nil: nothing is logged
	Now        func() time.Time     // decides which day a quota is for; nil: time.Now
}

// leastStore is the least that the stream needs for a few dozen crates.
const leastStore = 16 << 20

func (c Config) streamDir() string { return filepath.Join(c.Dir, "stream") }

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
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

// resolve returns the address to listen on. A name gives its first IPv4
// address.
func resolve(ctx context.Context, listen string) (netip.AddrPort, error) {
	host, service, err := net.SplitHostPort(listen)
	if err != nil || host == "" {
		return netip.AddrPort{}, fmt.Errorf("listen on %q: not host:port: set one such as 127.0.0.1:8472, or 0.0.0.0:8472 for all addresses", listen)
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("listen on %q: port %q: set a number up to 65535, or 0 for a free one", listen, service)
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return netip.AddrPortFrom(addr, uint16(port)), nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", host)
	if err != nil || len(addrs) == 0 {
		return netip.AddrPort{}, fmt.Errorf("listen on %q: host %q is not known here: set an address: %w", listen, host, err)
	}
	return netip.AddrPortFrom(addrs[0].Unmap(), uint16(port)), nil
}
