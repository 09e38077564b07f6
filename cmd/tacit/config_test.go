package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/config"
)

const (
	testPin    = "AB:CD:EF:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:01"
	testVendor = "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"
	goodSite   = "vendor_key: " + testVendor + "\nnext: {relays: [tls://edge.example.com:8475], credential: c}\n"
	goodEdge   = "stream: {}\n"
	goodStore  = "keys: KEYS\nrelays: [tls://edge.example.com:8475]\ncredential: c\n"
)

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// wantHinted checks an error: what it says, that it has a hint, and that it
// repeats no value.
func wantHinted(t *testing.T, err error, want string) {
	t.Helper()
	hinted, ok := errors.AsType[*cli.Hinted](err)
	if err == nil || !ok || !strings.Contains(err.Error(), want) || hinted.Hint == "" {
		t.Fatalf("got %v, want %q and a hint", err, want)
	}
	if strings.Contains(err.Error()+hinted.Hint, "PLANTED") {
		t.Errorf("the error repeats a value: %v", err)
	}
}

func TestRelaySettings(t *testing.T) {
	for name, c := range map[string]struct {
		text, want string // want: part of the error, or ""
	}{
		"a site":                    {goodSite, ""},
		"an edge":                   {goodEdge, ""},
		"a site and edge in one":    {"site: true\nstream: {max_size: 32MiB, groups: 2}\n", ""},
		"outside loopback":          {goodSite + "listen: 0.0.0.0:8472\naddresses: [relay.example.com:8472]\nconsole: 0.0.0.0:8470\n", ""},
		"plain on loopback":         {goodEdge + "tls: off\n", ""},
		"metrics off":               {goodEdge + "metrics: off\n", ""},
		"an edge for all addresses": {goodEdge + "listen: 0.0.0.0:8475\n", ""},
		"neither":                   {"data: PLANTED\n", "neither next nor stream"},
		"both":                      {goodSite + goodEdge, "next and stream are both there"},
		"site without vendor key":   {"next: {relays: [tls://PLANTED:1], credential: PLANTED}\n", "vendor_key is missing"},
		"next without credential":   {"next:\n  relays: tls://PLANTED:1\n", "next.credential is missing"},
		"next without relays":       {"next: {credential: PLANTED}\n", "next.relays is missing"},
		"next in the clear":         {"next: {relays: [nats://192.0.2.1:1], credential: PLANTED}\n", "next.relays leaves this host without TLS"},
		"example's credential":      {"next: {relays: [tls://h:1], credential: EXAMPLE-PLANTED}\n", "the value of next.credential"},
		"same credentials":          {"credential: PLANTED\nstream: {store_credential: PLANTED}\n", "are the same"},
		"engineers as stores":       {"stream: {store_credential: PLANTED, desk_credential: PLANTED}\n", "the one of agents or stores"},
		"engineers as agents":       {"credential: PLANTED\nstream: {desk_credential: PLANTED}\n", "the one of agents or stores"},
		"a site's and engineers'":   {"stream: {desk_credential: PLANTED, site_credentials: PLANTED}\n", "has a credential twice"},
		"sites":                     {"stream: {site_credentials: [one, two]}\n", ""},
		"a site's twice":            {"stream: {site_credentials: [PLANTED, PLANTED]}\n", "has a credential twice"},
		"a site's and all":          {"credential: PLANTED\nstream: {site_credentials: PLANTED}\n", "has a credential twice"},
		"middle":                    {goodSite + "middle: true\n", ""},
		"middle of nothing":         {"stream: {}\nmiddle: true\n", "middle is true, and there is no next"},
		"all addresses":             {goodSite + "listen: 0.0.0.0:8472\n", "says nothing about where agents reach it"},
		"plain outside":             {goodSite + "listen: 192.0.2.1:8472\ntls: off\n", "tls is off and listen is not on loopback"},
		"plain console outside":     {goodSite + "tls: off\nconsole: 192.0.2.1:8470\n", "tls is off and console is not on loopback"},
		"half a certificate":        {goodSite + "certificate: PLANTED\n", "certificate and certificate_key go together"},
		"certificate without TLS":   {goodSite + "certificate: PLANTED\ncertificate_key: PLANTED\ntls: off\n", "there is a certificate, and tls is off"},
		"metrics outside":           {goodSite + "metrics: 0.0.0.0:9\n", "metrics is not on loopback"},
		"metrics by name":           {goodSite + "metrics: PLANTED:9\n", "metrics is not on loopback"},
		"negative":                  {goodSite + "pool: {max_wait: -1s}\n", "pool.max_wait is negative"},
		"unknown key in next":       {"next: {PLANTED: PLANTED}\n", "line 1, column 8: unknown key"},
		"tls in other words":        {goodSite + "tls: PLANTED\n", "the value of tls"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := readRelaySettings(writeConfig(t, c.text))
			if c.want != "" {
				wantHinted(t, err, c.want)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(s.Addresses) == 0 || s.Site != (s.next.There && !s.Middle || strings.Contains(c.text, "site: true")) || s.consoleTLS() != strings.Contains(c.text, "console: 0.0.0.0") {
				t.Errorf("%+v", s)
			}
		})
	}
	if _, err := readRelaySettings(""); !errors.Is(err, config.ErrNoFile) {
		t.Error(err)
	}
}

func TestStoreSettings(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink(filepath.Join(dir, "data", "below"), filepath.Join(dir, "elsewhere")); err != nil {
		t.Skip("this system makes no links: ", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "data", "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		keys, more, want string
	}{
		"good":             {"keys", "group: 1\nretention_days: 30\n", ""},
		"beside":           {"data-keys", "", ""},
		"below the data":   {"data/keys", "", "keys and data lie one within the other"},
		"the data":         {"data", "", "keys and data lie one within the other"},
		"above the data":   {".", "", "keys and data lie one within the other"},
		"a link to below":  {"elsewhere", "", "keys and data lie one within the other"},
		"below by dots":    {"keys/../data/x", "", "keys and data lie one within the other"},
		"too long kept":    {"keys", "retention_days: 401\n", "retention_days is not between"},
		"negative group":   {"keys", "group: -1\n", "group is negative"},
		"metrics outside":  {"keys", "metrics: 192.0.2.1:1\n", "metrics is not on loopback"},
		"no such key here": {"keys", "stream: {}\n", "unknown key"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(goodStore, "KEYS", filepath.Join(dir, c.keys), 1) + "data: " + filepath.Join(dir, "data") + "\n" + c.more
			_, err := readStoreSettings(new(cli.Env), writeConfig(t, text))
			if c.want != "" {
				wantHinted(t, err, c.want)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	_, err := readStoreSettings(new(cli.Env), writeConfig(t, strings.Replace(goodStore, "keys: KEYS", "", 1)))
	wantHinted(t, err, "keys is missing")
}

// filled returns a shipped example with its placeholders replaced, and checks
// that each of them is refused before with where the value comes from.
func filled(t *testing.T, file string, read func(path string) error, fill ...[2]string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, f := range fill {
		if !strings.Contains(text, f[0]) {
			t.Fatalf("%q is not in %s", f[0], file)
		}
		wantHinted(t, read(writeConfig(t, text)), strings.SplitN(strings.TrimSpace(f[0]), ":", 2)[0])
		text = strings.Replace(text, f[0], f[1], 1)
	}
	return text
}

func TestShippedExamples(t *testing.T) {
	readRelay := func(path string) error { _, err := readRelaySettings(path); return err }
	readStore := func(path string) error { _, err := readStoreSettings(new(cli.Env), path); return err }
	site := filled(t, "site.yaml", readRelay,
		[2]string{"fingerprint: EXAMPLE-TAKE-IT-FROM-THE-VENDOR", "fingerprint: " + testPin},
		[2]string{"credential: EXAMPLE-TAKE-IT-FROM-THE-VENDOR", "credential: c"},
		[2]string{"vendor_key: \"" + strings.Repeat("0", 64), "vendor_key: \"" + testVendor})
	s, err := readRelaySettings(writeConfig(t, site))
	if err != nil || !s.Site || !bool(s.TLS) || s.Pool.MaxWait != 10*time.Minute || s.Next.Fingerprint.String() != testPin {
		t.Errorf("%+v, %v", s, err)
	}
	edge, err := readRelaySettings(writeConfig(t, filled(t, "edge.yaml", readRelay)))
	if err != nil || edge.Site || !edge.stream.There || edge.Stream.MaxSize != 1<<30 || edge.Quota.Bytes != 4<<30 {
		t.Errorf("%+v, %v", edge, err)
	}
	text := filled(t, "store.yaml", readStore,
		[2]string{"fingerprint: EXAMPLE-TAKE-IT-FROM-THE-EDGE", "fingerprint: " + testPin},
		[2]string{"credential: EXAMPLE-TAKE-IT-FROM-THE-EDGE", "credential: c"})
	st, err := readStoreSettings(new(cli.Env), writeConfig(t, text))
	if err != nil || st.Relays[0] != "tls://127.0.0.1:8475" || st.RetentionDays != 90 {
		t.Errorf("%+v, %v", st, err)
	}
	d, err := readDeskSettings(writeConfig(t, filled(t, "desk.yaml", func(path string) error { _, err := readDeskSettings(path); return err })))
	if err != nil || d.Data != ".tacit/vendor" || d.url() != "http://127.0.0.1:8471/" {
		t.Errorf("%+v, %v", d, err)
	}
	// They run side by side: no port is there twice.
	ports := map[uint16]bool{}
	for _, p := range []uint16{s.Listen.Port, s.Console.Port, s.Metrics.Port, edge.Listen.Port, edge.Metrics.Port, st.Metrics.Port, d.Listen.Port} {
		if ports[p] {
			t.Errorf("port %d is there twice", p)
		}
		ports[p] = true
	}
}

func TestDeskSettings(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"nothing is required": {"{}\n", ""},
		"outside loopback":    {"listen: 0.0.0.0:8471\ncertificate: PLANTED\ncertificate_key: PLANTED\n", ""},
		"half a certificate":  {"certificate: PLANTED\n", "certificate and certificate_key go together"},
		"plain outside":       {"listen: 192.0.2.1:8471\n", "listen is not on loopback, and there is no certificate"},
		"a store's key":       {"keys: PLANTED\n", "unknown key"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readDeskSettings(writeConfig(t, c.text))
			if c.want != "" {
				wantHinted(t, err, c.want)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	_, err := readStoreSettings(new(cli.Env), writeConfig(t, strings.Replace(goodStore, "KEYS", t.TempDir(), 1)+"desk: {}\n"))
	wantHinted(t, err, "unknown key") // a desk in the store's process is no more
}

func TestReports(t *testing.T) {
	stored := strings.Replace(goodStore, "KEYS", t.TempDir(), 1) + "data: /srv/vendor\n"
	for name, c := range map[string]struct {
		check    func(*cli.Env, string) (config.Report, error)
		text     string
		contacts string
		listens  []string // parts, in order
	}{
		"site": {checkRelay, goodSite, "edge.example.com", []string{"agents, TLS at 127.0.0.1:8472", "the console, without TLS at 127.0.0.1:8470", "health and counts at 127.0.0.1:8473"}},
		"edge": {checkRelay, goodEdge + "metrics: off\n", "", []string{"stores and engineers with credentials of their own, TLS at 127.0.0.1:8472"}},
		"small": {checkRelay, "site: true\nstream: {}\ntls: off\n", "", []string{
			"agents, and stores and engineers with credentials of their own, without TLS at 127.0.0.1:8472", "the console, without TLS at 127.0.0.1:8470", "health and counts at 127.0.0.1:8473",
		}},
		"desk":  {checkDesk, "data: /srv/vendor\n", "", []string{"the desk, without TLS at 127.0.0.1:8471"}},
		"store": {checkStore, stored, "edge.example.com", []string{"lookups at " + filepath.Join("/srv/vendor", "run", "store.sock"), "health and counts at 127.0.0.1:8474"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			env := &cli.Env{Out: &out, JSON: true}
			r, err := c.check(env, writeConfig(t, c.text))
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Print(env); err != nil {
				t.Fatal(err)
			}
			var got config.Report
			if err := json.Unmarshal(out.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if len(got.Contacts) > 0 != (c.contacts != "") || c.contacts != "" && (got.Contacts[0].Host != c.contacts || got.Contacts[0].Port != 8475 || !got.Contacts[0].TLS) {
				t.Errorf("contacts %+v", got.Contacts)
			}
			if len(got.Listens) != len(c.listens) {
				t.Fatalf("listens %+v", got.Listens)
			}
			for i, l := range got.Listens {
				if !strings.HasSuffix(l.What+" at "+l.Where, c.listens[i]) || l.Who == "" {
					t.Errorf("listens %+v, want %s", l, c.listens[i])
				}
			}
		})
	}
	if _, err := checkRelay(new(cli.Env), writeConfig(t, goodSite+"certificate: none.pem\ncertificate_key: none.pem\n")); err == nil {
		t.Error("a certificate that is not there is good")
	}
}
