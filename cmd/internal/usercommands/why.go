package usercommands

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/agent/participation"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

func whyCommand(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "why",
		Short: "is it on, and who decided",
		Args:  cli.Args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			env.Count("why")
			var said reasons
			err := ask(c.Context(), env,
				func(a *local.Caller) (err error) {
					if said.Why, err = a.Why(c.Context()); err == nil {
						said.Status, err = a.Status(c.Context())
					}
					return err
				},
				func(a *agent.Agent) error { said.Why, said.Status = a.Why(), a.Status(); return nil })
			if err != nil {
				return err
			}
			return printWhy(env, said)
		},
	}
}

// reasons is what `why` tells: who decided, and what waits or was lost here.
type reasons struct {
	local.Why
	Status local.Status `json:"status"`
}

func printWhy(env *cli.Env, why reasons) error {
	if env.JSON {
		return env.PrintJSON(why)
	}
	for _, line := range why.lines() {
		env.Printf("%s\n", line)
	}
	env.Printf("\n")
	if err := printInputs(env, why.Decision); err != nil {
		return err
	}
	for _, note := range why.notes() {
		env.Printf("note: %s\n", note)
	}
	return nil
}

// lines says what was decided, by which input, since when, and on what terms.
func (r *reasons) lines() []string {
	out := []string{fmt.Sprintf("%s: %s", r.State, r.Reason)}
	if r.By != "" {
		out = append(out, fmt.Sprintf("Decided by %s%s.", r.By, since(", since ", r.Since)))
	}
	if differ(r.Programmes) {
		for _, p := range r.Programmes {
			out = append(out, fmt.Sprintf("Programme %s is %s, by %s%s: %s", p.Name, p.State, p.By, since(", since ", p.Since), p.Reason))
		}
	}
	out = append(out, fmt.Sprintf("Level: %s.", r.Level))
	if !r.Debug.IsZero() {
		out = append(out, debugLine(r.Debug, string(r.Level)))
	}
	if r.Registry > r.Release {
		fix := "`tacit on` acknowledges it"
		if r.Revision > 0 {
			fix = "the site's administrator acknowledges it in the relay's console"
		}
		out = append(out, fmt.Sprintf("Release: the registry in use is release %d, and release %d is covered: what came later stays off until %s.", r.Registry, r.Release, fix))
	}
	if r.Connection != "" {
		out = append(out, "Connection: "+r.Connection)
	}
	if !r.SendsFrom.IsZero() {
		out = append(out, fmt.Sprintf("In grace after the first start: nothing is sent before %s.", r.SendsFrom.UTC().Format(time.RFC3339)))
	}
	return out
}

// since returns a date with what stands before it, or nothing.
func since(before string, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return before + t.UTC().Format(time.DateOnly)
}

// differ says whether the programmes are not all decided alike.
func differ(ps []participation.ProgrammeDecision) bool {
	return slices.ContainsFunc(ps, func(p participation.ProgrammeDecision) bool {
		return p.State != ps[0].State || p.By != ps[0].By
	})
}

func printInputs(env *cli.Env, d participation.Decision) error {
	w := tabwriter.NewWriter(env.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "INPUT\tSAYS\tVALUE\tSINCE\tSOURCE")
	for _, in := range d.Inputs {
		mark := ""
		if decides(d, in.Name) {
			mark = " *"
		}
		fmt.Fprintf(w, "%s%s\t%s\t%s\t%s\t%s\n", in.Name, mark, says(in), in.Value, since("", in.Since), cli.Shown(in.Source))
	}
	fmt.Fprintln(w, "\n* decides")
	return w.Flush()
}

// decides says whether an input decided anything.
func decides(d participation.Decision, name string) bool {
	return name == d.By || slices.ContainsFunc(d.Programmes, func(p participation.ProgrammeDecision) bool { return p.By == name })
}

// says returns an input's word, of each programme where they differ.
func says(in participation.Input) string {
	if len(in.Programmes) == 0 {
		return in.Says.String()
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(in.Programmes)) {
		out = append(out, fmt.Sprintf("%s %s", name, in.Programmes[name]))
	}
	return strings.Join(out, ", ")
}

// notes says what was lost or refused, if anything was.
func (r *reasons) notes() (out []string) {
	if n := r.Status.Spool.Dropped; n > 0 {
		out = append(out, fmt.Sprintf("%s dropped, ever: the spool was over its bounds, or damaged", cli.Count(int(n), "record")))
	}
	if n := r.Status.Spool.Aside; n > 0 {
		out = append(out, fmt.Sprintf("%s, ever: damaged and set aside in agent/spool/aside, or missing; the agent's log names them", cli.Count(int(n), "lost segment")))
	}
	for _, reason := range slices.Sorted(maps.Keys(r.Status.Refused)) {
		out = append(out, fmt.Sprintf("%s refused since the start: %s", cli.Count(int(r.Status.Refused[reason]), "record"), reason))
	}
	for _, reason := range slices.Sorted(maps.Keys(r.Status.RequestsRefused)) {
		out = append(out, fmt.Sprintf("%s to the local API refused since the start: %s", cli.Count(int(r.Status.RequestsRefused[reason]), "request"), reason))
	}
	for _, status := range slices.Sorted(maps.Keys(r.Status.StoreRefused)) {
		out = append(out, fmt.Sprintf("%s of the outbox refused by the store: %s; %s",
			cli.Count(r.Status.StoreRefused[status], "envelope"), status, refusalHint(map[string]int{status: 1})))
	}
	return out
}
