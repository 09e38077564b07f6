package story

import (
	"net"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestUsage mistypes commands.
func TestUsage(t *testing.T) {
	t.Parallel()
	for line, says := range map[string]string{
		"frobnicate":          `"frobnicate"`,
		"up --frob":           "--frob",
		"up there":            "there",
		"up --ports many":     "many",
		"lookup":              "",
		"lookup a b":          "",
		"id --json=maybe":     "maybe",
		"outbox frobnicate":   "frobnicate",
		"outbox show":         "",
		"registry frobnicate": "frobnicate",
		"registry diff base":  "2 arg(s)",
		"scrub file":          "file",
		"insights":            "",
		"insights a b":        "",
		"why --data":          "--data",
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			checkRefused(t, rig.Tacit(t, strings.Fields(line)...).Run(t), 2, says, "--help")
		})
	}
}

// TestNotUnderstood has commands that are well formed and cannot be done.
func TestNotUnderstood(t *testing.T) {
	t.Parallel()
	dir, _ := lived(t)
	empty := rig.Dir(t)
	for line, says := range map[string][]string{
		"lookup 7d444840-9dc0-41d1-b245-5ffdce74fad2":            {"no pages for this ID in the last 90 days\n", "not", "off", "reset", "expired"},
		"lookup 7d444840-9dc0-41d1-b245-5ffdce74fad2 --since 1d": {"in the last 1 day\n"},
		"lookup 7d444840-9dc0-11d1-b245-5ffdce74fad2":            {"version 4"},
		"lookup 00000000-0000-0000-0000-000000000000":            {"not an installation ID"},
		"lookup 7d444840-9dc0-41d1-b245-5ffdce74fad":             {"31 characters"},
		"lookup -":                        {"nothing was typed"},
		"insights nothing":                {`no such metric`, "registry show"},
		"insights os.type --by finder":    {"os.type,os.version,host.arch", "--by"},
		"lookup - --issues /nonexistent":  {"/nonexistent"},
		"send":                            {"not running", "tacit up"},
		"outbox show 999":                 {"999", "outbox list"},
		"outbox show x":                   {`"x"`, "outbox list"},
		"registry lint /nonexistent.yaml": {"/nonexistent.yaml"},
		"registry show /nonexistent.yaml": {"/nonexistent.yaml"},
		"registry docs /nonexistent.yaml": {"/nonexistent.yaml"},
		"registry diff base /nonexistent": {"/nonexistent", "base"},
	} {
		t.Run(line, func(t *testing.T) {
			c := rig.Tacit(t, append(strings.Fields(line), "--data", dir)...)
			checkRefused(t, c.Run(t), 1, says...)
		})
	}
	since := []string{"lookup", "7d444840-9dc0-41d1-b245-5ffdce74fad2", "--since", "ago", "--data", dir}
	checkRefused(t, rig.Tacit(t, since...).Run(t), 2, "--since", "7d")
	for line, says := range map[string]string{"id": "no installation", "why": "no installation", "preview": "no installation", "lookup 7d444840-9dc0-41d1-b245-5ffdce74fad2": "no store", "insights os.type": "no store"} {
		t.Run(line+" where nothing is", func(t *testing.T) {
			checkRefused(t, rig.Tacit(t, append(strings.Fields(line), "--data", empty)...).Run(t), 1, says)
		})
	}
}

// TestMistypedID changes a spoken ID as people do: each slip is caught by the
// check character or by the length.
func TestMistypedID(t *testing.T) {
	t.Parallel()
	dir, _ := lived(t)
	spoken := strings.TrimSpace(run(t, dir, "id", "--spoken"))
	swapped := []byte(spoken)
	for i := 1; i < len(swapped)-1; i++ { // the first character has a rule of its own
		if a, b := swapped[i], swapped[i+1]; a != b && a != '-' && b != '-' {
			swapped[i], swapped[i+1] = b, a
			break
		}
	}
	for typed, says := range map[string]string{
		mistype(spoken): "check character", string(swapped): "check character",
		spoken[:len(spoken)-1]: "26 characters", spoken + "X": "28 characters",
	} {
		checkRefused(t, rig.Tacit(t, "lookup", typed, "--data", dir).Run(t), 1, says, "read it again")
	}
}

// TestBadRegistry lints a registry that a reviewer would send back.
func TestBadRegistry(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/bad.yaml"
	write(t, path, "release: 1\nbase: [{release: 1, from: 1}]\nproducts: [{name: app, modules: [example.com/app]}]\nmetrics:\n"+
		"  - name: app.used\n    descripton: a typo\n    category: licence\n    level: maybe\n    purpose: x\n    purpose: y\n")
	r := rig.Tacit(t, "registry", "lint", path).Run(t)
	checkRefused(t, r, 1, "problems")
	line := regexp.MustCompile(`^` + regexp.QuoteMeta(path) + `:(\d+):(\d+): .+; fix: .+$`)
	at := map[string]string{}
	for text := range strings.Lines(r.Stdout) {
		m := line.FindStringSubmatch(strings.TrimSpace(text))
		if m == nil {
			t.Errorf("a problem without file, line, column and fix: %s", text)
			continue
		}
		for _, word := range []string{"maybe", "descripton", "licence", "purpose"} {
			if strings.Contains(text, word) {
				at[word] += m[1] + ":" + m[2] + " "
			}
		}
	}
	for word, want := range map[string]string{"maybe": "8:12", "descripton": "6:5", "licence": "7:15", "purpose": "10:5"} {
		if !strings.Contains(at[word], want+" ") {
			t.Errorf("%s is found at %s, want %s; printed:\n%s", word, at[word], want, r.Stdout)
		}
	}
}

// TestSecondUp starts Tacit twice on one directory.
func TestSecondUp(t *testing.T) {
	t.Parallel()
	dir, ledger := rig.Dir(t), new(rig.Ledger)
	p := rig.Up(t, dir)
	for _, args := range [][]string{{"up", "--ports", "0"}, {"up", "--once", "--json"}} {
		r := rig.Tacit(t, append(args, "--data", dir)...).Run(t)
		checkRefused(t, r, 1, "process "+strconv.Itoa(p.PID())+" ", "--data")
	}
	deliver(t, dir, ledger)
}

// TestPortInUse wants a port that somebody else has.
func TestPortInUse(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, taken, _ := net.SplitHostPort(l.Addr().String())
	dir := rig.Dir(t)
	p := rig.Tacit(t, "up", "--ports", taken, "--data", dir).Start(t, dir)
	p.WaitFor(t, "Ctrl-C ends it")
	_, got, _ := net.SplitHostPort(rig.ReadSite(t, dir).Relay)
	if got == taken || got == "" {
		t.Errorf("up listens on port %q, and %s is taken", got, taken)
	}
	deliver(t, dir, new(rig.Ledger))
}
