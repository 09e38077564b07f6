package attack

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// story is what happens to one host.
type story struct {
	t      testing.TB
	dir    string   // the data directory
	told   []string // what identifies this host, as an error's text may hold it
	users  []string // whose names stand in paths
	otlp   string   // where OpenTelemetry is taken: a URL
	seen   evidence
	id     string
	spoken string
	wrong  string // the ID as somebody mistyped it
}

// newStory begins a story in a data directory that it makes below parent.
func newStory(t testing.TB, parent string, told []string) *story {
	dir := filepath.Join(parent, secretsIn(inDirectory).licence)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return &story{t: t, dir: dir, told: told}
}

// live lives the whole story and returns what to search for beside the host's
// own identifiers.
func (s *story) live() (installation []identifier) {
	s.first()
	s.ask()
	s.lookups()
	other := s.running()
	s.powerCut()
	s.last()
	typed := identifier{class: "mistyped ID", text: s.wrong}
	return append(append(other, installationID(s.t, s.id, s.spoken)...), typed)
}

// environment holds secrets, as products' environments do.
func (s *story) environment() []string {
	in := secretsIn(inEnvironment)
	return []string{
		"ACME_LICENCE_KEY=" + in.licence, "ACME_CUSTOMER=" + in.customer,
		"TACIT_ENTITLEMENT=" + in.entitlement, "ACME_ALL=" + strings.Join(in.all(), ":"),
	}
}

func (s *story) command(stdin string, args ...string) rig.Command {
	if args[0] == "up" {
		for _, file := range rig.ExampleRegistry(s.t) {
			args = append(args, "--registry", file)
		}
	}
	c := rig.Tacit(s.t, append(args, "--data", s.dir)...)
	c.Env, c.In = s.environment(), stdin
	return c
}

// try runs a command and keeps what it prints.
func (s *story) try(args ...string) rig.Result { return s.tryWith("", args...) }

func (s *story) tryWith(stdin string, args ...string) rig.Result {
	s.t.Helper()
	r := s.command(stdin, args...).Run(s.t)
	name := "tacit " + args[0]
	for _, a := range args[1:] {
		if strings.HasPrefix(a, "--") {
			name += " " + a
		}
	}
	s.seen.printed("stdout of "+name, r.Stdout, s.dir, s.id, s.spoken)
	s.seen.printed("stderr of "+name, r.Stderr, s.dir)
	return r
}

// must runs a command that succeeds.
func (s *story) must(args ...string) rig.Result {
	s.t.Helper()
	r := s.try(args...)
	if r.Code != 0 {
		s.t.Fatalf("tacit %s: exit %d: %s", args[0], r.Code, r.Stderr)
	}
	return r
}

// refused runs a command that fails, with a text on stderr.
func (s *story) refused(expect string, args ...string) {
	s.t.Helper()
	if r := s.try(args...); r.Code == 0 || !strings.Contains(r.Stderr, expect) {
		s.t.Fatalf("tacit %s: exit %d, not a refusal with %q: %s", args[0], r.Code, expect, r.Stderr)
	}
}

// first starts the installation. The ID is asked for first of all, so that
// later lines that show it are known.
func (s *story) first() {
	once := s.command("", "up", "--once", "--verbose", "--json").Run(s.t)
	var cycle struct {
		ID string `json:"installation_id"`
	}
	if err := json.Unmarshal([]byte(once.Stdout), &cycle); err != nil {
		s.t.Fatalf("tacit up --once: exit %d: %v: %s", once.Code, err, once.Stderr)
	}
	s.id = cycle.ID
	s.spoken = strings.TrimSpace(s.command("", "id", "--spoken").Run(s.t).Stdout)
	s.wrong = mistyped(s.spoken)
	s.seen.printed("stdout of tacit up --once", once.Stdout, s.dir, s.id, s.spoken)
	s.seen.printed("stderr of tacit up --once", once.Stderr, s.dir)
	s.seen.files(s.t, "after the first start", s.dir)
	s.must("up", "--once", "--verbose") // the same day
}

// ask asks what can be asked; `id` prints a line that is the ID and nothing
// else.
func (s *story) ask() {
	for _, form := range [][]string{{"id"}, {"id", "--spoken"}} {
		r := s.command("", form...).Run(s.t)
		if line := strings.TrimSpace(r.Stdout); line != s.id && line != s.spoken {
			s.t.Fatalf("tacit id prints more than the ID")
		}
		s.seen.printed("stderr of tacit id", r.Stderr, s.dir)
	}
	s.must("id", "--json")
	for _, args := range [][]string{{"why"}, {"why", "--json"}, {"preview"}, {"preview", "--json"}, {"outbox"}, {"outbox", "verify"}} {
		s.must(args...)
	}
	var entries []struct {
		Number int `json:"number"`
	}
	if err := json.Unmarshal([]byte(s.must("outbox", "list", "--json").Stdout), &entries); err != nil || len(entries) < 2 {
		s.t.Fatalf("tacit outbox list: %d entries, %v", len(entries), err)
	}
	for _, e := range entries {
		s.must("outbox", "show", fmt.Sprint(e.Number), "--json")
	}
	s.must("outbox", "show", "1")
}

// lookups looks up, right and wrong.
func (s *story) lookups() {
	s.must("lookup", s.id)
	s.must("lookup", strings.ToLower(s.spoken), "--json")
	if r := s.tryWith(s.id+"\n", "lookup", "-", "--json"); r.Code != 0 {
		s.t.Fatalf("tacit lookup -: exit %d: %s", r.Code, r.Stderr)
	}
	s.refused("mistyped", "lookup", s.wrong)
	s.refused("no pages", "lookup", "8b9e6ab5-5e5b-4c43-9a56-0c1f8e1a4e50")
	s.refused("error: ", "lookup", "licence")
	in := secretsIn(inStdin)
	if r := s.tryWith(strings.Join(append(s.told, in.sentence()), "\n")+"\n", "scrub"); r.Code != 0 || !strings.Contains(r.Stdout, "permission denied") {
		s.t.Fatalf("tacit scrub: exit %d: %s", r.Code, r.Stdout)
	}
}

// running has `up` running, with a product that says too much, a user who
// mistypes and refuses, an endpoint that reports through it, and Ctrl-C at the
// end. It returns the endpoint's installation ID.
func (s *story) running() []identifier {
	up := s.up()
	s.refused("process ", "up")
	s.refused("mistyped", "lookup", s.wrong)
	s.product(true)
	s.must("preview", "--json")
	s.must("send", "--json")
	s.arrived()
	s.must("off")
	s.product(false)
	s.must("send")
	s.must("why")
	s.must("on")
	for _, args := range [][]string{{"id", "--json"}, {"preview"}, {"send"}, {"why", "--json"}, {"outbox", "verify"}} {
		s.must(args...)
	}
	endpoint := s.endpoint()
	s.seen.files(s.t, "while it runs", s.dir)
	up.Interrupt(s.t)
	s.ended("tacit up until Ctrl-C", up)
	return endpoint
}

func (s *story) up() *rig.Process {
	up := s.command("", "up", "--verbose", "--ports", "0").Start(s.t, s.dir)
	up.WaitFor(s.t, "Ctrl-C ends it")
	var at struct{ OTLP string }
	s.readJSON(filepath.Join(s.dir, "run", "endpoints.json"), &at)
	s.otlp = at.OTLP
	return up
}

func (s *story) ended(name string, p *rig.Process) {
	s.seen.printed("what "+name+" prints", p.Text(), s.dir, s.id, s.spoken)
}

// powerCut ends a running `up` just after it took what a product said.
func (s *story) powerCut() {
	up := s.up()
	s.product(true)
	up.Kill()
	s.ended("tacit up until kill -9", up)
	s.seen.files(s.t, "after kill -9", s.dir)
}

// last starts again, and looks at everything once more.
func (s *story) last() {
	s.must("up", "--once", "--verbose", "--json")
	s.must("lookup", s.id, "--json")
	s.must("outbox", "list", "--json")
	s.seen.files(s.t, "at the end", s.dir)
}

// arrived waits until the timeline has the error report of the mistyped lookup
// and the product's errors, whose text kept what is no secret: nothing was found
// because it was taken out, and not because nothing was sent.
func (s *story) arrived() {
	s.t.Helper()
	rig.Eventually(s.t, "the errors are in the timeline", func() bool {
		r := s.try("lookup", s.id, "--json")
		return strings.Contains(r.Stdout, "lookup_bad_id") && strings.Contains(r.Stdout, "permission denied") && reported(r.Stdout)
	})
}
