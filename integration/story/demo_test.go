package story

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/figures"
	"github.com/tacit-telemetry/tacit/integration/rig"
)

// filled is the mark of a demo, as it says what was sent.
type filled struct {
	Filled  string
	Days    int `json:"host_days"` // on which a host was on: it sends one page on such a day
	Batches int
	Records int
	TookMS  int `json:"took_ms"`
	Named   []struct {
		Name, ID string
		Records  int
	}
}

// demoPatience is how long a demo may take to be filled here.
const demoPatience = 20 * time.Minute

// TestDemo begins a demo, interrupts it, begins anew and lets it stay up. What is
// in the store is what was made up, and everything says that it is.
func TestDemo(t *testing.T) {
	if figures.Run(t) == "test" {
		t.Skip("it fills a demo, for half a minute or more: make faults does; make test has the browser fill one")
	}
	here := demoHere(t)
	dir := filepath.Join(here, ".tacit-demo")
	up := rig.Command{Path: "./bin/tacit", Dir: here, Args: []string{"up", "--demo", "--ports", "0"}}
	interruptDemo(t, up, dir)
	p := up.Start(t, dir)
	rig.Within(t, demoPatience, "the demo is filled", func() bool {
		if strings.Contains(p.Text(), "error:") {
			t.Fatalf("it ended: %s", p.Text())
		}
		return strings.Contains(p.Text(), "slow since 5.3.0)")
	})
	t.Run("Banner", func(t *testing.T) { checkDemoBanner(t, p.Text()) })
	mark := readMark(t, dir)
	t.Logf("filled in %d ms", mark.TookMS)
	t.Run("Store", func(t *testing.T) { checkDemoStore(t, dir, mark) })
	t.Run("Lookup", func(t *testing.T) { checkDemoLookups(t, dir, mark) })
	t.Run("Pages", func(t *testing.T) { checkDemoPages(t, p.Text()) })
	t.Run("Try", func(t *testing.T) { tryDemo(t, here, p.Text()) })
	t.Run("Refused", func(t *testing.T) { checkDemoIsRefused(t, dir) })
	if took, code := p.Interrupt(t); code != 0 {
		t.Errorf("Ctrl-C: exit %d after %v: %s", code, took, p.Text())
	}
	again := rig.Command{Path: "./bin/tacit", Dir: here, Args: []string{"up", "--demo", "--once", "--ports", "0", "--json"}}
	var r struct {
		Simulated bool
		UserID    string `json:"user_id"`
		filled
	}
	again.JSON(t, &r)
	if fmt.Sprint(r.filled) != fmt.Sprint(mark) || !r.Simulated {
		t.Errorf("the next start has another fleet: %+v, not %+v", r.filled, mark)
	}
	if r.UserID != mark.userOf() {
		t.Error("the next start has another user")
	}
}

// userOf returns the ID of the demo's user.
func (m filled) userOf() string {
	for _, n := range m.Named {
		if n.Name == "user" {
			return n.ID
		}
	}
	return ""
}

// demoHere returns a directory with bin/tacit in it, as where make demo runs.
func demoHere(t *testing.T) string {
	t.Helper()
	here := rig.Dir(t)
	if err := os.Mkdir(filepath.Join(here, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(rig.Binary(t, "tacit"), filepath.Join(here, "bin", "tacit")); err != nil {
		t.Fatal(err)
	}
	return here
}

// interruptDemo ends a demo while its agents send: what is in the store by then
// must not be there twice later.
func interruptDemo(t *testing.T, up rig.Command, dir string) {
	t.Helper()
	p := up.Start(t, dir)
	rig.Within(t, demoPatience, "some of the fleet have sent all, and others live", func() bool {
		_, err := os.Stat(filepath.Join(dir, "fleet", "60"))
		return err == nil
	})
	if took, code := p.Interrupt(t); code != 1 || took > 20*time.Second || !strings.Contains(p.Text(), "hint: run the same command again") {
		t.Errorf("Ctrl-C while the demo is filled: exit %d after %v: %s", code, took, p.Text())
	}
	if m := readMark(t, dir); m.Filled != "" {
		t.Errorf("it was interrupted, and is filled since %s", m.Filled)
	}
}

func readMark(t *testing.T, dir string) (m filled) {
	t.Helper()
	if err := json.Unmarshal([]byte(read(t, filepath.Join(dir, "demo.json"))), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func checkDemoBanner(t *testing.T, banner string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(banner, "\n"), "\n")
	if len(lines) > 12 || !strings.HasPrefix(lines[0], "SIMULATED FLEET. ") {
		t.Errorf("%d lines, of which the first does not say what it is:\n%s", len(lines), banner)
	}
	want, got := same(readmeOutput(t, "$ make demo\n")), same(banner)
	for _, loose := range []string{" --data ./.tacit-demo", " --data .tacit-demo"} {
		want, got = strings.ReplaceAll(want, loose, ""), strings.ReplaceAll(got, loose, "")
	}
	if want != got {
		t.Errorf("the README shows\n%s\nand the command prints\n%s", want, got)
	}
}

// checkDemoStore compares what the store holds with what was sent: of each page
// two rows.
func checkDemoStore(t *testing.T, dir string, mark filled) {
	t.Helper()
	var r struct {
		Sound  bool
		Months []struct {
			Half string
			Rows int
		}
	}
	rig.Tacit(t, "store", "verify", "--json", "--data", dir).JSON(t, &r)
	pages := 0
	for _, m := range r.Months {
		if m.Half == "pages" {
			pages += m.Rows / 2
		}
	}
	if !r.Sound || mark.Days < 1000 {
		t.Errorf("sound %v, %d days", r.Sound, mark.Days)
	}
	// While it is up, the user's own agent goes on to report about itself.
	if pages < mark.Days || pages > mark.Days+5 {
		t.Errorf("the store holds %d pages, and hosts were on for %d days", pages, mark.Days)
	}
}

// checkDemoLookups opens every installation that has a name.
func checkDemoLookups(t *testing.T, dir string, mark filled) {
	t.Helper()
	for _, n := range mark.Named {
		r := rig.Tacit(t, "lookup", "-", "--json", "--data", dir)
		r.In = n.ID
		var tl struct {
			rig.Timeline
			Simulated bool
		}
		r.JSON(t, &tl)
		records, failed := 0, 0
		for _, one := range tl.Records {
			if one.Product != "tacit" {
				records++
			}
			if one.Metric == "finder.error" {
				failed++
			}
		}
		if records != n.Records || tl.Unknown != 0 || tl.Damaged != 0 || !tl.Simulated {
			t.Errorf("%s: %d records of products, %d were told; %d not understood, %d pages damaged, simulated %v",
				n.Name, records, n.Records, tl.Unknown, tl.Damaged, tl.Simulated)
		}
		if want := map[string]int{"user": 14}[n.Name]; failed != want {
			t.Errorf("%s: %d failures, want %d", n.Name, failed, want)
		}
	}
	if len(mark.Named) != 5 {
		t.Errorf("%d installations have a name", len(mark.Named))
	}
}

// checkDemoPages looks at every page of the console, before and after the login.
func checkDemoPages(t *testing.T, banner string) {
	t.Helper()
	got := regexp.MustCompile(`console +(http://\S+)/   setup code (\S+)`).FindStringSubmatch(banner)
	if got == nil {
		t.Fatalf("no console in %s", banner)
	}
	a := rig.NewAdmin(t, got[1])
	marked := func(path string) {
		t.Helper()
		if text := a.Get(t, path).Text(); strings.Count(text, "SIMULATED FLEET") < 2 { // in the title, and on the page
			t.Errorf("%s is not marked: %.300s", path, text)
		}
	}
	marked("/setup")
	marked("/login")
	a.SetUp(t, got[2], "ada", "three words in a row")
	for _, path := range []string{"/", "/cloud-services", "/collected", "/sent", "/agent-configuration", "/account", "/nowhere"} {
		marked(path)
	}
}

// tryDemo types what the banner says.
func tryDemo(t *testing.T, here, banner string) {
	t.Helper()
	lines := regexp.MustCompile(`(?m)^(?:Try:|    )  (\./bin/tacit .*?)   \((.*)\)$`).FindAllStringSubmatch(banner, -1)
	if len(lines) != 3 {
		t.Fatalf("%d lines to try:\n%s", len(lines), banner)
	}
	for i, says := range [][]string{
		{"Search fails since finder 5.3.0 on this installation: 14 of 15 attempts, error search_timeout in `engine.Query`; known issue, fixed in 5.3.1", "Open is slow since finder 5.3.0"},
		{"Nothing wrong is to be seen"},
		{"5.2.0: at least 2", "5.3.0: at least 2", "operation=open"},
	} {
		r := rig.Command{Path: "sh", Args: []string{"-c", lines[i][1]}, Dir: here}.Run(t)
		if r.Code != 0 || !strings.HasPrefix(r.Stdout, "SIMULATED FLEET") {
			t.Errorf("%s: exit %d, %.400s%s", lines[i][1], r.Code, r.Stdout, r.Stderr)
		}
		for _, text := range says {
			if !strings.Contains(r.Stdout, text) {
				t.Errorf("%s does not say %q: %.900s", lines[i][1], text, r.Stdout)
			}
		}
	}
}

// checkDemoIsRefused: nothing that makes a data directory takes a demo's, and the
// demo takes no other.
func checkDemoIsRefused(t *testing.T, dir string) {
	t.Helper()
	checkRefused(t, rig.Tacit(t, "up", "--once", "--data", dir).Run(t), 1, "is the directory of a demo", "add --demo")
	config := filepath.Join(t.TempDir(), "agent.yaml")
	write(t, config, "relays: [nats://127.0.0.1:9]\ncredential: "+strings.Repeat("c", 32)+"\nvendor_key: "+strings.Repeat("ab", 32)+"\n")
	agent := rig.Command{Path: rig.Binary(t, "tacit-agent"), Args: []string{"--config", config, "--data", dir}}
	checkRefused(t, agent.Run(t), 1, "is the directory of a demo", "name another directory")
	real := rig.Dir(t)
	write(t, filepath.Join(real, "notes.txt"), "mine")
	checkRefused(t, rig.Tacit(t, "up", "--demo", "--once", "--data", real).Run(t), 1, "is not empty", "name another with --data")
	if entries, err := os.ReadDir(real); err != nil || len(entries) != 1 {
		t.Errorf("it left %v, %v", entries, err)
	}
	checkRefused(t, rig.Tacit(t, "up", "--demo", "--registry", "x.yaml", "--data", real).Run(t), 2, "--registry with --demo", "leave it out")
}

// TestFailingProduct: a product that is run for real and whose search fails since
// its update is seen so in its history, and in the one sentence.
func TestFailingProduct(t *testing.T) {
	t.Parallel()
	dir := rig.Dir(t)
	rig.UpExample(t, dir)
	for _, session := range [][]string{{"5.2.0", "6", "0"}, {"5.3.0", "15", "14"}} {
		p := rig.Products(t)[0].On(dir)
		p.Args = append(p.Args, "-version", session[0], "-searches", session[1], "-fail", session[2], "-send")
		if r := p.Run(t); r.Code != 7 || r.Stderr != "" {
			t.Fatalf("exit code %d: %s%s", r.Code, r.Stdout, r.Stderr)
		}
	}
	counts := map[string]int{}
	for _, r := range rig.Lookup(t, dir, rig.ID(t, dir)).Records {
		switch {
		case r.Metric == "finder.operation.duration" && r.Labels["operation"] == "search":
			counts["found under "+r.Version] += max(1, r.Count)
		case r.Metric == "finder.error" && r.Labels["operation"] == "search" && r.Value == "search_timeout":
			counts["failed under "+r.Version] += max(1, r.Count)
			if !strings.HasPrefix(r.Labels["frames"], "main.engine.Query search.go:") {
				t.Errorf("it failed in %q", r.Labels["frames"])
			}
		}
	}
	if want := (map[string]int{"found under 5.2.0": 6, "found under 5.3.0": 1, "failed under 5.3.0": 14}); fmt.Sprint(counts) != fmt.Sprint(want) {
		t.Errorf("searches are %v, want %v", counts, want)
	}
	issues := filepath.Join(t.TempDir(), "issues.yaml")
	write(t, issues, `known_issues:
  - {product: finder, code: search_timeout, function: main.engine.Query, title: "Search times out.", since: "5.3.0", fixed_in: "5.3.1"}
releases:
  - {product: finder, version: "5.3", end_of_life: 2099-12-31}
`)
	sentence := run(t, dir, "lookup", rig.ID(t, dir), "--issues", issues)
	for _, says := range []string{"Search fails since finder 5.3.0 on this installation: 14 of ", "search_timeout in `main.engine.Query`; known issue, fixed in 5.3.1"} {
		if first, _, _ := strings.Cut(sentence, "\n"); !strings.Contains(first, says) {
			t.Errorf("the sentence does not say %q: %s", says, first)
		}
	}
}
