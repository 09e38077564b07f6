package split

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// What the site's relay says of its policy.
const (
	policyOn      = "tacit_relay_policy_on"
	policyHeld    = "tacit_relay_policy_held"
	policyDamaged = "tacit_relay_policy_damaged"
)

// TestRelayDirectoryPutBack puts a copy of the relay's data directory back that
// was made before the administrator decided. The relay notices and holds, says
// why, and nothing leaves until somebody has saved. When all that the relay
// keeps anywhere is put back, it cannot notice, and the agents do.
func TestRelayDirectoryPutBack(t *testing.T) {
	t.Parallel()
	s := begin(t, rig.Plan{Agents: 1, Plain: true})
	admin, agent, ledger := s.Administrator(t), s.Agents[0], new(rig.Ledger)
	offer(t, agent, ledger)
	arrived(t, s, agent, ledger)
	before, witness := backup(t, s.Site), copyTo(t, theWitness(t, s), t.TempDir())
	all := func() {
		kill(s.Site)
		putBack(t, s.Site, before)
		copyTo(t, witness, filepath.Dir(theWitness(t, s)))
		start(t, s.Site)
		listens(t, s)
	}
	decide := func(state string) {
		admin.LogIn(t, "ada", "a long walk by the sea")
		admin.Decide(t, both(state))
	}
	decide("on")
	rig.Eventually(t, "the agent has heard it", func() bool { return decided(ask(t, agent)) })
	// A revision is a second, or one above the last that is known. A relay that
	// knows nothing of the last decision must not make another in that second.
	second := time.Now().Unix()
	rig.Eventually(t, "the second of the decision is over", func() bool { return time.Now().Unix() > second })
	all()
	if why := says(t, agent, "unknown", "site_policy"); !strings.Contains(why.Reason, "it lost something") {
		t.Errorf("the agent says %+v", why)
	}
	if s.Site.Metric(t, policyOn) != 1 {
		t.Error("everything was put back, and the relay knows")
	}
	keepsAll(t, s, ledger)

	decide("off")
	says(t, agent, "off", "site_policy")
	w := resting(t, s, map[*rig.Daemon]*rig.Ledger{agent: ledger})
	w.silent = false // a relay that holds does not say off, so that the agent may ask
	all()
	w.check("all that the relay keeps is from before")
	decide("off")
	kill(s.Site)
	putBack(t, s.Site, before)
	start(t, s.Site)
	holds(t, s)
	listens(t, s)
	w.check("the relay's directory is from before")
	siteDoor(s).answers(t, fragment, off)
	admin.LogIn(t, "ada", "a long walk by the sea")
	for _, page := range []string{"/", rig.CloudServices} {
		p := admin.Get(t, page)
		p.Says(t, "On hold: nothing is sent")
		p.Says(t, "The decision on disk is older than one that was saved here")
	}
	admin.Decide(t, both("on"))
	w.resumes()
}

// decided says whether an agent has heard an administrator's yes.
func decided(w why) bool {
	for _, in := range w.Inputs {
		if in.Name == "site_policy" {
			return in.Says == "on" && strings.Contains(in.Reason, "administrator")
		}
	}
	return false
}

// keepsAll looks whether an agent that cannot know what its site wants keeps
// what products offer, and sends none of it.
func keepsAll(t *testing.T, s *rig.Split, ledger *rig.Ledger) {
	t.Helper()
	puts, _ := s.Wires[0].Puts()
	for range 3 {
		ledger.MustOffer(t, s.Agents[0].Data, 1)
		if got := send(t, s.Agents[0]); got.Sent != 0 || got.Reason == "" {
			t.Errorf("send says %+v", got)
		}
	}
	if now, _ := s.Wires[0].Puts(); now != puts || waiting(t, s.Agents[0]) == 0 {
		t.Errorf("%d envelopes left, and %d batches wait", now-puts, waiting(t, s.Agents[0]))
	}
}

// theWitness returns the file that a relay keeps outside its data directory.
func theWitness(t *testing.T, s *rig.Split) string {
	t.Helper()
	found, err := filepath.Glob(s.Site.Data + ".witness/*")
	if err != nil || len(found) != 1 {
		t.Fatalf("outside the data directory are %q, %v", found, err)
	}
	return found[0]
}

// holds waits until the site's relay holds its policy because of damage. It
// answers all the same.
func holds(t *testing.T, s *rig.Split) {
	t.Helper()
	rig.Eventually(t, "the relay holds", func() bool {
		return s.Site.Metric(t, policyHeld) == 1 && s.Site.Metric(t, policyDamaged) == 1 && s.Site.Metric(t, policyOn) == 0
	})
	s.Site.WaitReady(t)
	r, err := http.Get(strings.TrimSuffix(s.Site.Told(t, "health"), "readyz") + "livez")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		t.Errorf("/livez answers %d", r.StatusCode)
	}
}

// TestPolicyEditedByHand changes the relay's record of a refusal while it runs,
// in the ways that somebody with an editor does. Each is found, each holds, and
// the console says which line. The damaged file is kept.
func TestPolicyEditedByHand(t *testing.T) {
	t.Parallel()
	s := begin(t, rig.Plan{Agents: 1, Plain: true})
	admin, agent, ledger := s.Administrator(t), s.Agents[0], new(rig.Ledger)
	offer(t, agent, ledger)
	arrived(t, s, agent, ledger)
	log := filepath.Join(s.Site.Data, "relay", "policy", "policy.log")
	for _, c := range []struct {
		what, says string
		edit       func(lines []string) []string
	}{
		{"an off becomes an on", "of the file policy.log was changed", func(lines []string) []string {
			last := len(lines) - 1
			lines[last] = strings.ReplaceAll(lines[last], `"off"`, `"on"`)
			return lines
		}},
		{"a line is added", "of the file policy.log was changed", func(lines []string) []string {
			return append(lines, strings.ReplaceAll(lines[len(lines)-1], `"off"`, `"on"`))
		}},
		{"the refusal is taken out", "The decision on disk is older", func(lines []string) []string { return lines[:len(lines)-1] }},
		{"it is no JSON", "of the file policy.log was changed", func(lines []string) []string { return append(lines, "ceip: on") }},
		{"the first line is another", "Line 1 of the file policy.log was changed", func(lines []string) []string {
			lines[0] = strings.Replace(lines[0], `"time":"20`, `"time":"19`, 1)
			return lines
		}},
		{"the file is empty", "The decision on disk is older", func([]string) []string { return nil }},
	} {
		admin.Decide(t, both("off"))
		says(t, agent, "off", "site_policy")
		w := resting(t, s, map[*rig.Daemon]*rig.Ledger{agent: ledger})
		w.silent = false
		damaged := editLines(t, log, c.edit)
		holds(t, s)
		says(t, agent, "unknown", "site_policy")
		w.check(c.what)
		siteDoor(s).answers(t, fragment, off)
		p := admin.Get(t, rig.CloudServices)
		p.Says(t, "On hold: nothing is sent")
		p.Says(t, c.says)
		p.Says(t, "Save the settings. A damaged file is kept beside the new one.")
		admin.Decide(t, both("off"))
		says(t, agent, "off", "site_policy")
		w.check(c.what + ", and the administrator saved")
		kept(t, log, damaged)
	}
	admin.Decide(t, both("on"))
	offer(t, agent, ledger)
	ledger.CheckExact(t, arrived(t, s, agent, ledger))
}

// editLines changes the lines of a file and returns its new content.
func editLines(t *testing.T, path string, edit func([]string) []string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, line := range edit(strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")) {
		text += line + "\n"
	}
	if text == string(b) {
		t.Fatal("the edit changes nothing")
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return text
}

// kept looks for a damaged file among those beside it.
func kept(t *testing.T, path, damaged string) {
	t.Helper()
	beside, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range beside {
		if b, err := os.ReadFile(name); err == nil && name != path && string(b) == damaged {
			return
		}
	}
	t.Errorf("the damaged file is not among %d files", len(beside)-1)
}
