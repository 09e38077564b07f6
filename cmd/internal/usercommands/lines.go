package usercommands

import (
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// loggedLine is a record of a product's log.
type loggedLine struct {
	local.Shown
	metric *registry.Metric
}

// printLines prints the lines of each product's logs, in the order in which they
// came: when, how often, and what.
func printLines(env *cli.Env, lines []loggedLine) {
	for len(lines) > 0 {
		product := lines[0].Product
		env.Printf("  what %s logged:\n", product)
		w := tabwriter.NewWriter(env.Out, 0, 0, 2, ' ', tabwriter.AlignRight)
		for _, l := range lines {
			if l.Product == product {
				fmt.Fprintf(w, "  %s\t%d ×\t  %s\n", clock(l.Time), l.number(), l.text())
			}
		}
		_ = w.Flush()
		lines = slices.DeleteFunc(lines, func(l loggedLine) bool { return l.Product == product })
	}
}

// clock returns the minute of a time as it stands in JSON.
func clock(at string) string {
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return at
	}
	return t.Format("2006-01-02 15:04Z")
}

// number returns how many lines the record stands for.
func (l *loggedLine) number() int64 {
	if !l.metric.IsText() {
		return l.Value.Number
	}
	return int64(max(l.Count, 1))
}

// text returns what the lines said: what was left of them, or the ID and the text
// of their template, with the labels. A counter has only its name.
func (l *loggedLine) text() string {
	out := l.Metric
	switch {
	case l.metric.Treatment == schema.Scrub:
		return l.Value.Text
	case l.metric.IsText():
		out = l.Value.Text + l.template()
	}
	if labels := joined(l.Labels); labels != "" {
		out += "  " + labels
	}
	return out
}

func (l *loggedLine) template() string {
	i := slices.IndexFunc(l.metric.Templates, func(t registry.Template) bool { return t.ID == l.Value.Text })
	if i < 0 {
		return ""
	}
	return ": “" + l.metric.Templates[i].Text + "”"
}

// shownRegistry returns the registry that says what records are: the agent's. Who
// may not read that is shown IDs alone.
func shownRegistry(env *cli.Env) *registry.Registry {
	reg, err := keptRegistry(env.Data())
	if err != nil {
		return registry.Base()
	}
	return reg
}
