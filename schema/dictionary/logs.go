package dictionary

import (
	"fmt"
	"slices"

	"github.com/tacit-telemetry/tacit/schema/registry"
)

// logs says which logs a host reads, and when.
func (b *builder) logs() Section {
	s := Section{Title: "Logs that are read", Text: []string{
		"None: no file and no unit of the journal is read for its lines.",
	}}
	if len(b.reg.Logs) == 0 {
		return s
	}
	s.Text = []string{
		"At level enhanced, and while its programmes take part, the host reads these from then on, never what was written before. " +
			"A line that is one of the vendor's own is sent as the ID of that line; of any other, only what is left when it was scrubbed word by word. " +
			"Equal lines of a minute are sent once, with their number. At level standard none of these is opened.",
	}
	for _, l := range b.reg.Logs {
		s.Table = append(s.Table, Entry{Name: l.Name, Rows: []Row{
			{Head: headWhat, Lines: []string{place(&l) + "."}},
			{Head: headProducts, Words: []string{l.Product}},
			{Head: "Its lines are those of", Words: []string{l.Metric}},
		}})
	}
	return s
}

// place says where a log is read.
func place(l *registry.Log) string {
	if l.Unit != "" {
		return "The journal of the unit " + l.Unit
	}
	return "The files " + l.Path
}

// readFrom says which logs have the lines of a metric.
func (b *builder) readFrom(m *registry.Metric) (out []string) {
	for _, l := range b.reg.Logs {
		if l.Metric == m.Name {
			out = append(out, fmt.Sprintf("%s, as log %s of %s.", place(&l), l.Name, l.Product))
		}
	}
	return out
}

// logs says which logs are read that were not, or no longer.
func (d *differ) logs(older, newer *registry.Registry) {
	named := func(name string) func(registry.Log) bool {
		return func(l registry.Log) bool { return l.Name == name }
	}
	for _, l := range older.Logs {
		if d.of = "log " + l.Name; !slices.ContainsFunc(newer.Logs, named(l.Name)) {
			d.say("is not read any more")
		}
	}
	for _, l := range newer.Logs {
		d.of = "log " + l.Name
		at := slices.IndexFunc(older.Logs, named(l.Name))
		if at < 0 {
			d.ask(fmt.Sprintf("is read at level enhanced: %s, of %s, with the lines of %s", place(&l), l.Product, l.Metric))
			continue
		}
		was := older.Logs[at]
		if place(&was) != place(&l) {
			d.ask(fmt.Sprintf("is read from another place: %s instead of %s", place(&l), place(&was)))
		}
		if was.Product != l.Product || was.Metric != l.Metric {
			d.say(fmt.Sprintf("its lines are of %s and %s instead of %s and %s", l.Product, l.Metric, was.Product, was.Metric))
		}
	}
}
