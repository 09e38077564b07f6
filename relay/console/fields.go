package console

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// field is one metric of the registry in the words of the page.
type field struct {
	Name        string
	Description string
	Purpose     string
	Programme   string
	Level       string
	Treatment   []string // sentences
	Values      []string // the words that may be kept
	Labels      []labelField
	Goes        []string // sentences: where it goes
	Since       schema.Release
	Until       string // a date, the last day; "": it does not expire
	Products    string // who alone may report it; "": every product
}

// labelField is one label of a metric in the words of the page.
type labelField struct {
	Name        string
	Description string
	Treatment   string
	Values      []string
}

// never is the date of a metric that does not expire.
const never = "never"

func (c *Console) field(r *web.Request, m *registry.Metric) field {
	f := field{
		Name:        m.Name,
		Description: describe(r, m, "description", m.Description),
		Purpose:     describe(r, m, "purpose", m.Purpose),
		Programme:   r.T("console.programme." + string(m.Programme)),
		Level:       r.T("console.level." + string(m.Level)),
		Treatment:   treatment(r, m),
		Values:      values(m),
		Goes:        destinations(r, m),
		Since:       m.Since,
		Products:    strings.Join(m.Products, ", "),
	}
	if m.Expires != never {
		f.Until = m.Expires
	}
	for _, l := range m.Labels {
		f.Labels = append(f.Labels, labelField{
			Name: l.Name, Description: describe(r, m, "label."+l.Name, l.Description),
			Treatment: labelTreatment(r, &l), Values: l.Values,
		})
	}
	return f
}

// values returns the words that may be kept; of a log, each with the line that it
// stands for.
func values(m *registry.Metric) []string {
	if m.Type != schema.Log {
		return m.Values
	}
	out := make([]string, len(m.Templates))
	for i, t := range m.Templates {
		out[i] = t.ID + ": " + t.Text
	}
	return out
}

// describe returns a text of the registry in the reader's language. The
// translations are of the registry that is built in: where another one says
// something else under the same name, its own words are shown.
func describe(r *web.Request, m *registry.Metric, part, text string) string {
	if r.Lang() == "en" || text != baseText(m.Name, part) {
		return text
	}
	return r.T("metric." + m.Name + "." + part)
}

// baseText returns a text of the built-in registry in English, or "".
func baseText(metric, part string) string {
	m, ok := registry.Base().Metric(metric)
	if !ok {
		return ""
	}
	switch part {
	case "description":
		return m.Description
	case "purpose":
		return m.Purpose
	}
	for _, l := range m.Labels {
		if "label."+l.Name == part {
			return l.Description
		}
	}
	return ""
}

// treatment says what the host does to a metric's value, in sentences.
func treatment(r *web.Request, m *registry.Metric) []string {
	switch {
	case m.Treatment == schema.Bucket:
		return []string{bucketed(r, m.BucketNames())}
	case m.Type == schema.Log && m.Treatment == schema.Keep:
		if slices.ContainsFunc(m.Templates, func(t registry.Template) bool { return len(t.Placeholders()) > 0 }) {
			return []string{r.T("console.treatment.log.filled", len(m.Templates))}
		}
		return []string{r.T("console.treatment.log", len(m.Templates))}
	case m.IsText():
		return []string{textTreatment(r, &registry.Label{Treatment: m.Treatment, Values: m.Values, Format: m.Format, Overflow: m.Overflow})}
	case m.Type == schema.Flag:
		return []string{r.T("console.treatment.flag")}
	case m.Type == schema.Counter:
		return []string{r.T("console.treatment.counter")}
	case len(m.Buckets) > 0:
		return []string{r.T("console.treatment.number"), r.T("console.treatment.ranges", len(m.Buckets)+1)}
	}
	return []string{r.T("console.treatment.number")}
}

// bucketed says which ranges take the place of a number.
func bucketed(r *web.Request, names []string) string {
	return r.T("console.treatment.bucket", names[0], names[len(names)-1])
}

// labelTreatment says what the host does to a label.
func labelTreatment(r *web.Request, l *registry.Label) string {
	if l.Treatment == schema.Bucket {
		return bucketed(r, l.BucketNames())
	}
	return textTreatment(r, l)
}

// textTreatment says what the host does to a text.
func textTreatment(r *web.Request, l *registry.Label) string {
	switch {
	case l.Treatment != schema.Keep:
		return r.T("console.treatment." + string(l.Treatment))
	case l.Format != "":
		return r.T("console.treatment.format." + string(l.Format))
	case l.Overflow != "":
		return r.T("console.treatment.overflow", len(l.Values), l.Overflow)
	}
	return r.T("console.treatment.listed", len(l.Values))
}

// destinations says where a metric goes, in sentences.
func destinations(r *web.Request, m *registry.Metric) (out []string) {
	if m.Page {
		out = append(out, r.T("console.goes.page"))
	}
	for _, u := range m.Rollups {
		out = append(out, r.T("console.goes.rollup", strings.Join(u.Facets, ", "), strconv.Itoa(u.MinInstallations)))
	}
	return out
}

// newer returns the registry's fields that came after a release.
func (c *Console) newer(r *web.Request, than uint32) (out []field) {
	for i := range c.cfg.Registry.Metrics {
		if m := &c.cfg.Registry.Metrics[i]; uint32(m.Since) > than {
			out = append(out, c.field(r, m))
		}
	}
	return out
}
