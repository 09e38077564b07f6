package main

import (
	"crypto/ed25519"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/agent/otlp"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/config"
	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/internal/datadir"
)

// settings is the agent's configuration file: the same for every host of a
// site. Nothing in it is per host.
type settings struct {
	Data        string                  // data directory; "": the system's
	Relays      []config.URL            // of the site; required
	Fingerprint certificate.Fingerprint // of the relays' certificate; zero: the system's roots and the host name
	Credential  config.Secret           // the channel's, shared by all agents; required
	VendorKey   config.VendorKey        // required
	Registry    []config.Path           // of the products that report here; none: the base
	Grace       time.Duration           // from the first start to the first sending; default 24h
	Interval    time.Duration           // between gatherings; default 1h
	Window      time.Duration           // each envelope waits a random part of it; default 1h
	OTLP        config.Optional         // where OpenTelemetry is taken, on loopback; default off
}

const defaultGrace = 24 * time.Hour

// fromConsole is where a site's values come from.
const fromConsole = "download agent.yaml from the console of the site's relay, under Agent configuration"

func (s *settings) keys() []config.Key {
	return []config.Key{
		{Name: "data", Into: &s.Data},
		{Name: "relays", Into: &s.Relays, Need: true},
		{Name: "fingerprint", Into: &s.Fingerprint, Hint: "it is written as AB:CD:… with 32 bytes; " + fromConsole},
		{Name: "credential", Into: &s.Credential, Need: true, Hint: "it is the same for all hosts, and not the example's; " + fromConsole},
		{Name: "vendor_key", Into: &s.VendorKey, Need: true, Hint: "it has 64 hex digits; " + fromConsole},
		{Name: "registry", Into: &s.Registry},
		{Name: "grace", Into: &s.Grace},
		{Name: "interval", Into: &s.Interval},
		{Name: "window", Into: &s.Window},
		{Name: "otlp", Into: &s.OTLP},
	}
}

// readSettings reads the file. Its errors have a hint and repeat no value.
func readSettings(path string) (*settings, error) {
	if path == "" {
		return nil, cli.WithHint(config.ErrNoFile, "tacit-agent --config FILE runs the agent; tacit-agent --help lists the commands")
	}
	s := &settings{Grace: defaultGrace, OTLP: config.Optional{Off: true}}
	if err := config.Read(path, s.keys()); err != nil {
		return nil, err
	}
	if s.Grace < 0 || s.Interval < 0 || s.Window < 0 {
		return nil, config.In(path, cli.WithHint(errors.New("grace, interval or window is negative"), "write it as 24h or 30m"))
	}
	if !s.OTLP.Off && !s.OTLP.Loopback() {
		return nil, config.In(path, cli.WithHint(errors.New("otlp is not on loopback: other hosts could report through this one"), "write it as %s", otlp.DefaultAddress))
	}
	return s, nil
}

func (s *settings) vendor() ed25519.PublicKey { return ed25519.PublicKey(s.VendorKey) }

func check(env *cli.Env, file string) (config.Report, error) {
	s, err := readSettings(file)
	if err != nil {
		return config.Report{}, err
	}
	reg, _, err := config.Registry(s.Registry)
	if err != nil {
		return config.Report{}, err
	}
	r := s.report(file, env.DataOr(s.Data))
	if note := config.RegistryNote(reg, s.Registry); note != "" {
		r.Notes = append(r.Notes, note)
	}
	return r, nil
}

// report says what an agent with this file would contact, and where it would
// listen.
func (s *settings) report(path string, dir datadir.Dir) config.Report {
	pin := ""
	if !s.Fingerprint.IsZero() {
		pin = s.Fingerprint.String()
	}
	r := config.Report{
		File: path, Data: string(dir), Contacts: config.Contacts(s.Relays, pin),
		Listens: []config.Listen{{
			What: "the local API", Where: filepath.Join(dir.Run(), datadir.AgentSocket+".sock"), Who: "every user of this host",
		}},
	}
	if !s.OTLP.Off {
		r.Listens = append(r.Listens, config.Listen{What: "OpenTelemetry, OTLP over HTTP", Where: s.OTLP.String(), Who: "every user of this host"})
	}
	if len(s.Relays) > 1 {
		r.Notes = append(r.Notes, "one of these relays is used at a time, in random order")
	}
	if strings.HasPrefix(string(s.Relays[0]), "nats:") && pin != "" {
		r.Notes = append(r.Notes, "without TLS there is no certificate: the fingerprint is not looked at")
	}
	return r
}
