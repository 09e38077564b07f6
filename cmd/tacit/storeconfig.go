package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/config"
	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/store"
	"github.com/tacit-telemetry/tacit/store/registries"
)

// storeSettings is the configuration file of a store.
type storeSettings struct {
	Data          string                  // data directory; "": the system's
	Keys          string                  // directory of the secrets, apart from Data; required
	Passphrase    string                  // file with the passphrase of the secrets; "": they are plain
	Relays        []config.URL            // of the edge; required
	Fingerprint   certificate.Fingerprint // of the edge's certificate; zero: the system's roots and the host name
	Credential    config.Secret           // for stores; required
	Engineers     config.Secret           // the edge's word for engineers, which goes into their credentials; "": none can be made
	Group         int                     // of stores that this one belongs to; 0: the first
	RetentionDays int                     // of pages; 0: 90
	Registries    [][]config.Path         // the files of each release of the vendor's registry; none: those that it was given before
	Metrics       config.Optional         // health and counts, loopback only; default 127.0.0.1:8474
}

func (s *storeSettings) keys() []config.Key {
	return []config.Key{
		{Name: "data", Into: &s.Data},
		{Name: "keys", Into: &s.Keys, Need: true, Hint: "name a directory of its own, outside the data, so that no backup takes both along"},
		{Name: "passphrase_file", Into: &s.Passphrase},
		{Name: "relays", Into: &s.Relays, Need: true},
		{Name: "fingerprint", Into: &s.Fingerprint, Hint: pinForm + fromEdge},
		{Name: "credential", Into: &s.Credential, Need: true, Hint: "take the one for stores: the edge prints where it lies"},
		{Name: "desk_credential", Into: &s.Engineers, Hint: "take the one for engineers: the edge prints where it lies"},
		{Name: "group", Into: &s.Group},
		{Name: "retention_days", Into: &s.RetentionDays},
		{Name: "registries", Into: &s.Registries},
		{Name: "metrics", Into: &s.Metrics},
	}
}

// readStoreSettings reads the file. Its errors have a hint and repeat no
// value.
func readStoreSettings(env *cli.Env, path string) (*storeSettings, error) {
	if path == "" {
		return nil, cli.WithHint(config.ErrNoFile, "tacit store --config FILE; see store.yaml beside the source of this command")
	}
	s := &storeSettings{Metrics: config.Optional{Address: defaultStoreMetrics}}
	if err := config.Read(path, s.keys()); err != nil {
		return nil, err
	}
	return s, config.In(path, s.check(env.DataOr(s.Data)))
}

func (s *storeSettings) check(data datadir.Dir) error {
	switch {
	case s.Group < 0:
		return cli.WithHint(errors.New("group is negative"), "leave it out for the first group")
	case s.RetentionDays < 0 || s.RetentionDays > store.MaxRetentionDays:
		return cli.WithHint(fmt.Errorf("retention_days is not between 1 and %d", store.MaxRetentionDays), "leave it out for 90")
	case within(string(data), s.Keys) || within(s.Keys, string(data)):
		return cli.WithHint(errors.New("keys and data lie one within the other"),
			"give the keys a directory of their own beside the data: what copies one must not take the other along")
	}
	if s.Passphrase != "" && (within(s.Keys, s.Passphrase) || within(string(data), s.Passphrase)) {
		return cli.WithHint(errors.New("passphrase_file lies within keys or data"),
			"put it elsewhere: whoever copies the secrets must not take along what opens them")
	}
	return checkMetrics(s.Metrics)
}

// within says whether path is dir, or below it, links followed.
func within(dir, path string) bool {
	rel, err := filepath.Rel(resolved(dir), resolved(path))
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// resolved follows the links of as much of the path as is there.
func resolved(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = filepath.Clean(path)
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real
	}
	if parent := filepath.Dir(abs); parent != abs {
		return filepath.Join(resolved(parent), filepath.Base(abs))
	}
	return abs
}

func checkStore(env *cli.Env, file string) (config.Report, error) {
	s, err := readStoreSettings(env, file)
	if err != nil {
		return config.Report{}, err
	}
	given, err := readReleases(s.Registries)
	if err != nil {
		return config.Report{}, err
	}
	r := s.report(env, file)
	for i, one := range given {
		// What only the store's own user can read is looked at when it starts.
		if err := registries.Check(env.DataOr(s.Data).Store(), one.files...); errors.Is(err, registries.ErrChanged) {
			return r, explainRegistries(err)
		}
		r.Notes = append(r.Notes, config.RegistryNote(one.Registry, s.Registries[i]))
	}
	return r, nil
}

// report says what a store with these settings would contact, and where it
// would listen.
func (s *storeSettings) report(env *cli.Env, path string) config.Report {
	pin := ""
	if !s.Fingerprint.IsZero() {
		pin = s.Fingerprint.String()
	}
	dir := env.DataOr(s.Data)
	r := config.Report{
		File: path, Data: string(dir), Contacts: config.Contacts(s.Relays, pin),
		Listens: []config.Listen{{
			What: "lookups", Where: socketOf(dir), Who: "the user who runs the store",
		}},
		Notes: []string{"secrets are in " + s.Keys + ", and need a backup of their own"},
	}
	if !s.Metrics.Off {
		r.Listens = append(r.Listens, config.Listen{What: "health and counts", Where: s.Metrics.String(), Who: forHost})
	}
	return r
}
