package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/config"
	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/relay"
	"github.com/tacit-telemetry/tacit/relay/console"
	"github.com/tacit-telemetry/tacit/relay/forward"
	"github.com/tacit-telemetry/tacit/relay/gate"
)

// config returns the relay's configuration.
func (d *relayDaemon) config() relay.Config {
	s := d.settings
	c := relay.Config{
		Dir: d.data.Relay(), Listen: s.Listen.String(), Credential: d.channel.secret, VendorKey: ed25519.PublicKey(s.VendorKey),
		MinPeers: s.Pool.MinPeers, MaxWait: s.Pool.MaxWait, FlushEvery: s.Pool.FlushEvery,
		Quota:    s.quota(),
		MaxConns: s.MaxConnections, Logger: d.logger,
	}
	if d.certificate != nil {
		c.TLS = certificate.Server(*d.certificate)
	}
	if s.next.There {
		c.Next = &relay.Next{Relays: config.Strings(s.Next.Relays), Fingerprint: s.Next.Fingerprint, Credential: string(s.Next.Credential)}
	} else {
		c.Groups, c.MaxStore, c.StoreCredential = s.Stream.Groups, int64(s.Stream.MaxSize), d.stores.secret
		c.DeskCredential = d.desks.secret
		for _, one := range s.Stream.SiteCredentials {
			c.Sites = append(c.Sites, string(one))
		}
	}
	if s.Site {
		c.Site, c.Witness, c.Registry, c.Console = true, d.data.Witness("relay"), d.registry, d.console()
	}
	return c
}

// What a whole site may bring to an edge on one connection and day.
const (
	siteEnvelopes = 1_000_000
	siteBytes     = 4 << 30
)

// networkSites is how many sites' worth may come to an edge from one network.
const networkSites = 4

// quota is of one connection and day. Whoever connects to an edge brings what
// all endpoints of a site send, what their users ordered included. There a site's
// credential is bound to the same, however often it connects, and a network to
// what a few sites bring.
func (s *relaySettings) quota() gate.Quota {
	q := gate.Quota{Envelopes: s.Quota.Envelopes, Bytes: int64(s.Quota.Bytes)}
	if s.Site {
		return q
	}
	if q.Envelopes == 0 {
		q.Envelopes = siteEnvelopes
	}
	if q.Bytes == 0 {
		q.Bytes = siteBytes
	}
	q.User = q.Envelopes
	q.Site = gate.Sum{Envelopes: q.Envelopes, Bytes: q.Bytes}
	q.Network = gate.Sum{Envelopes: networkSites * q.Envelopes, Bytes: networkSites * q.Bytes}
	return q
}

func (d *relayDaemon) console() *relay.Console {
	s := d.settings
	own := datadir.System()
	if s.ConsoleAgent != "" {
		own = datadir.Dir(s.ConsoleAgent)
	}
	return &relay.Console{
		Listen: s.Console.String(), Agent: newOwnAgent(own), AgentFile: d.agentFile(),
		RecoverCommand: "tacit relay recover --config " + cli.Shown(s.file),
	}
}

// agentFile is the file that every agent of the site gets. Agents are told the
// fingerprint of an own certificate. One that an authority signed is renewed
// now and then, and agents check it as a browser does.
func (d *relayDaemon) agentFile() console.AgentFile {
	var f console.AgentFile // the rest is the relay's own
	scheme := "tls://"
	if d.certificate == nil {
		scheme = "nats://"
	} else if !d.settings.signed(*d.certificate) {
		f.Fingerprint = d.fingerprint()
	}
	for _, a := range d.settings.Addresses {
		f.Relays = append(f.Relays, scheme+a.String())
	}
	return f
}

// consoleURL is where a browser finds a console that listens on an address.
func (s *relaySettings) consoleURL(a config.Address) string {
	scheme := "http://"
	if s.consoleTLS() {
		scheme = "https://"
	}
	if a.Everywhere() {
		a.Host = s.Addresses[0].Host
	}
	return scheme + a.String() + "/"
}

// startRelay makes and starts a relay.
func startRelay(ctx context.Context, c relay.Config) (*relay.Relay, error) {
	r, err := relay.New(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := r.Start(ctx); err != nil {
		return nil, errors.Join(err, r.Stop(ctx))
	}
	return r, nil
}

// tell says in one line what runs where, and, while nobody has an account, how
// the first administrator gets one.
func (d *relayDaemon) tell() error {
	s, line := d.settings, startLine{name: "tacit relay"}
	line.add("listens on %s", d.relay.Addr())
	if d.certificate != nil {
		line.add("certificate %s", d.fingerprint())
	}
	for _, c := range []struct {
		of string
		credential
	}{{"credential", d.channel}, {"credential for stores", d.stores}, {"credential for engineers", d.desks}} {
		if c.file != "" {
			line.add("%s in %s", c.of, c.file)
		}
	}
	if d.health != nil {
		line.add("health http://%s/readyz", d.health.Addr())
	}
	if !s.Site {
		line.print(d.env)
		return nil
	}
	var at config.Address
	if err := at.UnmarshalText([]byte(d.relay.ConsoleAddr().String())); err != nil {
		return err
	}
	line.add("console %s", s.consoleURL(at))
	line.print(d.env)
	return d.tellSetup(s.consoleURL(at))
}

// tellSetup says, while nobody has an account, how the first administrator gets
// one. The code is in this line and in the console's own file, nowhere else.
func (d *relayDaemon) tellSetup(url string) error {
	code, err := d.relay.SetupCode()
	if err != nil || code == "" {
		return err
	}
	fmt.Fprintf(d.env.Err, "setup code %s: type it at %ssetup within an hour to become the first administrator\n", code, url)
	return nil
}

// notReady says in fixed words why envelopes cannot come in and go on, or "".
func (d *relayDaemon) notReady() string {
	err := d.relay.Ready()
	switch {
	case err == nil:
		return ""
	case d.settings.next.There, errors.Is(err, relay.ErrNotOpen), errors.Is(err, forward.ErrStreamFull), errors.Is(err, forward.ErrStreamSick):
		return err.Error() // of fixed words
	}
	return "the stream does not answer"
}
