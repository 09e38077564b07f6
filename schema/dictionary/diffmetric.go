package dictionary

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// metric says what changed of a metric that both have.
func (d *differ) metric(m, n *registry.Metric) {
	d.told(m, n)
	d.belongs(m, n)
	if m.Type != n.Type {
		d.means(true, fmt.Sprintf("has type %s instead of %s", n.Type, m.Type))
	}
	if m.Unit != n.Unit {
		d.means(false, fmt.Sprintf("counts in %s instead of %s", orNothing(n.Unit), orNothing(m.Unit)))
	}
	d.numbers(m, n)
	d.text("", asText(m), asText(n))
	d.templates(m.Templates, n.Templates)
	d.labels(m, n)
	d.sources(m.OTLP, n.OTLP)
	d.reporters(m.Products, n.Products)
	d.rollups(m, n)
	if m.Page != n.Page {
		if n.Page {
			d.ask("is on pages now, of which each is one installation's")
		} else {
			d.say("is not on pages any more")
		}
	}
	d.lasts(m, n)
}

// told says which words for people changed. Who took part for one purpose did
// not for another.
func (d *differ) told(m, n *registry.Metric) {
	for _, w := range []struct {
		what, was, is string
		ask           bool
	}{
		{"its description", m.Description, n.Description, false},
		{"its purpose", m.Purpose, n.Purpose, true},
		{"its owner", m.Owner, n.Owner, false},
		{"the link to its review", m.Review, n.Review, false},
	} {
		if w.was != w.is {
			d.either(w.ask, w.what+" is another: "+quoted(w.is)+" instead of "+quoted(w.was))
		}
	}
}

// belongs says what changed of the switches that it hangs on.
func (d *differ) belongs(m, n *registry.Metric) {
	if m.Category != n.Category {
		what := fmt.Sprintf("has category %s instead of %s", n.Category, m.Category)
		if m.Category == schema.Configuration || n.Category == schema.Configuration {
			d.means(false, what) // what holds is counted once a day, what happens each time
		} else {
			d.say(what)
		}
	}
	if m.Programme != n.Programme {
		d.ask(fmt.Sprintf("is part of programme %s instead of %s", n.Programme, m.Programme))
	}
	if m.Level != n.Level {
		d.either(n.Level == schema.Standard, fmt.Sprintf("is collected at level %s instead of %s", n.Level, m.Level))
	}
}

// numbers says what changed of the bounds of numbers.
func (d *differ) numbers(m, n *registry.Metric) {
	if m.Max != n.Max {
		d.either(n.Max > m.Max, fmt.Sprintf("takes numbers up to %s instead of %s", most(n), most(m)))
	}
	if slices.Equal(m.Buckets, n.Buckets) || m.Type == schema.Answer && n.Type == schema.Answer { // those of a score follow from its max
		return
	}
	exact := m.Treatment == schema.Keep && n.Treatment == schema.Bucket // until now
	d.means(!exact && finer(m.Buckets, n.Buckets), fmt.Sprintf("its ranges are %s instead of %s", ranges(n.BucketNames()), ranges(m.BucketNames())))
}

// finer says whether there are bounds where there were none.
func finer(was, is []int64) bool {
	return slices.ContainsFunc(is, func(b int64) bool { return !slices.Contains(was, b) })
}

// most returns the largest number that is taken.
func most(m *registry.Metric) string {
	if unbounded(m) {
		return "any"
	}
	return amount(m.Unit, m.Max)
}

func ranges(names []string) string { return orNothing(strings.Join(names, ", ")) }

func orNothing(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// templates says what changed of the lines of a log.
func (d *differ) templates(was, is []registry.Template) {
	for _, t := range is {
		i := slices.IndexFunc(was, func(w registry.Template) bool { return w.ID == t.ID })
		if i >= 0 && was[i].Text != t.Text {
			d.means(false, fmt.Sprintf("line %s is %s instead of %s", t.ID, quoted(t.Text), quoted(was[i].Text)))
		}
	}
}

// labels says what changed of the labels.
func (d *differ) labels(m, n *registry.Metric) {
	named := func(name string) func(registry.Label) bool {
		return func(l registry.Label) bool { return l.Name == name }
	}
	for _, l := range m.Labels {
		if !slices.ContainsFunc(n.Labels, named(l.Name)) {
			d.say("has no label " + l.Name + " any more")
		}
	}
	for i := range n.Labels {
		l := &n.Labels[i]
		j := slices.IndexFunc(m.Labels, named(l.Name))
		if j < 0 {
			d.either(l.Treatment != schema.Drop, "has a new label "+l.Name+": "+strings.TrimSuffix(l.Description, "."))
			continue
		}
		d.label(&m.Labels[j], l, len(m.OTLP) > 0 && len(n.OTLP) > 0)
	}
}

// label says what changed of one label, of a metric that is mapped or not.
func (d *differ) label(was, is *registry.Label, mapped bool) {
	what := "label " + is.Name + ": "
	if was.Description != is.Description {
		d.say(what + "its description is another: " + quoted(is.Description) + " instead of " + quoted(was.Description))
	}
	d.text(what, text{was.Treatment, was.Values, was.Format, was.Overflow}, text{is.Treatment, is.Values, is.Format, is.Overflow})
	if was.Treatment == is.Treatment && was.Unit != is.Unit {
		d.means(false, fmt.Sprintf("%scounts in %s instead of %s", what, orNothing(is.Unit), orNothing(was.Unit)))
	}
	if was.Treatment == is.Treatment && !slices.Equal(was.Buckets, is.Buckets) {
		d.means(finer(was.Buckets, is.Buckets), fmt.Sprintf("%sits ranges are %s instead of %s", what, ranges(is.BucketNames()), ranges(was.BucketNames())))
	}
	if mapped && was.From() != is.From() {
		d.ask(what + "is taken from OpenTelemetry's attribute " + is.From() + " instead of " + was.From())
	}
}

// sources says what changed of what is taken from OpenTelemetry.
func (d *differ) sources(was, is []registry.Source) {
	d.grown(sourceNames(was), sourceNames(is), "is also taken from OpenTelemetry's %s", "is no longer taken from OpenTelemetry's %s")
}

func sourceNames(sources []registry.Source) (out []string) {
	for _, s := range sources {
		out = append(out, strings.TrimSpace(string(s.Kind)+" "+s.Name))
	}
	return out
}

// reporters says which products may report it, or may no longer.
func (d *differ) reporters(was, is []string) {
	switch {
	case was != nil && is == nil:
		d.ask("may be reported by any product")
	case was == nil && is != nil:
		d.say("may be reported by " + and(is) + " only")
	default:
		d.grown(was, is, "may also be reported by %s", "may no longer be reported by %s")
	}
}

// lasts says from when and until when it is collected.
func (d *differ) lasts(m, n *registry.Metric) {
	if m.Since != n.Since {
		d.say(fmt.Sprintf("is said to be there since release %d, not %d", n.Since, m.Since))
	}
	if m.Expires != n.Expires {
		longer := n.Expires == "never" || m.Expires != "never" && n.Expires > m.Expires // dates compare as texts
		d.either(longer, fmt.Sprintf("expires: %s instead of %s", n.Expires, m.Expires))
	}
}
