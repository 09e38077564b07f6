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

	maxScore = 10 // of a survey
)

const (
	nameForm  = "lower-case words with dots between, such as host.cpu.cores"
	valueForm = "write one word of ASCII letters, digits and . _ + - / : * $ { } < >, at most 64 bytes"
)

// entry is a metric as it was read, and where it stands.
type entry struct {
	*reader
	o object
	m *Metric
}

// metrics reads all metrics of a file.
func (rd *reader) metrics(o object) []entry {
	if !o.has("metrics") {
		return nil
	}
	var out []entry
	seen := map[string]bool{}
	for _, n := range rd.list(o.at["metrics"], "metrics") {
		m, at := rd.metric(n)
		rd.unique(at, seen, m.Name)
		out = append(out, entry{rd, at, m})
	}
	return out
}

func (rd *reader) metric(n *yaml.Node) (*Metric, object) {
	o := rd.object(n, "metric", "",
		[]string{"name", "description", "category", "programme", "level", "type", "treatment", "page",
			"owner", "purpose", "review", "since", "expires"},
		[]string{"unit", "values", "format", "overflow", "templates", "max", "buckets", "labels", "rollups", "otlp"})
	m := &Metric{
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
		Overflow:    oneOf(rd, o, "overflow", []string{otherValue}),
		Templates:   rd.templates(o),
		Max:         rd.number(o, "max"),
		Buckets:     rd.numbers(o, "buckets"),
		Page:        rd.yes(o, "page"),
		Owner:       rd.text(o, "owner"),
		Purpose:     rd.text(o, "purpose"),
		Review:      rd.text(o, "review"),
		Since:       rd.release(o, "since"),
		Expires:     rd.text(o, "expires"),
		OTLP:        rd.sources(o),
	}
	m.Labels = rd.labels(o)
	m.Rollups = rd.rollups(o)
	m.setDefaults()
	return m, o
}

func types() []schema.Type {
	return []schema.Type{schema.Counter, schema.Quantity, schema.Duration, schema.State, schema.Flag, schema.Failure,
		schema.Log, schema.Answer}
}

func treatments() []schema.Treatment {
	return []schema.Treatment{schema.Keep, schema.Bucket, schema.Hash, schema.Scrub, schema.Drop}
}

// setDefaults fills what follows from the rest: the bound of numbers, the
// values of a log, and a bucket for each score of a survey.
func (m *Metric) setDefaults() {
	switch m.Type {
	case schema.Log:
		for _, t := range m.Templates {
			m.Values = append(m.Values, t.ID)
		}
	case schema.Answer:
		for n := int64(1); n <= min(m.Max, maxScore); n++ {
			m.Buckets = append(m.Buckets, n)
		}
	}
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
			[]string{"name", "description", "treatment"}, []string{"values", "format", "overflow", "unit", "buckets", "attribute"})
		label := Label{
			Name:        rd.name(l, isDotted, nameForm),
			Description: rd.text(l, "description"),
			Treatment:   oneOf(rd, l, "treatment", treatments()),
			Values:      rd.texts(l, "values", isValue, valueForm),
			Format:      oneOf(rd, l, "format", formats()),
			Overflow:    oneOf(rd, l, "overflow", []string{otherValue}),
			Unit:        rd.text(l, "unit"),
			Buckets:     rd.numbers(l, "buckets"),
			Attribute:   rd.attribute(l),
		}
		label.bucketNames = bucketNames(label.Unit, label.Buckets)
		rd.unique(l, seen, label.Name)
		rd.lintLabel(l, &label)
		rd.lintAttribute(l, &label, o.has("otlp"))
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
