package registry

import (
	"fmt"
	"slices"

	"github.com/tacit-telemetry/tacit/schema"
)

func (rd *reader) lintLog(o object, m *Metric) {
	switch {
	case m.Type == "":
	case m.Type == schema.Log && m.Treatment == schema.Scrub:
		for _, key := range []string{"templates", "values", "format", "overflow"} {
			if o.has(key) {
				rd.problem(o.value(key), fmt.Sprintf("%s has %s, but its lines are scrubbed", o.what, key), "remove "+key+", or use treatment keep and templates")
			}
		}
	case m.Type == schema.Log && !o.has("templates"):
		rd.problem(o.value("type"), o.what+" is a log without templates", `add templates: [{id: ..., text: "..."}]`)
	case m.Type != schema.Log && o.has("templates"):
		rd.problem(o.value("templates"), fmt.Sprintf("%s has templates but type %s", o.what, m.Type), "remove templates, or use type log")
	case m.Type == schema.Log:
		for _, key := range []string{"values", "format", "overflow"} {
			if o.has(key) {
				rd.problem(o.value(key), o.what+" has both templates and "+key, "remove "+key+": the ids of the templates are its values")
			}
		}
	}
}

func (rd *reader) lintScore(o object, m *Metric) {
	switch {
	case m.Type != schema.Answer || o.has("values"):
	case !o.has("max"):
		rd.problem(o.value("type"), o.what+" is an answer without a bound", "add max: 10 for a score, or list its values for a reason")
	case m.Max > maxScore:
		rd.problem(o.value("max"), fmt.Sprintf("max of %s is %d", o.what, m.Max), fmt.Sprintf("write at most %d", maxScore))
	}
}

func (rd *reader) lintText(o object, by schema.Treatment) {
	values, format := o.has("values"), o.has("format")
	switch {
	case by == schema.Keep && !values && !format:
		rd.problem(o.value("treatment"), o.what+" keeps free text", "list its values, name a format, or use treatment scrub, hash or drop")
	case values && format:
		rd.problem(o.value("format"), o.what+" has both values and format", "keep one of them")
	case by != schema.Keep && values:
		rd.problem(o.value("values"), fmt.Sprintf("%s has values but treatment %s", o.what, by), "remove values, or use treatment keep")
	case by != schema.Keep && format:
		rd.problem(o.value("format"), fmt.Sprintf("%s has a format but treatment %s", o.what, by), "remove format, or use treatment keep")
	}
}

func (rd *reader) lintOverflow(o object, by schema.Treatment, values []string, overflow string) {
	switch {
	case overflow == "":
	case by != schema.Keep || !o.has("values"):
		rd.problem(o.value("overflow"), o.what+" has overflow, but keeps no listed values", "remove overflow, or list values and use treatment keep")
	case !slices.Contains(values, overflow):
		rd.problem(o.value("values"), fmt.Sprintf("values of %s lack its overflow", o.what), "add "+overflow)
	}
}
