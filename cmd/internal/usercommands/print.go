package usercommands

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// printPreview prints what would be sent; reg says what lines of logs are.
func printPreview(env *cli.Env, p local.Preview, reg *registry.Registry) {
	if len(p.Pages)+len(p.Fragments) == 0 {
		env.Printf("nothing waits to be sent\n")
	}
	for _, page := range p.Pages {
		env.Printf("a page, sealed for whoever this installation's ID is read out to:\n")
		printPage(env, page, reg)
		env.Printf("\n")
	}
	for _, f := range p.Fragments {
		env.Printf("a fragment, without any ID:\n")
		printFragment(env, f)
		env.Printf("\n")
	}
	if !p.Sends {
		env.Printf("It would not be sent: tacit why says why.\n")
	}
}

func printPage(env *cli.Env, p local.Page, reg *registry.Registry) {
	w := tabwriter.NewWriter(env.Out, 2, 0, 2, ' ', 0)
	var lines []loggedLine
	for _, r := range p.Records {
		if m, ok := reg.Metric(r.Metric); ok && m.Category == schema.ProductLog {
			lines = append(lines, loggedLine{r, m})
			continue
		}
		fmt.Fprintf(w, "  %s\t%s\t%v%s\t%s\n", r.Time, r.Metric, r.Value.Any(), times(r.Count), joined(r.Labels))
	}
	_ = w.Flush() // to a terminal or a pipe that may be closed
	printLines(env, lines)
}

// times says of how many equal events a record is, when there were several.
func times(n uint32) string {
	if n <= 1 {
		return ""
	}
	return fmt.Sprintf(" ×%d", n)
}

func printFragment(env *cli.Env, f local.Fragment) {
	first := "not the first today"
	if len(f.First) > 0 {
		first = "first " + strings.Join(f.First, ", first ")
	}
	env.Printf("  day %s, %s, %s\n", f.Day, joined(f.Facets), first)
	w := tabwriter.NewWriter(env.Out, 2, 0, 2, ' ', 0)
	for _, m := range f.Measures {
		fmt.Fprintf(w, "  %s\t%s\tcount %d\t%s\n", m.Metric, joined(m.Labels), m.Count, numbers(m))
	}
	_ = w.Flush()
}

func joined(m map[string]string) string {
	parts := make([]string, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, name+"="+strings.ReplaceAll(m[name], "\n", " < "))
	}
	return strings.Join(parts, " ")
}

// numbers says what else a measure tells: the sum of its numbers, and how many
// fell into which bucket, counted from 0.
func numbers(m local.Measure) string {
	out := []string{}
	if m.Sum != 0 {
		out = append(out, fmt.Sprintf("sum %d", m.Sum))
	}
	for i, n := range m.Buckets {
		if n > 0 {
			out = append(out, fmt.Sprintf("bucket %d: %d", i, n))
		}
	}
	return strings.Join(out, ", ")
}
