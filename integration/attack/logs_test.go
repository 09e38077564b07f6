package attack

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// logPatience is for what waits for the end of an agent's window of a minute.
const logPatience = 3 * time.Minute

// logStory is a site with a host of which the log is busy.
type logStory struct {
	t         *testing.T
	site, dir string // data directories of `up` and of the host's agent
	registry  string
	logs      string // directory
	up, agent *rig.Process
	wire      *rig.Recorder
	admin     *rig.Admin
	log       *busyLog
	seen      evidence
}

// TestLogs has a host give its product's log at level enhanced, as the site's
// administrator decides it in the console: the templates and what was left of the
// other lines are in the preview, and arrive with their numbers, and nothing of what identifies is on any
// disk or wire, or in what anybody is shown. At standard the log is not opened.
func TestLogs(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it waits for windows of a minute")
	}
	s := &logStory{t: t, site: rig.Dir(t), dir: rig.Dir(t), logs: t.TempDir()}
	s.registry = registryFile(t, filepath.Join(t.TempDir(), "acme.yaml"), s.logs)
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	s.log = newBusyLog(t, filepath.Join(s.logs, "acme.log"), host)
	s.start()
	s.neverOpened("before anybody decided")
	s.decide(rig.EnhancedLevel)
	id := strings.TrimSpace(s.ask("id"))
	rig.Within(t, logPatience, "the lines are in the preview", s.previewed)
	s.ask("send")
	rig.Eventually(t, "the lines are in the timeline", func() bool { return s.arrived(id) })
	s.decide(rig.StandardLevel)
	s.neverOpened("at standard again")
	s.log.stop()
	s.shown(id)
	s.end()
	s.search(host)
}

// start starts both, with a recorder between them.
func (s *logStory) start() {
	s.up = rig.Tacit(s.t, "up", "--ports", "0", "--data", s.site, "--registry", s.registry, "--verbose").Start(s.t, s.site)
	s.up.WaitFor(s.t, "Ctrl-C ends it")
	var code []string
	rig.Eventually(s.t, "it prints a setup code", func() bool {
		code = regexp.MustCompile(`setup code (\S+)`).FindStringSubmatch(s.up.Text())
		return code != nil
	})
	s.admin = rig.NewAdmin(s.t, s.console())
	s.admin.SetUp(s.t, code[1], "ada", "a long walk by the sea")
	s.admin.Decide(s.t, map[string]string{rig.CEIPBox: "on"})
	site := rig.ReadSite(s.t, s.site)
	s.wire = rig.NewRecorder(s.t, site.Relay)
	site.Relay = s.wire.Address()
	config := site.AgentConfig(s.t, s.dir, "interval: 1h", "window: 50ms", "registry: ["+s.registry+"]")
	s.agent = rig.Command{Path: rig.Binary(s.t, "tacit-agent"), Args: []string{"--config", config, "--verbose"}}.Start(s.t, s.dir)
	s.agent.WaitFor(s.t, "runs;")
	rig.Eventually(s.t, "the agent has heard the site", func() bool { return s.level() == "standard" })
}

func (s *logStory) console() string {
	var at struct{ Console string }
	b, err := os.ReadFile(filepath.Join(s.site, "run", "endpoints.json"))
	if err == nil {
		err = json.Unmarshal(b, &at)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return at.Console
}

// decide has the administrator choose a level, and waits until the host knows.
func (s *logStory) decide(level string) {
	s.t.Helper()
	s.admin.Decide(s.t, map[string]string{level: "on"})
	rig.Eventually(s.t, "the level is "+level, func() bool { return strings.EqualFold(s.level(), level) })
}

// level is what the agent gives, once it takes part.
func (s *logStory) level() string {
	var why struct {
		Level   string
		MaySend bool `json:"may_send"`
	}
	r := s.command("why", "--json").Run(s.t)
	if err := json.Unmarshal([]byte(r.Stdout), &why); err != nil || !why.MaySend {
		return ""
	}
	return why.Level
}

func (s *logStory) command(args ...string) rig.Command {
	return rig.Command{Path: rig.Binary(s.t, "tacit-agent"), Args: append(args, "--data", s.dir)}
}

// ask runs a command of the host's user and keeps what it prints.
func (s *logStory) ask(args ...string) string {
	s.t.Helper()
	r := s.command(args...).Run(s.t)
	if r.Code != 0 {
		s.t.Fatalf("tacit-agent %s: exit %d: %s", args[0], r.Code, r.Stderr)
	}
	s.seen.add("what tacit-agent "+args[0]+" prints", []byte(r.Stdout+r.Stderr))
	return r.Stdout
}

// neverOpened checks, where the system tells, that the agent leaves the log alone
// while it is written to.
func (s *logStory) neverOpened(when string) {
	s.t.Helper()
	fds := fmt.Sprintf("/proc/%d/fd", s.agent.PID())
	rig.Eventually(s.t, "the log is closed "+when, func() bool { return !s.opened(fds) })
	for begun := s.log.written(); s.log.written() < begun+30; {
		if s.opened(fds) {
			s.t.Fatalf("the log is open %s", when)
		}
	}
}

func (s *logStory) opened(fds string) bool {
	entries, _ := os.ReadDir(fds)
	for _, e := range entries {
		if to, _ := os.Readlink(filepath.Join(fds, e.Name())); to == s.log.path {
			return true
		}
	}
	return false
}

// previewed says whether the host's user is shown what would be sent: the template
// with its buckets, and what is left of a line that has none.
func (s *logStory) previewed() bool {
	text := s.ask("preview")
	_, lines, _ := strings.Cut(text, "\n  what acme logged:\n")
	lines, _, _ = strings.Cut(lines, "\n\n")
	return inOneLine(lines, "indexed: “Indexed {documents} documents of {folder} for {user} in {took}”", "documents=10–100", "took=1 ms–1 s") &&
		inOneLine(lines, "begun: “The work has begun.”") && inOneLine(lines, "failed to open the file <path>", "permission denied")
}

// inOneLine says whether a line of a text has all of some parts.
func inOneLine(text string, parts ...string) bool {
	for line := range strings.Lines(text) {
		if !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) }) {
			return true
		}
	}
	return false
}

// arrived says whether the timeline has a template with its buckets and its
// number, and a line that was scrubbed.
func (s *logStory) arrived(id string) bool {
	r := rig.Tacit(s.t, "lookup", id, "--data", s.site, "--json").Run(s.t)
	var tl rig.Timeline
	if r.Code != 0 || json.Unmarshal([]byte(r.Stdout), &tl) != nil {
		return false
	}
	template, begun, line := 0, 0, 0
	for _, record := range tl.Records {
		switch {
		case record.Metric == "acme.log" && record.Value == "indexed" && record.Labels["documents"] == "10–100" && record.Labels["took"] == "1 ms–1 s":
			template = record.Count
		case record.Metric == "acme.log" && record.Value == "begun":
			begun = record.Count
		case record.Metric == "log.line" && strings.Contains(fmt.Sprint(record.Value), "permission denied"):
			line = record.Count
		}
	}
	// Two lines are of the one template, and differ in what is dropped alone.
	return begun > 1 && line > 1 && template >= 2*begun-2 && template <= 2*begun+2
}

// shown asks for all that anybody is shown of the lines.
func (s *logStory) shown(id string) {
	for _, args := range [][]string{{"preview"}, {"preview", "--json"}, {"outbox", "list"}, {"why"}} {
		s.ask(args...)
	}
	entries := strings.Count(s.ask("outbox", "list"), "\n") - 1
	for n := 1; n <= entries; n++ {
		s.ask("outbox", "show", fmt.Sprint(n), "--json")
	}
	r := rig.Tacit(s.t, "lookup", id, "--data", s.site).Run(s.t)
	if r.Code != 0 || !strings.Contains(r.Stdout, "permission denied") {
		s.t.Errorf("lookup: exit %d: %s%s", r.Code, r.Stdout, r.Stderr)
	}
	s.seen.add("the timeline", []byte(r.Stdout+r.Stderr))
}

// end ends both and keeps what they leave.
func (s *logStory) end() {
	s.seen.files(s.t, "of the running host", s.dir)
	s.agent.Interrupt(s.t)
	s.up.Interrupt(s.t)
	s.seen.files(s.t, "of the host", s.dir)
	s.seen.files(s.t, "of the site", s.site)
	s.seen.add("what the agent prints", []byte(s.agent.Text()))
	s.seen.add("what up prints", []byte(s.up.Text()))
	s.seen.add("the wire", s.wire.Recorded())
}

// search looks for everything everywhere; in the log itself it must be found.
func (s *logStory) search(host string) {
	ids := ofLogs()
	if len(host) >= shortest && !strings.Contains(host, "localhost") {
		ids = append(ids, identifier{class: "this host's name", text: host})
	}
	var control evidence
	control.files(s.t, "of the product", s.logs)
	for _, id := range ids {
		if len(control.search([]identifier{id}, nil)) == 0 {
			s.t.Errorf("%s is not found where it stands", id.class)
		}
	}
	if wire := len(s.wire.Recorded()); wire < 10<<10 {
		s.t.Errorf("the wire carried %d bytes", wire)
	}
	report(s.t, s.seen.search(ids, nil))
	s.t.Logf("%d canaries, %d places, %d KB", len(ids), s.seen.sinks(), s.seen.size()>>10)
}
