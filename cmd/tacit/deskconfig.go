package main

import (
	"errors"
	"path/filepath"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/config"
	"github.com/tacit-telemetry/tacit/internal/datadir"
)

// deskSettings is the configuration file of a desk.
type deskSettings struct {
	Data           string         // the store's data directory; "": the system's
	Listen         config.Address // default 127.0.0.1:8471
	Certificate    string         // PEM file; needed where Listen is not loopback
	CertificateKey string         // PEM file; goes with Certificate
	Issues         string         // the vendor's file of known issues; "": none

	file string // that they are from
}

func (s *deskSettings) keys() []config.Key {
	return []config.Key{
		{Name: "data", Into: &s.Data},
		{Name: "listen", Into: &s.Listen},
		{Name: "certificate", Into: &s.Certificate},
		{Name: "certificate_key", Into: &s.CertificateKey},
		{Name: "issues", Into: &s.Issues},
	}
}

// readDeskSettings reads the file. Its errors have a hint and repeat no value.
func readDeskSettings(path string) (*deskSettings, error) {
	if path == "" {
		return nil, cli.WithHint(config.ErrNoFile, "tacit desk --config FILE; see desk.yaml beside the source of this command")
	}
	s := &deskSettings{Listen: defaultDesk, file: path}
	if err := config.Read(path, s.keys()); err != nil {
		return nil, err
	}
	return s, config.In(path, s.check())
}

// check wants TLS wherever somebody may be on the way.
func (s *deskSettings) check() error {
	switch {
	case (s.Certificate == "") != (s.CertificateKey == ""):
		return cli.WithHint(errors.New("certificate and certificate_key go together"), "write both, or leave both out where the desk listens on loopback")
	case !s.Listen.Loopback() && s.Certificate == "":
		return cli.WithHint(errors.New("listen is not on loopback, and there is no certificate"),
			"name a certificate that the engineers' browsers know, and its key; or write listen: 127.0.0.1:%d", s.Listen.Port)
	}
	return nil
}

// url is where a browser finds a desk with these settings.
func (s *deskSettings) url() string {
	if s.Certificate != "" {
		return "https://" + s.Listen.String() + "/"
	}
	return "http://" + s.Listen.String() + "/"
}

// checkDesk says what a desk with that file would contact, which is nobody, and
// where it would listen.
func checkDesk(env *cli.Env, file string) (config.Report, error) {
	s, err := readDeskSettings(file)
	if err != nil {
		return config.Report{}, err
	}
	if _, err := readIssues(s.Issues); err != nil {
		return config.Report{}, err
	}
	data := env.DataOr(s.Data)
	return config.Report{
		File: file, Data: string(data), Contacts: []config.Contact{},
		Listens: []config.Listen{{What: "the desk" + withTLS(s.Certificate != ""), Where: s.Listen.String(), Who: "engineers with an account"}},
		Notes: []string{
			"it asks the store that runs on this machine, over " + socketOf(data) + ", and runs as the store's user",
			"an ID that is typed is in this process's memory while its history is open, and in no other's",
		},
	}, nil
}

// socketOf is where the store of a data directory answers.
func socketOf(data datadir.Dir) string {
	return filepath.Join(data.Run(), datadir.StoreSocket+".sock")
}
