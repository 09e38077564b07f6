package console_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/tacit-telemetry/tacit/relay/console"
	"github.com/tacit-telemetry/tacit/relay/policy"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// damages are what may happen to the file that holds the decision.
var damages = []struct {
	name     string
	do       func(t *testing.T, s *site, log string)
	en, it   string
	keepsOld bool
}{
	{"edited", func(t *testing.T, s *site, log string) {
		b := read(t, log)
		write(t, log, bytes.Replace(b, []byte(`"off"`), []byte(`"on"`), 1))
	}, "Line 2 of the file policy.log was changed", "La riga 2 del file policy.log", true},
	{"gone", func(t *testing.T, s *site, log string) {
		if err := os.Remove(log); err != nil {
			t.Fatal(err)
		}
	}, "The file that holds the decision is gone", "Il file che contiene la decisione non c’è più", false},
	{"rolled back", func(t *testing.T, s *site, log string) {
		write(t, log, read(t, log+".old"))
	}, "older than one that was saved here", "più vecchia di una che è stata salvata qui", false},
}

// While the decision cannot be trusted, both pages say why and what to do, and
// a save goes on from there.
func TestHeld(t *testing.T) {
	s := open(t, nil)
	log := filepath.Join(s.dir, "policy.log")
	for _, c := range damages {
		t.Run(c.name, func(t *testing.T) {
			write(t, log+".old", read(t, log))
			s.decide("bert", policy.Settings{CEIP: wire.SwitchOff, CSP: wire.SwitchOff, Level: schema.Standard})
			c.do(t, s, log)
			s.reopenPolicy(policy.Config{Defaults: defaults, Release: 1})
			for _, path := range []string{"/", cloud} {
				for lang, want := range map[string]string{"en": c.en, "it": c.it} {
					p := s.getIn(lang, path)
					alert := p.find(func(n *html.Node) bool { return attr(n, "role") == "alert" })
					if len(alert) != 1 || !strings.Contains(text(alert[0]), want) {
						t.Errorf("%s in %s does not say %q", path, lang, want)
					}
					accessible(t, p)
				}
			}
			form := s.get(cloud).form()
			if form.Has("ceip") || form.Has("csp") {
				t.Error("a box is ticked though nobody's yes can be read")
			}
			form.Set("csp", "on")
			p := s.post(s.client, cloud, form)
			w := s.policy.Wire()
			if p.status != 200 || w.CEIP != wire.SwitchOff || w.CSP != wire.SwitchOn || w.Release != 1 || s.policy.State().Trouble != "" {
				t.Fatalf("after saving: %d, %+v", p.status, w)
			}
			if strings.Contains(s.get("/").body, `role="alert"`) {
				t.Error("the overview still says that it holds")
			}
			if _, err := os.Stat(log + ".damaged-1"); c.keepsOld && err != nil {
				t.Errorf("the damaged file: %v", err)
			}
		})
	}
}

func TestProgrammeThatAsks(t *testing.T) {
	s := open(t, func(p *policy.Config, _ *console.Config) { p.Defaults.CSP = wire.Held })
	p := s.get("/")
	if !strings.Contains(p.body, "A programme asks first") || !strings.Contains(p.body, "Partly on") {
		t.Error("the overview does not say that a programme waits for a decision")
	}
	if form := s.get(cloud).form(); form.Get("ceip") != "on" || form.Has("csp") {
		t.Errorf("the form begins with %v", form)
	}
}

// Fields that came after the decision are listed, exactly, and covered only
// when they were seen and ticked.
func TestNewFields(t *testing.T) {
	reg := second(t)
	s := open(t, func(_ *policy.Config, c *console.Config) { c.Registry = reg })
	s.reopenPolicy(policy.Config{Defaults: defaults, Release: 2})
	p := s.get(cloud)
	group := p.find(func(n *html.Node) bool { return n.Data == "fieldset" })[2]
	fields := (page{root: group}).find(func(n *html.Node) bool { return n.Data == "code" })
	if len(fields) != 1 || text(fields[0]) != "host.uptime" {
		t.Fatalf("%d new fields, want host.uptime alone", len(fields))
	}
	if !strings.Contains(s.get("/").body, "new fields that your decision does not cover") {
		t.Error("the overview says nothing of them")
	}
	form := p.form()
	if form.Has("include") {
		t.Fatal("the box for new fields is ticked by itself")
	}
	for _, step := range []struct {
		include, seen string
		want          uint32
	}{
		{"", "2", 1},
		{"on", "1", 1}, // the page showed the registry before this one
		{"on", "2", 2},
		{"", "2", 2}, // what was covered stays so
		{"on", "1", 2},
	} {
		form = s.get(cloud).form()
		form.Set("include", step.include)
		form.Set("release", step.seen)
		if p := s.post(s.client, cloud, form); p.status != 200 || s.policy.Wire().Release != step.want {
			t.Errorf("include %q, seen %s: %d and release %d, want %d", step.include, step.seen, p.status, s.policy.Wire().Release, step.want)
		}
	}
	if strings.Contains(s.get(cloud).body, `name="include"`) {
		t.Error("the page still offers fields that are covered")
	}
}

// second returns the base registry as a second release, in which host.uptime
// is new and os.type means something else.
func second(t *testing.T) *registry.Registry {
	t.Helper()
	b := string(read(t, "../../schema/registry/base.yaml"))
	b = strings.Replace(b, "\nrelease: 1\n", "\nrelease: 2\n", 1)
	head, tail, ok := strings.Cut(b, "- name: host.uptime")
	if !ok {
		t.Fatal("the base registry has no host.uptime")
	}
	tail = strings.Replace(tail, "since: 1", "since: 2", 1)
	b = strings.Replace(head, "The kind of operating system.", "Something of the vendor's own.", 1) + "- name: host.uptime" + tail
	reg, err := registry.Parse("second.yaml", []byte(b))
	if err != nil {
		t.Fatal(err)
	}
	return reg
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
