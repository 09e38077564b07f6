package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/config"
)

const vendorKey = "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"

// file has a key of every type.
type file struct {
	Text    string
	Yes     bool
	Number  int
	Time    time.Duration
	Relays  []config.URL
	Where   config.Address
	Many    []config.Address
	Maybe   config.Optional
	Switch  config.Switch
	Size    config.Size
	Vendor  config.VendorKey
	Secret  config.Secret
	Files   []config.Path
	Lists   [][]config.Path
	Section config.Section
	Inner   string
}

func (f *file) keys() []config.Key {
	f.Section.Keys = []config.Key{{Name: "inner", Into: &f.Inner, Need: true, Hint: "look inside"}}
	return []config.Key{
		{Name: "text", Into: &f.Text, Need: true, Hint: "write a text"},
		{Name: "yes", Into: &f.Yes}, {Name: "number", Into: &f.Number}, {Name: "time", Into: &f.Time}, {Name: "relays", Into: &f.Relays},
		{Name: "where", Into: &f.Where}, {Name: "many", Into: &f.Many}, {Name: "maybe", Into: &f.Maybe}, {Name: "switch", Into: &f.Switch},
		{Name: "size", Into: &f.Size}, {Name: "vendor", Into: &f.Vendor}, {Name: "secret", Into: &f.Secret, Hint: "ask the relay"},
		{Name: "files", Into: &f.Files}, {Name: "lists", Into: &f.Lists}, {Name: "section", Into: &f.Section},
	}
}

func read(t *testing.T, text string) (*file, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f := &file{Time: time.Hour, Maybe: config.Optional{Address: config.Address{Host: "127.0.0.1", Port: 1}}}
	return f, config.Read(path, f.keys())
}

func TestRead(t *testing.T) {
	f, err := read(t, `
text: words # a comment
yes: true
number: 3
time: 90s
relays: [tls://relay.example.com:8472, "nats://[::1]:1", nats://localhost:8472]
where: 0.0.0.0:8472
many: a.example:1
maybe: off
switch: on
size: 2 MiB
vendor: "`+vendorKey+`"
secret: s3cret
files: [a.yaml, b c.yaml]
lists: [[a.yaml, b.yaml], c.yaml]
section:
  inner: x
`)
	if err != nil {
		t.Fatal(err)
	}
	if f.Text != "words" || !f.Yes || f.Number != 3 || f.Time != 90*time.Second || !f.Maybe.Off || !bool(f.Switch) || f.Size != 2<<20 || f.Inner != "x" || !f.Section.There {
		t.Errorf("read %+v", f)
	}
	if got := fmt.Sprint(config.Strings(f.Relays)); got != "[tls://relay.example.com:8472 nats://[::1]:1 nats://localhost:8472]" {
		t.Error(got)
	}
	if f.Where.Loopback() || !f.Where.Everywhere() || f.Vendor.String() != vendorKey || len(f.Many) != 1 || f.Many[0].String() != "a.example:1" {
		t.Errorf("read %+v", f)
	}
	if got := fmt.Sprintf("%q %q", f.Files, f.Lists); got != `["a.yaml" "b c.yaml"] [["a.yaml" "b.yaml"] ["c.yaml"]]` {
		t.Error(got)
	}
	if f.Secret != "s3cret" {
		t.Error("the secret was not read")
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", slog.Any("secret", f.Secret), slog.Any("file", f))
	if all := fmt.Sprintf("%s %v %+v %#v %q %x", f.Secret, f, f, f.Secret, f.Secret, f.Secret) + log.String(); strings.Contains(all, "s3cret") {
		t.Errorf("a secret is printed: %s", all)
	}
}

// TestDefaults: what the file does not name stays as it was.
func TestDefaults(t *testing.T) {
	f, err := read(t, "text: x\n")
	if err != nil || f.Time != time.Hour || f.Maybe.Off || f.Maybe.Port != 1 || f.Section.There {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, want, hint string }{
		"empty":                 {"", "text is missing", "write a text"},
		"comments only":         {"# PLANTED\n", "text is missing", "write a text"},
		"null document":         {"---\n~\n", "text is missing", "write a text"},
		"unknown key":           {"text: x\nPLANTED: PLANTED\n", "line 2, column 1: unknown key", "the keys are text, yes, "},
		"key twice":             {"text: PLANTED\ntext: PLANTED\n", "line 2, column 1: text is there twice", "remove"},
		"a list":                {"- PLANTED\n", "line 1, column 1: not a key", "one \"key: value\""},
		"a word":                {"PLANTED\n", "line 1, column 1: not a key", "one \"key: value\""},
		"not YAML":              {"\t: PLANTED", "it is not YAML", "one \"key: value\""},
		"two documents":         {"text: x\n---\ntext: PLANTED\n", "something follows", "---"},
		"second is not YAML":    {"text: x\n---\n\t: PLANTED", "it is not YAML", "one \"key: value\""},
		"an alias":              {"text: &a PLANTED\nsecret: *a\n", "line 2, column 9: the value of secret", "ask the relay"},
		"a merge":               {"text: &a PLANTED\n<<: {yes: true}\n", "line 2, column 1: unknown key", "the keys are"},
		"key is a list":         {"[text]: PLANTED\n", "line 1, column 1: unknown key", "the keys are"},
		"null":                  {"text:\n", "the value of text", "write a text"},
		"list for a text":       {"text: [PLANTED]\n", "line 1, column 7: the value of text", "write a text"},
		"time without unit":     {"text: x\ntime: 5\n", "line 2, column 7: the value of time", "24h"},
		"number":                {"text: x\nnumber: PLANTED\n", "the value of number", "whole number"},
		"bool":                  {"text: x\nyes: PLANTED\n", "the value of yes", "true or false"},
		"switch":                {"text: x\nswitch: PLANTED\n", "the value of switch", "on or off"},
		"size":                  {"text: x\nsize: 5 PLANTED\n", "the value of size", "512MiB"},
		"size below 1":          {"text: x\nsize: 0\n", "the value of size", "512MiB"},
		"size beyond":           {"text: x\nsize: 99999999999TiB\n", "the value of size", "512MiB"},
		"no relays":             {"text: x\nrelays: []\n", "the value of relays", "tls://"},
		"http":                  {"text: x\nrelays: http://PLANTED:1\n", "relays is not the URL of a relay", "tls://"},
		"no port":               {"text: x\nrelays: tls://PLANTED\n", "relays is a URL without host or port", "tls://"},
		"port 0":                {"text: x\nrelays: tls://PLANTED:0\n", "relays is a URL without host or port", "tls://"},
		"a path":                {"text: x\nrelays: tls://h:1/PLANTED\n", "relays is not the URL", "tls://"},
		"a user":                {"text: x\nrelays: tls://u:PLANTED@h:1\n", "relays has a user", "credential has a key of its own"},
		"plain to another host": {"text: x\nrelays: [tls://h:1, nats://192.0.2.7:4222]\n", "relays leaves this host without TLS", "write tls://"},
		"address":               {"text: x\nwhere: PLANTED\n", "where is not host:port", "127.0.0.1:8472"},
		"address without host":  {"text: x\nwhere: \":1\"\n", "where is not host:port", "127.0.0.1:8472"},
		"port too big":          {"text: x\nwhere: h:65536\n", "the port is no number", "127.0.0.1:8472"},
		"optional":              {"text: x\nmaybe: PLANTED\n", "maybe is not host:port", "127.0.0.1:8472"},
		"vendor":                {"text: x\nvendor: PLANTED\n", "the value of vendor", "64 hex digits"},
		"vendor of the example": {"text: x\nvendor: \"" + strings.Repeat("0", 64) + "\"\n", "the value of vendor", "not the example's"},
		"secret of the example": {"text: x\nsecret: EXAMPLE-PLANTED\n", "line 2, column 9: the value of secret", "ask the relay"},
		"secret with a space":   {"text: x\nsecret: a PLANTED\n", "the value of secret", "ask the relay"},
		"long secret":           {"text: x\nsecret: " + strings.Repeat("PLANTED", 40) + "\n", "the value of secret", "ask the relay"},
		"no file":               {"text: x\nfiles: []\n", "the value of files", "[finder.yaml, survey.yaml]"},
		"a file without a name": {"text: x\nfiles: [PLANTED, \"\"]\n", "the value of files", "[finder.yaml, survey.yaml]"},
		"a file for all lists":  {"text: x\nlists: PLANTED\n", "the value of lists", "[[finder-1.yaml,"},
		"no lists":              {"text: x\nlists: []\n", "the value of lists", "[[finder-1.yaml,"},
		"lists too deep":        {"text: x\nlists: [[[PLANTED]]]\n", "the value of lists", "[[finder-1.yaml,"},
		"in a section":          {"text: x\nsection:\n  PLANTED: x\n", "line 3, column 3: unknown key", "the keys below section are inner"},
		"section is empty":      {"text: x\nsection: {}\n", "section.inner is missing", "look inside"},
		"section is a text":     {"text: x\nsection: PLANTED\n", "line 2, column 10: not a key", "one \"key: value\""},
		"too long":              {"text: x\n" + strings.Repeat("# PLANTED\n", config.MaxLen/10), "longer than 65536 bytes", "one \"key: value\""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, c.text)
			hinted, ok := errors.AsType[*cli.Hinted](err)
			if err == nil || !ok || !strings.Contains(err.Error(), c.want) || !strings.Contains(hinted.Hint, c.hint) {
				t.Fatalf("got %v with %+v, want %q and %q", err, hinted, c.want, c.hint)
			}
			if strings.Contains(err.Error()+hinted.Hint, "PLANTED") {
				t.Errorf("the error repeats a value: %v", err)
			}
		})
	}
}

func TestNoFile(t *testing.T) {
	if err := config.Read(filepath.Join(t.TempDir(), "none"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestReport(t *testing.T) {
	f, err := read(t, "text: x\nrelays: [tls://relay.example.com:8472, nats://127.0.0.1:9, tls://192.0.2.1:1]\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		report config.Report
		json   bool
		want   []string
	}{
		"pinned": {config.Report{File: "f", Contacts: config.Contacts(f.Relays, "AB:CD")}, false, []string{
			"f is good. Nothing was contacted.", "relay.example.com:8472", "the certificate AB:CD", "127.0.0.1:9", "without TLS: this host only",
			"Nothing else is contacted, but for the system's resolver",
		}},
		"roots":   {config.Report{Contacts: config.Contacts(f.Relays[2:], "")}, false, []string{"by the system's roots", "Nothing else is contacted.\n"}},
		"nothing": {config.Report{Listens: []config.Listen{{What: "w", Where: "h:1", Who: "me"}}, Notes: []string{"n"}}, false, []string{"Nothing is contacted.", "h:1", "w; for me", "note: n"}},
		"JSON":    {config.Report{Contacts: config.Contacts(f.Relays[:1], "")}, true, []string{`"host": "relay.example.com"`, `"port": 8472`, `"certificate": "system"`, `"listens": []`}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := c.report.Print(&cli.Env{Out: &out, JSON: c.json}); err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%q is missing in:\n%s", want, out.String())
				}
			}
			if c.json && !json.Valid(out.Bytes()) {
				t.Error("not JSON")
			}
		})
	}
}

// FuzzRead: whatever a file holds, it is read or refused with a hint.
func FuzzRead(f *testing.F) {
	for _, text := range []string{"text: x\n", "a: &a [*a]\n", "text: !!binary x\n", "section: {inner: {}}\n", "relays: [tls://h:1, nats://[::1%25a]:1]\n", "? text\n: x\n"} {
		f.Add([]byte(text))
	}
	path := filepath.Join(f.TempDir(), "f.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		got := new(file)
		err := config.Read(path, got.keys())
		if _, ok := errors.AsType[*cli.Hinted](err); err != nil && !ok {
			t.Errorf("no hint: %v", err)
		}
		for _, u := range got.Relays {
			if a := u.Address(); err == nil && (a.Host == "" || a.Port == 0 || !u.TLS() && !a.Loopback()) {
				t.Errorf("took %q", u)
			}
		}
	})
}
