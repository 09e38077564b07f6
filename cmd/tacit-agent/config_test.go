package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/config"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema/registry/example"
)

const (
	pin  = "AB:CD:EF:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:01"
	good = "relays: [nats://127.0.0.1:8472]\ncredential: c\nvendor_key: \"" +
		"3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29\"\n"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "agent.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadSettings(t *testing.T) {
	for name, c := range map[string]struct {
		text, want string // want: part of the error, or ""
	}{
		"good":              {good, ""},
		"with pin":          {good + "fingerprint: " + strings.ToLower(pin) + "\n", ""},
		"unknown key":       {good + "secretkey: PLANTED\n", "line 4, column 1: unknown key"},
		"the old key":       {good + "relay: nats://127.0.0.1:1\n", "line 4, column 1: unknown key"},
		"key twice":         {good + "relays: nats://x:1\n", "line 4, column 1: relays is there twice"},
		"wrong type":        {good + "grace: PLANTED\n", "line 4, column 8: the value of grace"},
		"empty":             {"\n", "relays is missing"},
		"plain to a host":   {strings.Replace(good, "127.0.0.1", "192.0.2.1", 1), "relays leaves this host without TLS"},
		"wrong pin":         {good + "fingerprint: PLANTED\n", "the value of fingerprint"},
		"no credential":     {strings.Replace(good, "credential: c", "", 1), "credential is missing"},
		"short key":         {strings.Replace(good, "3b6a", "", 1), "the value of vendor_key"},
		"negative":          {good + "grace: -1h\n", "is negative"},
		"telemetry":         {good + "otlp: 127.0.0.1:4318\n", ""},
		"open to others":    {good + "otlp: 0.0.0.0:4318\n", "otlp is not on loopback"},
		"a port alone":      {good + "otlp: 4318\n", "line 4, column 7: otlp is not host:port"},
		"example's secrets": {strings.Replace(good, "credential: c", "credential: EXAMPLE-PLANTED", 1), "the value of credential"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readSettings(write(t, c.text))
			if c.want == "" {
				if err != nil || got.Grace != 24*time.Hour {
					t.Errorf("got %+v, %v", got, err)
				}
				return
			}
			hinted, ok := errors.AsType[*cli.Hinted](err)
			if err == nil || !ok || !strings.Contains(err.Error(), c.want) || hinted.Hint == "" {
				t.Fatalf("got %v, want %q and a hint", err, c.want)
			}
			if strings.Contains(err.Error()+hinted.Hint, "PLANTED") {
				t.Errorf("the error repeats a value: %v", err)
			}
		})
	}
	if _, err := readSettings(""); !errors.Is(err, config.ErrNoFile) {
		t.Error(err)
	}
}

// TestShippedExample: the file is whole but for what it must not give, and each
// of these is asked for with where it comes from.
func TestShippedExample(t *testing.T) {
	b, err := os.ReadFile("agent.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, fill := range [][2]string{
		{"fingerprint: EXAMPLE-TAKE-IT-FROM-THE-SITES-CONSOLE", "fingerprint: " + pin},
		{"credential: EXAMPLE-TAKE-IT-FROM-THE-SITES-CONSOLE", "credential: c"},
		{strings.Repeat("0", 64), "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"},
	} {
		_, err := readSettings(write(t, text))
		hinted, ok := errors.AsType[*cli.Hinted](err)
		if !ok || !strings.Contains(hinted.Hint, "console") {
			t.Fatalf("got %v with %+v", err, hinted)
		}
		if !strings.Contains(text, fill[0]) {
			t.Fatalf("%q is not in the example", fill[0])
		}
		text = strings.Replace(text, fill[0], fill[1], 1)
	}
	s, err := readSettings(write(t, text))
	if err != nil || !slices.Equal(config.Strings(s.Relays), []string{"tls://127.0.0.1:8472"}) || s.Fingerprint.String() != pin || s.Interval != time.Hour {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestCheck(t *testing.T) {
	path := write(t, strings.Replace(good, "nats://127.0.0.1:8472", "tls://relay.example.com:8472, tls://192.0.2.1:443", 1)+"fingerprint: "+pin+"\notlp: localhost:4318\n")
	s, err := readSettings(path)
	if err != nil {
		t.Fatal(err)
	}
	var text, machine bytes.Buffer
	if err := s.report(path, datadir.Dir("/srv/tacit")).Print(&cli.Env{Out: &text}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"relay.example.com:8472", "192.0.2.1:443", "the certificate " + pin, "the local API", "localhost:4318", "Nothing else is contacted, but for the system's resolver", "one of these"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, text.String())
		}
	}
	if err := s.report(path, datadir.Dir("/srv/tacit")).Print(&cli.Env{Out: &machine, JSON: true}); err != nil {
		t.Fatal(err)
	}
	var r config.Report
	if err := json.Unmarshal(machine.Bytes(), &r); err != nil || len(r.Contacts) != 2 || r.Contacts[0].Port != 8472 || r.Contacts[0].Certificate != pin ||
		len(r.Listens) != 2 || r.Listens[0].Where != filepath.Join("/srv/tacit", "run", "agent.sock") {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestRegistry: check reads the files of the registry and says which release they
// have, or what is wrong with them, and where.
func TestRegistry(t *testing.T) {
	files := example.Files()
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = write(t, string(f.Data))
	}
	r, err := check(new(cli.Env), write(t, good+"registry: ["+strings.Join(names, ", ")+"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "registry release 1, of " + strings.Join(names, " "); !slices.Contains(r.Notes, want) {
		t.Errorf("notes %q, want %q", r.Notes, want)
	}
	wrong := write(t, strings.Replace(string(files[0].Data), "type: counter", "type: teapot", 1))
	for _, name := range []string{wrong, filepath.Join(t.TempDir(), "none.yaml")} {
		file := write(t, good+"registry: "+name+"\n")
		_, checked := check(new(cli.Env), file)
		for _, err := range []error{checked, serve(t.Context(), new(cli.Env), options{config: file})} {
			if err == nil || !strings.Contains(err.Error(), name+":") {
				t.Errorf("got %v, want one about %s", err, name)
			}
		}
	}
}
