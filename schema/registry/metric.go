package registry

import (
	"math"

	"go.yaml.in/yaml/v3"

	"github.com/tacit-telemetry/tacit/schema"
)

// The largest numbers that are taken where the registry names no max.
const (
	defaultCounterMax  = 1_000_000_000
	defaultDurationMax = 30 * 24 * 60 * 60 * 1_000_000 // 30 days in microseconds
	defaultBucketMax   = math.MaxInt64 >> 1            // the bucket hides the number anyway
)

const (
	nameForm  = "lower-case words with dots between, such as host.cpu.cores"
	valueForm = "write one word of ASCII letters, digits and . _ + -, at most 64 bytes"
)

// metrics reads all metrics and returns where each stands.
func (rd *reader) metrics(o object, reg *Registry) []object {
	if !o.has("metrics") {
		return nil
	}
	var objects []object
	seen := map[string]bool{}
	for _, n := range rd.list(o.at["metrics"], "metrics") {
		m, at := rd.metric(n)
		rd.unique(at, seen, m.Name)
		reg.Metrics = append(reg.Metrics, m)
		objects = append(objects, at)
	}
	return objects
}

func (rd *reader) metric(n *yaml.Node) (Metric, object) {
	o := rd.object(n, "metric", "",
		[]string{"name", "description", "category", "programme", "level", "type", "treatment", "page",
			"owner", "purpose", "review", "since", "expires"},
		[]string{"unit", "values", "format", "max", "buckets", "labels", "rollups"})
	m := Metric{
		Name:        rd.name(o, isDotted, nameForm),
		Description: rd.text(o, "description"),
		Category:    oneOf(rd, o, "category", schema.Categories()),
		Programme:   oneOf(rd, o, "programme", []schema.Programme{schema.CEIP, schema.CSP}),
		Level:       oneOf(rd, o, "level", []schema.Level{schema.Standard, schema.Enhanced}),
		Type:        oneOf(rd, o, "type", types()),
		Unit:        rd.text(o, "unit"),
		Treatment:   oneOf(rd, o, "treatment", treatments()),
		Values:      rd.texts(o, "values", isValue, valueForm),
		Format:      oneOf(rd, o, "format", formats()),
		Max:         rd.number(o, "max"),
		Buckets:     rd.numbers(o, "buckets"),
		Page:        rd.yes(o, "page"),
		Owner:       rd.text(o, "owner"),
		Purpose:     rd.text(o, "purpose"),
		Review:      rd.text(o, "review"),
		Since:       rd.release(o, "since"),
		Expires:     rd.text(o, "expires"),
	}
	m.Labels = rd.labels(o)
	m.Rollups = rd.rollups(o)
	m.setDefaultMax()
	return m, o
}

func types() []schema.Type {
	return []schema.Type{schema.Counter, schema.Quantity, schema.Duration, schema.State, schema.Flag, schema.Failure}
}

func treatments() []schema.Treatment {
	return []schema.Treatment{schema.Keep, schema.Bucket, schema.Hash, schema.Scrub, schema.Drop}
}

func (m *Metric) setDefaultMax() {
	switch {
	case m.Max != 0:
	case m.Type == schema.Flag:
		m.Max = 1
	case m.Type == schema.Counter:
		m.Max = defaultCounterMax
	case m.Type == schema.Duration:
		m.Max = defaultDurationMax
	case m.Treatment == schema.Bucket:
		m.Max = defaultBucketMax
	}
}

// labels reads the labels of a metric and applies the rules that concern one
// label alone.
func (rd *reader) labels(o object) []Label {
	if !o.has("labels") {
		return nil
	}
	var out []Label
	seen := map[string]bool{}
	for _, n := range rd.list(o.at["labels"], "labels of "+o.what) {
		l := rd.object(n, "label", " of "+o.what,
			[]string{"name", "description", "treatment"}, []string{"values", "format"})
		label := Label{
			Name:        rd.name(l, isDotted, nameForm),
			Description: rd.text(l, "description"),
			Treatment:   oneOf(rd, l, "treatment", treatments()),
			Values:      rd.texts(l, "values", isValue, valueForm),
			Format:      oneOf(rd, l, "format", formats()),
		}
		rd.unique(l, seen, label.Name)
		rd.lintLabel(l, &label)
		out = append(out, label)
	}
	return out
}

func (rd *reader) rollups(o object) []Rollup {
	if !o.has("rollups") {
		return nil
	}
	var out []Rollup
	for _, n := range rd.list(o.at["rollups"], "rollups of "+o.what) {
		u := rd.object(n, "roll-up", " of "+o.what, []string{"facets"}, []string{"min_installations"})
		rollup := Rollup{
			Facets:           rd.texts(u, "facets", isDotted, "use "+nameForm),
			MinInstallations: DefaultMinInstallations,
		}
		if u.has("min_installations") {
			rollup.MinInstallations = int(rd.number(u, "min_installations"))
		}
		rd.lintThreshold(u, &rollup)
		out = append(out, rollup)
	}
	return out
}
