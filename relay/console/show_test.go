package console_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"golang.org/x/net/html"

	"github.com/tacit-telemetry/tacit/relay/console"
	"github.com/tacit-telemetry/tacit/relay/policy"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/registry/example"
)

// answer is what an agent says.
type answer struct {
	preview console.Preview
	err     error
}

func TestSent(t *testing.T) {
	many := make([]console.Row, 150)
	for i := range many {
		many[i] = console.Row{Metric: "os.type", Value: fmt.Sprint("value-", i)}
	}
	hostile := console.Row{Time: `<i>`, Product: `<img src=x onerror=alert(1)>`, Metric: `"><script>`, Labels: `<b>`, Value: `</td></table><script>alert(1)</script>`}
	cases := []struct {
		name      string
		agent     answer
		says, not []string
	}{
		{"no agent runs", answer{console.Preview{}, fmt.Errorf("ask: %w", console.ErrNoAgent)}, []string{"No agent runs on this appliance", "tacit-agent --config agent.yaml"}, nil},
		{"silent agent", answer{console.Preview{}, errors.New("dial /home/somebody/x.sock")}, []string{"does not answer"}, []string{"/home/somebody"}},
		{"sends", answer{samples, nil}, []string{"It will be sent", "Page for support", "Share of the statistics", "os.type: linux", "today, ever", "command=why", "1,234", ">77<", "340&nbsp;µs"}, []string{"It will not be sent"}},
		{"refused", answer{console.Preview{By: "site_policy", Reason: "the site refuses"}, nil}, []string{"It will not be sent", "The site’s decision under Cloud services", "the site refuses", "Nothing is waiting now"}, nil},
		{"many rows", answer{console.Preview{Sends: true, Envelopes: []console.Envelope{
			{Kind: console.KindPage, Rows: many}, {Kind: console.KindPage, Rows: many}, {Kind: console.KindPage, Rows: many}}}, nil},
			[]string{"250 of 450 rows are left out", "value-149"}, []string{"Envelope 3"}},
		{"hostile", answer{console.Preview{By: "<u>", Reason: "<script>", Envelopes: []console.Envelope{{Kind: "<x>", Day: "<y>", First: []string{"<z>"},
			Facets: []console.Field{{Name: "<n>", Value: "<v>"}}, Rows: []console.Row{hostile}}}}, nil},
			[]string{"&lt;/td&gt;&lt;/table&gt;"}, []string{"<script", "<img src=x", "<b>", "<u>", "<y>", "<z>", "<n>", "<v>"}},
	}
	var now answer
	s := open(t, func(_ *policy.Config, c *console.Config) {
		c.Agent = preview(func(context.Context) (console.Preview, error) { return now.preview, now.err })
	})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			now = c.agent
			p := s.get("/sent")
			if p.status != 200 || p.packed > maxWeight {
				t.Errorf("%d, %d bytes", p.status, p.packed)
			}
			for _, want := range c.says {
				if !strings.Contains(p.body, want) {
					t.Errorf("the page does not say %q", want)
				}
			}
			for _, bad := range c.not {
				if strings.Contains(p.body, bad) {
					t.Errorf("the page says %q", bad)
				}
			}
			accessible(t, p)
		})
	}
}

// Each field of the registry is a row, with its own treatment.
func TestCollectedNamesEveryField(t *testing.T) {
	s := open(t, nil)
	for _, lang := range []string{"en", "it"} {
		p := s.getIn(lang, "/collected")
		rows := map[string]string{}
		for _, tr := range p.find(func(n *html.Node) bool { return n.Data == "tr" }) {
			if code := (page{root: tr}).find(func(n *html.Node) bool { return n.Data == "code" }); len(code) > 0 {
				rows[text(code[0])] = text(tr)
			}
		}
		for _, m := range registry.Base().Metrics {
			row, ok := rows[m.Name]
			if !ok {
				t.Errorf("%s: %s is not in the table", lang, m.Name)
			}
			if lang == "en" && (!strings.Contains(row, m.Description) || !strings.Contains(row, m.Purpose)) {
				t.Errorf("%s is not described as the registry does", m.Name)
			}
			if lang == "it" && strings.Contains(row, m.Purpose) {
				t.Errorf("%s is not translated", m.Name)
			}
			for _, r := range m.Rollups {
				if !strings.Contains(row, strings.Join(r.Facets, ", ")) || !strings.Contains(row, fmt.Sprint(r.MinInstallations)) {
					t.Errorf("%s: a roll-up of %s is missing", lang, m.Name)
				}
			}
		}
		if want := map[string]string{"en": "from <1 GiB to ≥1024 GiB", "it": "da <1 GiB a ≥1024 GiB"}[lang]; !strings.Contains(rows["host.memory"], want) {
			t.Errorf("the treatment of host.memory does not say %q", want)
		}
		if want := map[string]string{"en": "word by word", "it": "parola per parola"}[lang]; !strings.Contains(rows["exception"], want) {
			t.Errorf("the treatment of exception does not say %q", want)
		}
	}
}

// A registry that gives a known name another meaning is shown in its own
// words, and never in the translation of the built-in one.
func TestOtherRegistryIsShownInItsOwnWords(t *testing.T) {
	reg := second(t)
	s := open(t, func(_ *policy.Config, c *console.Config) { c.Registry = reg })
	p := s.getIn("it", "/collected")
	if !strings.Contains(p.body, "Something of the vendor&#39;s own.") || strings.Contains(p.body, "Il tipo di sistema operativo.") {
		t.Error("os.type is described by the translation of another field")
	}
}

// A product's registry is shown with who reports what, and until when, with the
// lines of its logs, and with what becomes of a word that is not listed.
func TestProductRegistryIsShown(t *testing.T) {
	files := example.Files()
	head, tail, ok := strings.Cut(string(files[0].Data), "name: finder.menu.used")
	if !ok {
		t.Fatal("the example has no finder.menu.used")
	}
	files[0].Data = []byte(head + "name: finder.menu.used" + strings.Replace(tail, "expires: never", "expires: 2099-06-30", 1))
	reg, err := registry.Overlay(nil, files...)
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, func(_ *policy.Config, c *console.Config) { c.Registry = reg })
	for lang, want := range map[string][]string{
		"en": {"finder.menu.used", "engine.restarts", "reported by finder", "reported by engine", "until 2099-06-30", "anything else becomes “other”", "Only which of", "replaced by a range, from <1 to ≥1000000"},
		"it": {"finder.menu.used", "engine.restarts", "segnalato da finder", "fino al 2099-06-30", "diventa «other»", "Soltanto quale di", "se un’etichetta qui sotto"},
	} {
		p := s.getIn(lang, "/collected")
		shown := text(p.root)
		for _, m := range reg.Metrics {
			for _, line := range m.Templates {
				want = append(want, line.ID+": "+line.Text)
			}
		}
		for _, w := range want {
			if !strings.Contains(shown, w) {
				t.Errorf("%s: it does not say %q", lang, w)
			}
		}
		if strings.Contains(shown, "console.") {
			t.Errorf("%s: a text is missing", lang)
		}
		accessible(t, p)
	}
}

func TestDownload(t *testing.T) {
	odd := agentFile()
	odd.VendorKey = strings.Repeat("7", 64)
	odd.Credential = "a: \"b\" # c\n- d '<&>"
	var f console.AgentFile
	s := open(t, func(_ *policy.Config, c *console.Config) { c.AgentFile = func() console.AgentFile { return f } })
	for name, say := range map[string]console.AgentFile{"plain": agentFile(), "odd": odd, "without a pin": {Relays: odd.Relays, VendorKey: vendor, Credential: secret}} {
		t.Run(name, func(t *testing.T) {
			f = say
			p := s.get("/agent-configuration/agent.yaml")
			if got := p.header.Get("Content-Disposition"); p.status != 200 || got != "attachment; filename=agent.yaml" {
				t.Errorf("%d, %q", p.status, got)
			}
			if p.header.Get("Cache-Control") != "no-store" {
				t.Error("a cache may keep the credential")
			}
			var got map[string]any
			if err := yaml.Unmarshal([]byte(p.body), &got); err != nil {
				t.Fatal(err)
			}
			want := map[string]any{"relays": []any{f.Relays[0]}, "credential": f.Credential, "vendor_key": f.VendorKey}
			if f.Fingerprint != "" {
				want["fingerprint"] = f.Fingerprint
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("the file says %v, want %v", got, want)
			}
			if !strings.Contains(p.body, "\n# registry: [") {
				t.Errorf("the file does not say where a registry belongs:\n%s", p.body)
			}
			if again := s.getIn("it", "/agent-configuration/agent.yaml"); again.body != p.body {
				t.Error("two hosts would get different files")
			}
		})
	}
}

func TestAgentConfiguration(t *testing.T) {
	f := agentFile()
	s := open(t, func(_ *policy.Config, c *console.Config) { c.AgentFile = func() console.AgentFile { return f } })
	p := s.get("/agent-configuration")
	for _, want := range []string{pin, vendor, "tls://relay.example.com:8472", "sudo tacit-agent --config /etc/tacit/agent.yaml"} {
		if !strings.Contains(text(p.root), want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	const warning = "Other hosts cannot reach this relay"
	if strings.Contains(p.body, warning) {
		t.Error("the page warns without a reason")
	}
	f = console.AgentFile{Relays: []string{"nats://127.0.0.1:8472", "tls://[::1]:1", "tls://0.0.0.0:8472", "tls://localhost:1"}}
	p = s.get("/agent-configuration")
	for _, want := range []string{warning, "none yet: set vendor_key", "system's roots"} {
		if !strings.Contains(text(p.root), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
