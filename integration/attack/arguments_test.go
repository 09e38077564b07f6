package attack

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestArguments gives every command a secret in each place that takes something:
// for an argument, for the value of each flag, and for the name of a flag. What it
// answers is for who typed it. Nothing of it is in what the running agent keeps,
// sends or logs, and of what was typed the timeline has the names of commands.
func TestArguments(t *testing.T) {
	t.Parallel()
	dir, elsewhere := rig.Dir(t), t.TempDir()
	up := rig.Up(t, dir)
	id := rig.ID(t, dir)
	var all [][]string
	for _, binary := range []string{"tacit", "tacit-agent"} {
		all = append(all, invocations(t, binary)...)
	}
	if len(all) < 100 {
		t.Fatalf("%d ways to call a command are not all", len(all))
	}
	values := secretsIn(inArgument).all()
	for i, args := range all {
		typed := slices.Clone(args)
		for at := range typed {
			typed[at] = strings.ReplaceAll(typed[at], here, values[i%len(values)])
		}
		r := rig.Command{Path: rig.Binary(t, typed[0]), Args: append(typed[1:], "--data", dir), Dir: elsewhere}.Run(t)
		if r.Code < 0 {
			t.Errorf("%q runs on: %s%s", args, r.Stdout, r.Stderr)
		}
	}
	checkCommands(t, dir, id)
	var seen evidence
	up.Interrupt(t)
	seen.printed("the log", up.Text(), dir)
	seen.files(t, "at the end", dir)
	report(t, seen.search(secretsIn(inArgument).identifiers(inArgument), nil))
}

// here is where a secret is typed.
const here = "SECRET"

// neverTyped are flags that would only move what is looked at.
var neverTyped = []string{"data", "help", "version"}

var (
	commandsHelp = regexp.MustCompile(`(?s)Available Commands:\n(.*?)\n\n`)
	commandHelp  = regexp.MustCompile(`(?m)^  ([a-z][a-z-]*)\s`)
	flagHelp     = regexp.MustCompile(`(?m)^ +(?:-\w, )?--([a-z][a-z-]*) [a-zA-Z]+  `) // of those that take a value
)

// invocations returns each way to call each command of a binary, as its help
// tells.
func invocations(t *testing.T, command ...string) (all [][]string) {
	t.Helper()
	help := rig.Command{Path: rig.Binary(t, command[0]), Args: append(slices.Clone(command[1:]), "--help")}.Run(t)
	if help.Code != 0 {
		t.Fatalf("%q --help: exit %d: %s", command, help.Code, help.Stderr)
	}
	if below := commandsHelp.FindStringSubmatch(help.Stdout); below != nil {
		for _, name := range commandHelp.FindAllStringSubmatch(below[1], -1) {
			all = append(all, invocations(t, append(slices.Clone(command), name[1])...)...)
		}
	}
	with := func(more ...string) { all = append(all, append(slices.Clone(command), more...)) }
	if !slices.Contains(command, "recover") { // of the console, which has the account's name that is typed
		with(here)
	}
	with("--" + here)
	with("--json", here, here)
	for _, flag := range flagHelp.FindAllStringSubmatch(help.Stdout, -1) {
		if !slices.Contains(neverTyped, flag[1]) && !slices.Contains(command, "bench") { // which runs for long
			with("--"+flag[1], here)
			with("--"+flag[1]+"="+here, here)
		}
	}
	return all
}

// checkCommands waits until commands are in the timeline and checks that they are
// names of commands.
func checkCommands(t *testing.T, dir, id string) {
	t.Helper()
	var used []string
	rig.Eventually(t, "commands are in the timeline", func() bool {
		rig.Tacit(t, "send", "--data", dir).Run(t)
		for _, r := range rig.Lookup(t, dir, id).Records {
			if r.Metric == "tacit.command.used" {
				used = append(used, r.Labels["command"])
			}
		}
		return len(used) > 0
	})
	known := regexp.MustCompile(`^[a-z]+([ _.-][a-z]+)*$`)
	for _, name := range used {
		if !known.MatchString(name) {
			t.Errorf("a command by the name of %q was used", name)
		}
	}
}
