package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/config"
	"github.com/tacit-telemetry/tacit/internal/certificate"
)

// Default addresses, on loopback.
var (
	defaultConsole      = config.Address{Host: "127.0.0.1", Port: 8470}
	defaultListen       = config.Address{Host: "127.0.0.1", Port: defaultPort}
	defaultRelayMetrics = config.Address{Host: "127.0.0.1", Port: 8473}
	defaultStoreMetrics = config.Address{Host: "127.0.0.1", Port: 8474}
)

// defaultPort is where agents find the relay.
const defaultPort = 8472

// relaySettings is the configuration file of a relay: of a site's, which has
// next, or of an edge's, which has stream.
type relaySettings struct {
	Data           string           // data directory; "": the system's
	Listen         config.Address   // for agents, or for sites; default 127.0.0.1:8472
	Addresses      []config.Address // the same as agents reach it; none: Listen
	TLS            config.Switch    // off is for loopback only; default on
	Certificate    string           // PEM file; "": an own one is made
	CertificateKey string           // PEM file; goes with Certificate
	Credential     config.Secret    // of the channel; "": one is made
	VendorKey      config.VendorKey // for the agents' file, and to check key lists; required with next
	Site           bool             // keeps a site's policy and has a console; always with next, but in the middle
	Middle         bool             // stands between other relays and next, and keeps no policy
	Console        config.Address   // default 127.0.0.1:8470
	ConsoleAgent   string           // data directory of this appliance's own agent; "": the system's
	Registry       []config.Path    // of the product, for the console; none: the base
	MaxConnections int              // 0: the relay's default
	Metrics        config.Optional  // health and counts, loopback only; default 127.0.0.1:8473

	Next struct {
		Relays      []config.URL            // required
		Fingerprint certificate.Fingerprint // zero: the system's roots and the host name
		Credential  config.Secret           // required
	}
	Stream struct {
		MaxSize         config.Size     // 0: the relay's default
		Groups          int             // of stores; 0: 1
		StoreCredential config.Secret   // "": one is made
		DeskCredential  config.Secret   // of engineers; "": one is made
		SiteCredentials []config.Secret // one a site, in place of Credential; none: all sites share that
	}
	Pool struct { // zero: the relay's defaults
		MinPeers            int
		MaxWait, FlushEvery time.Duration
	}
	Quota struct { // zero: the relay's defaults for agents, and far more for sites
		Envelopes int
		Bytes     config.Size
	}

	next, stream config.Section // whether the file has them
	file         string         // that they are from
}

// Where values come from.
const (
	fromVendor = "the vendor gives it, with the address of the edge"
	fromEdge   = "the edge prints it when it starts"
	pinForm    = "it is written as AB:CD:… with 32 bytes; "
)

func (s *relaySettings) keys() []config.Key {
	s.next.Keys = []config.Key{
		{Name: "relays", Into: &s.Next.Relays, Need: true},
		{Name: "fingerprint", Into: &s.Next.Fingerprint, Hint: pinForm + fromVendor + ", which prints it when it starts"},
		{Name: "credential", Into: &s.Next.Credential, Need: true, Hint: fromVendor + ", which prints where it lies"},
	}
	s.stream.Keys = []config.Key{
		{Name: "max_size", Into: &s.Stream.MaxSize},
		{Name: "groups", Into: &s.Stream.Groups},
		{Name: "store_credential", Into: &s.Stream.StoreCredential, Hint: "write one word of your own, or leave it out and one is made"},
		{Name: "desk_credential", Into: &s.Stream.DeskCredential, Hint: "write one word of your own, or leave it out and one is made"},
		{Name: "site_credentials", Into: &s.Stream.SiteCredentials, Hint: "write one word for each site, as [word, word], or leave it out"},
	}
	return append(s.ownKeys(), config.Key{Name: "next", Into: &s.next}, config.Key{Name: "stream", Into: &s.stream},
		config.Key{Name: "pool", Into: &config.Section{Keys: []config.Key{
			{Name: "min_peers", Into: &s.Pool.MinPeers}, {Name: "max_wait", Into: &s.Pool.MaxWait}, {Name: "flush_every", Into: &s.Pool.FlushEvery},
		}}},
		config.Key{Name: "quota", Into: &config.Section{Keys: []config.Key{
			{Name: "envelopes", Into: &s.Quota.Envelopes}, {Name: "bytes", Into: &s.Quota.Bytes},
		}}})
}

func (s *relaySettings) ownKeys() []config.Key {
	return []config.Key{
		{Name: "data", Into: &s.Data},
		{Name: "listen", Into: &s.Listen},
		{Name: "addresses", Into: &s.Addresses},
		{Name: "tls", Into: &s.TLS},
		{Name: "certificate", Into: &s.Certificate},
		{Name: "certificate_key", Into: &s.CertificateKey},
		{Name: "credential", Into: &s.Credential, Hint: "write one word of your own, or leave it out and one is made"},
		{Name: "vendor_key", Into: &s.VendorKey, Hint: "it has 64 hex digits; the vendor gives it, whose store prints it when it starts"},
		{Name: "site", Into: &s.Site},
		{Name: "middle", Into: &s.Middle},
		{Name: "console", Into: &s.Console},
		{Name: "console_agent", Into: &s.ConsoleAgent},
		{Name: "registry", Into: &s.Registry},
		{Name: "max_connections", Into: &s.MaxConnections},
		{Name: "metrics", Into: &s.Metrics},
	}
}

// readRelaySettings reads the file. Its errors have a hint and repeat no
// value.
func readRelaySettings(path string) (*relaySettings, error) {
	if path == "" {
		return nil, cli.WithHint(config.ErrNoFile, "tacit relay --config FILE; see site.yaml and edge.yaml beside the source of this command")
	}
	s := &relaySettings{Listen: defaultListen, TLS: true, Console: defaultConsole, Metrics: config.Optional{Address: defaultRelayMetrics}, file: path}
	if err := config.Read(path, s.keys()); err != nil {
		return nil, err
	}
	s.Site = s.Site || s.next.There && !s.Middle
	if len(s.Addresses) == 0 {
		s.Addresses = []config.Address{s.Listen}
	}
	for _, check := range []func() error{s.checkKind, s.checkAddresses, s.checkTLS, s.checkNumbers} {
		if err := check(); err != nil {
			return nil, config.In(path, err)
		}
	}
	return s, nil
}

func (s *relaySettings) checkKind() error {
	switch {
	case s.next.There && s.stream.There:
		return cli.WithHint(errors.New("next and stream are both there"), "a site has next, the vendor's edge has stream: remove the other")
	case !s.next.There && !s.stream.There:
		return cli.WithHint(errors.New("neither next nor stream is there"), "a site relay says with next where the edge is; the vendor's edge has stream")
	case s.Middle && (s.Site || !s.next.There):
		return cli.WithHint(errors.New("middle is true, and there is no next, or a site"), "a relay in the middle takes from relays and passes on to next; the site's policy is kept where its agents connect")
	case s.next.There && s.VendorKey == nil:
		return cli.WithHint(errors.New("vendor_key is missing"), "agents need it in their file; it has 64 hex digits, and the vendor gives it")
	case len(s.Registry) > 0 && !s.Site:
		return cli.WithHint(errors.New("registry is there, and no site"), "remove it here: the relay of a site shows in its console what may be collected, and no other looks inside")
	case s.Stream.StoreCredential != "" && s.Stream.StoreCredential == s.Credential:
		return cli.WithHint(errors.New("credential and stream.store_credential are the same"), "every agent knows the first: choose another for stores, or leave it out")
	}
	if c := s.Stream.DeskCredential; c != "" && (c == s.Credential || c == s.Stream.StoreCredential) {
		return cli.WithHint(errors.New("stream.desk_credential is the one of agents or stores"), "choose another for engineers, or leave it out")
	}
	return s.checkSites()
}

// checkSites refuses a site's credential that somebody else has too: it would
// count for both.
func (s *relaySettings) checkSites() error {
	seen := map[config.Secret]bool{s.Credential: true, s.Stream.StoreCredential: true, s.Stream.DeskCredential: true}
	for _, c := range s.Stream.SiteCredentials {
		if seen[c] {
			return cli.WithHint(errors.New("stream.site_credentials has a credential twice, or the one of the channel, the stores or the engineers"), "give each site a word of its own")
		}
		seen[c] = true
	}
	return nil
}

func (s *relaySettings) checkAddresses() error {
	for _, a := range s.Addresses {
		if s.Site && (a.Everywhere() || a.Port == 0) {
			return cli.WithHint(fmt.Errorf("listen on %s says nothing about where agents reach it", a),
				"add addresses: [relay.example.com:8472], with the names or addresses by which endpoints find this machine")
		}
	}
	return checkMetrics(s.Metrics)
}

// checkMetrics refuses to show health and counts to other hosts.
func checkMetrics(m config.Optional) error {
	if !m.Off && !m.Loopback() {
		return cli.WithHint(errors.New("metrics is not on loopback"), "write metrics: 127.0.0.1:%d, or off; let a collector on this host pass them on", m.Port)
	}
	return nil
}

func (s *relaySettings) checkTLS() error {
	switch {
	case (s.Certificate == "") != (s.CertificateKey == ""):
		return cli.WithHint(errors.New("certificate and certificate_key go together"), "write both, or leave both out and an own certificate is made")
	case bool(s.TLS):
		return nil
	case s.Certificate != "":
		return cli.WithHint(errors.New("there is a certificate, and tls is off"), "remove one of the two")
	case !s.Listen.Loopback():
		return cli.WithHint(errors.New("tls is off and listen is not on loopback"), "remove tls: off; without TLS whoever is on the way would see who sends")
	case s.Site && !s.Console.Loopback():
		return cli.WithHint(errors.New("tls is off and console is not on loopback"), "remove tls: off, or write console: 127.0.0.1:%d", s.Console.Port)
	}
	return nil
}

func (s *relaySettings) checkNumbers() error {
	for _, n := range []struct {
		name  string
		value int64
	}{
		{"max_connections", int64(s.MaxConnections)}, {"stream.groups", int64(s.Stream.Groups)},
		{"pool.min_peers", int64(s.Pool.MinPeers)}, {"pool.max_wait", int64(s.Pool.MaxWait)}, {"pool.flush_every", int64(s.Pool.FlushEvery)},
		{"quota.envelopes", int64(s.Quota.Envelopes)},
	} {
		if n.value < 0 {
			return cli.WithHint(fmt.Errorf("%s is negative", n.name), "leave it out for the default")
		}
	}
	return nil
}
