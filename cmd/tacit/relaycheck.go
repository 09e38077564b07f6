package main

import (
	"os"
	"path/filepath"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/config"
	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/internal/datadir"
)

// Who may call what listens.
const (
	forHost   = "whoever is on this host"
	forAgents = "whoever has the channel's credential"
)

func checkRelay(env *cli.Env, file string) (config.Report, error) {
	s, err := readRelaySettings(file)
	if err != nil {
		return config.Report{}, err
	}
	reg, _, err := config.Registry(s.Registry)
	if err != nil {
		return config.Report{}, err
	}
	r, err := s.report(env, file)
	if note := config.RegistryNote(reg, s.Registry); err == nil && note != "" {
		r.Notes = append(r.Notes, note)
	}
	return r, err
}

// report says what a relay with these settings would contact, and where it
// would listen.
func (s *relaySettings) report(env *cli.Env, path string) (config.Report, error) {
	shown, err := s.shownCertificate(env.DataOr(s.Data))
	if err != nil {
		return config.Report{}, config.In(path, err)
	}
	pin := ""
	if !s.Next.Fingerprint.IsZero() {
		pin = s.Next.Fingerprint.String()
	}
	r := config.Report{File: path, Data: string(env.DataOr(s.Data)), Contacts: config.Contacts(s.Next.Relays, pin)}
	door := "agents"
	switch {
	case s.Middle:
		door = "other relays"
	case s.stream.There && s.Site:
		door = "agents, and stores and engineers with credentials of their own"
	case s.stream.There:
		door = "site relays and agents, and stores and engineers with credentials of their own"
	}
	r.Listens = append(r.Listens, config.Listen{What: door + withTLS(bool(s.TLS)), Where: s.Listen.String(), Who: forAgents})
	if s.Site {
		r.Listens = append(r.Listens, config.Listen{
			What: "the console" + withTLS(s.consoleTLS()), Where: s.Console.String(), Who: "administrators with an account",
		})
	}
	if !s.Metrics.Off {
		r.Listens = append(r.Listens, config.Listen{What: "health and counts", Where: s.Metrics.String(), Who: forHost})
	}
	if shown != "" {
		r.Notes = append(r.Notes, "it shows the certificate "+shown)
	}
	if s.Site && s.VendorKey == nil {
		r.Notes = append(r.Notes, "without vendor_key the console cannot make the agents' file, and key lists are not checked here")
	}
	return r, nil
}

// shownCertificate returns the fingerprint of the certificate that the relay
// would show, "" without TLS and before the first start has made it.
func (s *relaySettings) shownCertificate(data datadir.Dir) (string, error) {
	file, key := s.Certificate, s.CertificateKey
	if file == "" {
		file, key = filepath.Join(tlsDir(data), certificate.CertificateFile), filepath.Join(tlsDir(data), certificate.KeyFile)
		if _, err := os.Stat(file); err != nil || !bool(s.TLS) {
			return "", nil
		}
	}
	c, err := certificate.Load(file, key)
	if err != nil {
		return "", err
	}
	return certificate.Of(c).String(), nil
}

// consoleTLS says whether the console is served over TLS: everywhere but on
// loopback, where browsers would complain about an own certificate and nobody
// is on the way.
func (s *relaySettings) consoleTLS() bool { return !s.Console.Loopback() }

func withTLS(on bool) string {
	if on {
		return ", TLS"
	}
	return ", without TLS"
}
