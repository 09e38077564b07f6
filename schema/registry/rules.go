package registry

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

// maxMetricLabels leaves room for the label that carries a text's value in
// fragments.
const maxMetricLabels = codec.MaxLabels - 1

// lintMetric applies the rules that concern one metric and the registry's head.
func (e entry) lintMetric(reg *Registry) {
	o, m := e.o, e.m
	e.lintOrigin(o, m, reg)
	e.lintCategory(o, m)
	e.lintTreatment(o, m)
	e.lintNumber(o, m)
	e.lintBuckets(o, m)
	e.lintLog(o, m)
	e.lintTemplates(o, m)
	e.lintScore(o, m)
	e.lintSources(o, m)
	e.lintConvention(o, m)
	if len(m.Labels) > maxMetricLabels {
		e.problem(o.value("labels"), fmt.Sprintf("%s has %d labels", o.what, len(m.Labels)),
			fmt.Sprintf("use at most %d", maxMetricLabels))
	}
	if o.has("page") && !m.Page && len(m.Rollups) == 0 {
		e.problem(o.value("page"), o.what+" is neither on pages nor in roll-ups", "write page: true, or add rollups")
	}
}

// lintOrigin asks who, why, since when and until when.
func (rd *reader) lintOrigin(o object, m *Metric, reg *Registry) {
	listed := len(reg.Programmes) == 0 || slices.ContainsFunc(reg.Programmes, func(p Programme) bool {
		return p.Name == m.Programme || p.Name == "" // one that could not be read may be this one
	})
	if m.Programme != "" && !listed {
		rd.problem(o.value("programme"), fmt.Sprintf("programme %s of %s is not in programmes", m.Programme, o.what),
			"add it to programmes, or use one that is there")
	}
	if m.Since > reg.Release && reg.Release > 0 {
		rd.problem(o.value("since"), fmt.Sprintf("since of %s is %d, above the release %d", o.what, m.Since, reg.Release),
			"write the release that adds it")
	}
	if _, err := time.Parse(time.DateOnly, m.Expires); err != nil && m.Expires != "" && m.Expires != "never" {
		rd.problem(o.value("expires"), fmt.Sprintf("expires of %s is %s", o.what, quoted(m.Expires)),
			"write a date such as 2027-06-30, or never")
	}
	if u, err := url.Parse(m.Review); m.Review != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		rd.problem(o.value("review"), fmt.Sprintf("review of %s is not a link", o.what), "write the https address of the review")
	}
}

// lintCategory asks whether the category goes with the level and the type.
func (rd *reader) lintCategory(o object, m *Metric) {
	if m.Category != "" && m.Level != "" && (m.Category == schema.ProductLog) != (m.Level == schema.Enhanced) {
		rd.problem(o.value("level"), fmt.Sprintf("%s has category %s and level %s", o.what, m.Category, m.Level),
			"use level enhanced for category product_log, and standard for all others")
	}
	if m.Category == "" || m.Type == "" {
		return
	}
	for _, only := range []struct {
		category schema.Category
		types    []schema.Type // the first is of no other category
	}{
		{schema.Survey, []schema.Type{schema.Answer}},
		{schema.ProductLog, []schema.Type{schema.Log, schema.Counter}},
		{schema.ErrorReport, []schema.Type{schema.Failure, schema.Counter}},
	} {
		if m.Category == only.category && !slices.Contains(only.types, m.Type) {
			rd.problem(o.value("category"), fmt.Sprintf("%s has category %s and type %s", o.what, m.Category, m.Type),
				fmt.Sprintf("use the category that says what it tells; %s is for type %s", only.category, only.types[0]))
		}
		if m.Type == only.types[0] && m.Category != only.category {
			rd.problem(o.value("category"), fmt.Sprintf("%s has category %s and type %s", o.what, m.Category, m.Type),
				"write category: "+string(only.category))
		}
	}
}

// lintLog asks that a log has its lines, and nothing else has.
// lintScore bounds the answers of a survey: a score, or one of listed reasons.
// lintTreatment asks whether the treatment fits the type, and whether what is
// kept is bounded.
func (rd *reader) lintTreatment(o object, m *Metric) {
	if m.Type == "" || m.Treatment == "" {
		return
	}
	allowed := []schema.Treatment{schema.Keep}
	switch {
	case m.Type == schema.Quantity:
		allowed = append(allowed, schema.Bucket)
	case m.Type == schema.Log:
		allowed = append(allowed, schema.Scrub)
	case m.Type == schema.State || m.Type == schema.Failure:
		allowed = append(allowed, schema.Hash, schema.Scrub)
	}
	if !slices.Contains(allowed, m.Treatment) {
		rd.problem(o.value("treatment"), fmt.Sprintf("%s has treatment %s, which does not go with type %s", o.what, m.Treatment, m.Type),
			fmt.Sprintf("use one of %v", allowed))
		return
	}
	switch {
	case m.Type == schema.Log:
		return
	case m.IsText():
		rd.lintText(o, m.Treatment)
		rd.lintOverflow(o, m.Treatment, m.Values, m.Overflow)
		return
	}
	for _, key := range []string{"values", "format", "overflow"} {
		if o.has(key) {
			rd.problem(o.value(key), fmt.Sprintf("%s has %s but counts numbers", o.what, key), "remove "+key)
		}
	}
	if m.Type == schema.Quantity && m.Treatment == schema.Keep && !o.has("max") {
		rd.problem(o.value("treatment"), o.what+" keeps a quantity without a bound", "add max: ..., or use treatment bucket")
	}
}

// lintText asks that a kept text is enumerated or has a format, and that no
// other text pretends to.
// lintOverflow asks that the text that takes the place of others is listed.
func (rd *reader) lintLabel(o object, l *Label) {
	if l.Name == ValueLabel {
		rd.problem(o.value("name"), o.what+" has a reserved name", "rename it: fragments keep the metric's own value there")
	}
	switch l.Treatment {
	case "":
	default:
		rd.lintText(o, l.Treatment)
		rd.lintOverflow(o, l.Treatment, l.Values, l.Overflow)
		rd.lintLabelNumber(o, l)
	}
}

// lintLabelNumber asks that a label in buckets has a unit and bounds, and no
// other has.
func (rd *reader) lintLabelNumber(o object, l *Label) {
	if l.Treatment == schema.Bucket {
		rd.lintUnit(o, l.Unit)
		if !o.has("buckets") {
			rd.problem(o.value("treatment"), o.what+" has treatment bucket and no buckets", "add buckets: [...], ascending bounds in its unit")
		}
		rd.lintBounds(o, l.Buckets)
		return
	}
	for _, key := range []string{"unit", "buckets"} {
		if o.has(key) {
			rd.problem(o.value(key), fmt.Sprintf("%s has %s but treatment %s", o.what, key, l.Treatment), "remove "+key+", or use treatment bucket")
		}
	}
}

// units are what numbers may count in, beside "{things}".
var units = []string{"1", "%", "By", "s", "us"}

// lintNumber asks for a unit and a bound where there are numbers, and for
// neither where there are texts.
func (rd *reader) lintNumber(o object, m *Metric) {
	if m.Type == "" {
		return
	}
	numeric := m.Type == schema.Counter || m.Type == schema.Quantity || m.Type == schema.Duration
	for _, key := range []string{"unit", "max", "buckets"} {
		if o.has(key) && !numeric && (key != "max" || m.Type != schema.Answer || m.IsText()) {
			rd.problem(o.value(key), fmt.Sprintf("%s has %s but type %s", o.what, key, m.Type), "remove "+key)
		}
	}
	if o.has("max") && m.Max == 0 {
		rd.problem(o.at["max"], "max of "+o.what+" is not above 0", "write the largest number that can be true")
	}
	if !numeric {
		return
	}
	if m.Type == schema.Duration && o.has("unit") && m.Unit != "us" {
		rd.problem(o.at["unit"], o.what+" is a duration in another unit", "write unit: us, and count microseconds")
		return
	}
	rd.lintUnit(o, m.Unit)
}

// lintUnit asks that numbers count in something.
func (rd *reader) lintUnit(o object, unit string) {
	annotated := strings.HasPrefix(unit, "{") && strings.HasSuffix(unit, "}") && isThing(strings.Trim(unit, "{}"))
	switch {
	case !o.has("unit"):
		rd.problem(o.node, o.what+" has no unit", `add unit: one of `+strings.Join(units, ", ")+`, or a thing in braces such as "{row}"`)
	case !annotated && !slices.Contains(units, unit):
		rd.problem(o.at["unit"], fmt.Sprintf("unknown unit %s in %s", quoted(unit), o.what),
			"use one of "+strings.Join(units, ", ")+`, or a thing in braces such as "{row}"`)
	}
}

// lintBuckets asks that bounds are few and ascend.
func (rd *reader) lintBuckets(o object, m *Metric) {
	if m.Treatment == schema.Bucket && m.Type == schema.Quantity && !o.has("buckets") {
		rd.problem(o.value("treatment"), o.what+" has treatment bucket and no buckets", "add buckets: [...], ascending bounds in its unit")
	}
	if o.has("buckets") && m.Type == schema.Counter {
		rd.problem(o.value("buckets"), o.what+" has buckets but type counter", "remove buckets")
	}
	rd.lintBounds(o, m.Buckets)
}

func (rd *reader) lintBounds(o object, bounds []int64) {
	if len(bounds) >= codec.MaxBuckets {
		rd.problem(o.value("buckets"), fmt.Sprintf("%s has %d bounds", o.what, len(bounds)),
			fmt.Sprintf("use at most %d", codec.MaxBuckets-1))
	}
	for i, b := range bounds {
		if b <= 0 || i > 0 && b <= bounds[i-1] {
			rd.problem(element(o.value("buckets"), i), fmt.Sprintf("bounds of %s do not ascend from above 0", o.what),
				"sort the bounds, each once")
			return
		}
	}
}

// element returns the i-th element of a list, or the node itself.
func element(n *yaml.Node, i int) *yaml.Node {
	if n.Kind == yaml.SequenceNode && i < len(n.Content) {
		return n.Content[i]
	}
	return n
}
