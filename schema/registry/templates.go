package registry

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry/template"
)

// Placeholders returns the names of what is filled in, in the order of the text:
// the labels of the metric, and what is dropped.
func (t Template) Placeholders() []string {
	parsed, err := template.Parse(t.Text, nil)
	if err != nil {
		return nil // no registry has such a text
	}
	return parsed.Names()
}

// templates reads the lines of a log.
func (rd *reader) templates(o object) []Template {
	if !o.has("templates") {
		return nil
	}
	var out []Template
	seen := map[string]bool{}
	for _, n := range rd.list(o.at["templates"], "templates of "+o.what) {
		t := rd.object(n, "template", " of "+o.what, []string{"id", "text"}, nil)
		had := len(rd.problems)
		template := Template{ID: rd.text(t, "id"), Text: rd.text(t, "text")}
		switch {
		case template.ID == "" || len(rd.problems) > had:
		case !isValue(template.ID):
			rd.problem(t.at["id"], "id of "+t.what+" does not have the form", valueForm)
		case seen[template.ID]:
			rd.problem(t.at["id"], fmt.Sprintf("%s is twice in templates of %s", quoted(template.ID), o.what), "remove or rename one of them")
		}
		seen[template.ID] = true
		out = append(out, template)
	}
	if len(out) > MaxTemplates {
		rd.problem(o.at["templates"], fmt.Sprintf("%s has %d templates", o.what, len(out)), fmt.Sprintf("write at most %d", MaxTemplates))
		return nil
	}
	return out
}

// textNode returns where the text of the i-th template stands.
func (o object) textNode(i int) *yaml.Node {
	t := element(o.value("templates"), i)
	for j := 0; j+1 < len(t.Content); j += 2 {
		if t.Content[j].Value == "text" {
			return t.Content[j+1]
		}
	}
	return t
}

// lintTemplates asks that each text can be told from all others, and that each
// label is filled in by one.
func (rd *reader) lintTemplates(o object, m *Metric) {
	if m.Type != schema.Log || len(m.Templates) == 0 {
		return
	}
	var dropped []string
	filled := map[string]bool{}
	for i, t := range m.Templates {
		parsed := rd.lintTemplate(o, m, i)
		if parsed == nil {
			if t.Text == "" {
				continue // that was said
			}
			return // what cannot be read may have the label
		}
		for _, name := range parsed.Names() {
			filled[name] = true
			if _, ok := m.label(name); !ok {
				dropped = append(dropped, name)
			}
		}
	}
	for i := range m.Labels {
		l := &m.Labels[i]
		at := element(o.value("labels"), i)
		if l.Name == "" || filled[l.Name] {
			continue
		}
		fix := fmt.Sprintf("write {%s} where a template has it, or remove the label", l.Name)
		if near := nearest(l.Name, dropped); near != "" {
			fix = fmt.Sprintf("write {%s} in place of {%s}, or remove the label", l.Name, near)
		}
		rd.problem(at, fmt.Sprintf("label %q of %s is in no template", l.Name, o.what), fix)
	}
}

// lintTemplate reads one text. nil: it cannot be read.
func (rd *reader) lintTemplate(o object, m *Metric, i int) *template.Template {
	t := m.Templates[i]
	if t.Text == "" {
		return nil
	}
	what := fmt.Sprintf("text of template %s of %s", quoted(t.ID), o.what)
	if strings.TrimSpace(t.Text) != t.Text || strings.ContainsAny(t.Text, "\r\n") {
		rd.problem(o.textNode(i), what+" begins or ends with a blank, or has several lines", "write one line, as it is between time and level and the end")
		return nil
	}
	parsed, err := template.Parse(t.Text, m.slots())
	var mistake *template.Mistake
	if errors.As(err, &mistake) {
		rd.problem(o.textNode(i), what+": "+mistake.What, mistake.Fix)
		return nil
	}
	for _, name := range parsed.Names() {
		if l, ok := m.label(name); ok && l.Treatment != "" && !l.InRollups() {
			rd.problem(o.textNode(i), fmt.Sprintf("%s fills in label %q, which is neither listed nor in buckets", what, name),
				"give the label values or buckets, or remove it: then what stands there is dropped")
		}
	}
	return parsed
}

// ofTemplate is a template that was read, and where it stands.
type ofTemplate struct {
	entry
	i      int
	parsed *template.Template
}

// lintAmbiguous wants no line to be of two templates that one product may log:
// it would be taken for neither.
func lintAmbiguous(entries []entry) {
	var all []ofTemplate
	for _, e := range entries {
		slots := e.m.slots()
		for i, t := range e.m.Templates {
			if parsed, err := template.Parse(t.Text, slots); err == nil {
				all = append(all, ofTemplate{e, i, parsed})
			}
		}
	}
	for n, t := range all {
		other := slices.IndexFunc(all[:n], func(o ofTemplate) bool { return t.meets(o) })
		if other < 0 {
			continue
		}
		o := all[other]
		t.problem(t.o.textNode(t.i), fmt.Sprintf("%s and %s fit the same lines", o.name(), t.name()),
			"remove one of them, or write more of what is always there")
	}
}

func (t ofTemplate) name() string {
	return fmt.Sprintf("template %s of %s", quoted(t.m.Templates[t.i].ID), t.o.what)
}

// meets says whether a line of one product could be of both.
func (t ofTemplate) meets(o ofTemplate) bool {
	return t.m.sharesProduct(o.m) && template.Overlap(o.parsed, t.parsed)
}
