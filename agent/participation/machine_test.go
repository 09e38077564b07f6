package participation

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

func TestParseMachine(t *testing.T) {
	for _, c := range []struct {
		name, file string
		want       Machine
	}{
		{"empty", "", Machine{Participation: NoOpinion}},
		{"comments only", "# nothing\n", Machine{Participation: NoOpinion}},
		{"hyphens only", "---\n", Machine{Participation: NoOpinion}},
		{"all", "participation: off\ncountry: NO\nephemeral: true\nlevel: enhanced\n", Machine{Off, "NO", true, schema.Enhanced}},
		{"quoted", "participation: \"on\"\ncountry: 'GB'\n", Machine{Participation: On, Country: "GB"}},
		{"withheld country", "country: unknown\n", Machine{Participation: NoOpinion, Country: "unknown"}},
		{"flow", "{participation: on, level: standard}", Machine{Participation: On, Level: schema.Standard}},
	} {
		got, err := parseMachine("policy.yaml", []byte(c.file))
		if err != nil || got != c.want {
			t.Errorf("%s: got %+v and %v, want %+v", c.name, got, err, c.want)
		}
	}
}

func TestParseMachineRefuses(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"unknown key", "participation: on\nlevle: standard\n", `policy.yaml:2:1: unknown key "levle"; fix: use participation, country, ephemeral or level`},
		{"bad participation", "participation: yes\n", `policy.yaml:1:16: "yes" is not taken here; fix: write on or off`},
		{"empty participation", "participation:\n", `policy.yaml:1:15: "" is not taken here; fix: write on or off`},
		{"bad country", "country: UK\n", `policy.yaml:1:10: country "UK" is no ISO 3166-1 code; fix: write two capital letters, such as NO or GB, or unknown`},
		{"country in small letters", "country: no\n", `policy.yaml:1:10: country "no" is no ISO 3166-1 code; fix: write two capital letters, such as NO or GB, or unknown`},
		{"bad flag", "ephemeral: 1\n", `policy.yaml:1:12: "1" is not taken here; fix: write true or false`},
		{"bad level", "level: full\n", `policy.yaml:1:8: "full" is not taken here; fix: write standard or enhanced`},
		{"twice", "level: standard\nlevel: enhanced\n", `policy.yaml:2:1: key "level" stands twice; fix: remove one`},
		{"list", "- participation\n", `policy.yaml:1:1: a policy that is no list of keys and values; fix: write lines such as "participation: off"`},
		{"word", "off\n", `policy.yaml:1:1: a policy that is no list of keys and values; fix: write lines such as "participation: off"`},
		{"nested", "level:\n  a: b\n", `policy.yaml:2:3: a value of "level" that is no plain word; fix: write one word`},
		{"tag", "level: !!str standard\n", `policy.yaml:1:8: a value of "level" that is no plain word; fix: write one word`},
		{"alias", "level: &a standard\n", `policy.yaml:1:8: a value of "level" that is no plain word; fix: write one word`},
		{"two documents", "level: standard\n---\nlevel: enhanced\n", `policy.yaml:2:1: a second document; fix: keep one, without a line of three hyphens`},
		{"no YAML", "a: b\n\tc: d\n", `policy.yaml:2:1: no YAML: found a tab character that violates indentation; fix: write lines such as "participation: off"`},
	} {
		m, err := parseMachine("policy.yaml", []byte(c.file))
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v\nwant %s", c.name, err, c.want)
		}
		if _, ok := errors.AsType[registry.Problem](err); !ok {
			t.Errorf("%s: error is no registry.Problem", c.name)
		}
		if m != (Machine{Participation: NoOpinion}) {
			t.Errorf("%s: something of a bad policy holds: %+v", c.name, m)
		}
	}
}

func TestMachineKeepsTheLastGoodPolicy(t *testing.T) {
	w := newWorld(t)
	r := w.start()
	if m, err := r.Machine(); err != nil || m != (Machine{Participation: NoOpinion}) {
		t.Errorf("without a policy: %+v and %v", m, err)
	}
	w.write(w.path("policy.yaml"), "country: NO\nephemeral: true\n")
	if m, err := r.Machine(); err != nil || m.Country != "NO" || !m.Ephemeral {
		t.Errorf("got %+v and %v", m, err)
	}
	w.write(w.path("policy.yaml"), "country: NO\nephemeral: maybe\n")
	if m, err := r.Machine(); err == nil || m.Country != "NO" || !m.Ephemeral {
		t.Errorf("of a damaged policy: %+v and %v", m, err)
	}
	d := r.Decide()
	w.want(d, Unknown, "machine_policy")
	if !strings.Contains(d.Reason, "policy.yaml:2:12") || !strings.Contains(d.Reason, "fix: write true or false") {
		t.Errorf("%q does not say where and what to do", d.Reason)
	}
	w.remove(w.path("policy.yaml"))
	if m, err := r.Machine(); err != nil || m.Ephemeral {
		t.Errorf("after the policy went: %+v and %v", m, err)
	}
	w.want(r.Decide(), On, "programme")
}

func TestSourcesThatCannotBeRead(t *testing.T) {
	for _, c := range []struct {
		by  string
		set func(*world)
	}{
		{"machine_policy", func(w *world) { w.mkdir(w.path("policy.yaml")) }},
		{"machine_policy", func(w *world) { w.write(w.path("policy.yaml"), strings.Repeat("#", maxPolicy+1)) }},
		{"machine_policy", func(w *world) { w.write(w.path("policy.yaml"), "\x00\xff") }},
		{"user", func(w *world) { w.start(); w.mkdir(w.kept(historyFile)) }},
	} {
		w := newWorld(t)
		c.set(w)
		d := w.start().Decide()
		w.want(d, Unknown, c.by)
		if d.MayCollect {
			t.Errorf("%s: collects before any decision", c.by)
		}
	}
	w := newWorld(t)
	w.write(w.path("file"), "")
	c := w.config()
	c.KillFile = w.path("file/off") // below something that is no directory
	r, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	w.want(r.Decide(), Unknown, "kill_file")
}

func (w *world) mkdir(path string) {
	w.t.Helper()
	if err := os.MkdirAll(path, 0o700); err != nil {
		w.t.Fatal(err)
	}
}

// FuzzParseMachine holds that a policy is understood or refused with a place
// and a fix, and that nothing makes it panic.
func FuzzParseMachine(f *testing.F) {
	f.Add([]byte("participation: off\ncountry: NO\nephemeral: true\nlevel: enhanced\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseMachine("policy.yaml", b)
		if err == nil {
			if m.Participation == Unknown || m.Country != "" && !isCountry(m.Country) {
				t.Errorf("took %+v", m)
			}
			return
		}
		p, ok := errors.AsType[registry.Problem](err)
		if !ok || p.Line < 1 || p.Column < 1 || p.What == "" || p.Fix == "" {
			t.Errorf("got error %v without a place or a fix", err)
		}
	})
}
