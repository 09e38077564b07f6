package generate

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tacit-telemetry/tacit/schema"
)

// Call is the name of the function that the metric's records go through.
func (f *function) Call() string {
	switch f.Metric.Type {
	case schema.Counter:
		return "Add" + f.Name
	case schema.State, schema.Flag, schema.Quantity:
		return "Set" + f.Name
	case schema.Answer:
		return "Answer" + f.Name
	}
	return f.Name
}

// IsCounter says whether there is a function for one event, too.
func (f *function) IsCounter() bool { return f.Metric.Type == schema.Counter }

// Does says what the function does with the metric.
func (f *function) Does() string {
	switch f.Metric.Type {
	case schema.Counter:
		return "counts n times"
	case schema.Duration:
		return "reports an operation that took d and ended now, as"
	case schema.State:
		return "reports that v holds from now on, as"
	case schema.Flag:
		return "reports whether it is on, as"
	case schema.Quantity:
		return "reports n, in the unit " + strconv.Quote(f.Metric.Unit) + ", as"
	case schema.Failure:
		return "reports the code or the type of err, and where it is called, as"
	case schema.Log:
		return "reports this line as"
	}
	return "reports an answer, as"
}

// Says is what the registry says of it: of a log, the line.
func (f *function) Says() string {
	if f.Line != nil {
		return f.Line.Text
	}
	return f.Metric.Description
}

// value returns the parameter that carries the metric's value, and how the
// client is given it. A line of a log has none.
func (f *function) value() (name, kind, given string) {
	switch f.Metric.Type {
	case schema.Counter, schema.Quantity:
		return "n", "int64", "n"
	case schema.Duration:
		return "d", "time.Duration", "d"
	case schema.Flag:
		return "on", "bool", "on"
	case schema.Failure:
		return "err", "error", "err"
	}
	switch {
	case f.Line != nil:
		return "", "", strconv.Quote(f.Line.ID)
	case !f.Metric.IsText():
		return "n", "int64", "n"
	case f.Type == "":
		return "v", "string", "v"
	}
	return "v", f.Type, "v.text()"
}

// Signature is the function's parameters: the value, then the labels.
func (f *function) Signature() string {
	name, kind, _ := f.value()
	if f.Line != nil {
		return f.Labels()
	}
	return strings.Join(append([]string{name + " " + kind}, f.labels(" ", true)...), ", ")
}

// Labels is the labels' parameters alone.
func (f *function) Labels() string { return strings.Join(f.labels(" ", true), ", ") }

// Arguments is the labels' parameters as they are passed on.
func (f *function) Arguments() string {
	return strings.Join(append([]string{"1"}, f.labels("", false)...), ", ")
}

func (f *function) labels(between string, kinds bool) (out []string) {
	for _, p := range f.Params {
		one := p.Name
		if kinds {
			one += between + p.Type
		}
		out = append(out, one)
	}
	return out
}

// Field is where the metric's counters or timers are kept.
func (f *function) Field() string { return "of" + f.Name }

// Handle is the type of the client that the metric's events go to.
func (f *function) Handle() string {
	if f.Metric.Type == schema.Counter {
		return "Counter"
	}
	return "Timer"
}

// Report is the statement that reports.
func (f *function) Report() string {
	_, _, given := f.value()
	metric := strconv.Quote(f.Metric.Name)
	switch f.Metric.Type {
	case schema.Counter, schema.Duration:
		act := map[string]string{"Counter": "Add", "Timer": "Observe"}[f.Handle()]
		if f.Handles == 0 {
			return fmt.Sprintf("r.client.%s(%s).%s(%s)", f.Handle(), join(metric, f.pairs()), act, given)
		}
		at := fmt.Sprintf("&r.%s[%s]", f.Field(), f.index())
		return fmt.Sprintf("%s(r.client, %s, %s).%s(%s)", strings.ToLower(f.Handle()), at, join(metric, f.pairs()), act, given)
	case schema.Failure:
		return fmt.Sprintf("r.client.ErrorAt(1, %s)", join(metric+", "+given, f.pairs()))
	case schema.Flag:
		return fmt.Sprintf("r.client.Flag(%s)", join(metric+", "+given, f.pairs()))
	}
	if f.Metric.IsText() {
		return fmt.Sprintf("r.client.State(%s)", join(metric+", "+given, f.pairs()))
	}
	return fmt.Sprintf("r.client.Quantity(%s)", join(metric+", "+given, f.pairs()))
}

func join(first string, rest []string) string {
	return strings.Join(append([]string{first}, rest...), ", ")
}

// pairs are the labels as the client takes them.
func (f *function) pairs() (out []string) {
	for _, p := range f.Params {
		text := p.Name
		switch {
		case p.Size > 0:
			text += ".text()"
		case p.Type == "time.Duration":
			text = "strconv.FormatInt(" + text + ".Microseconds(), 10)"
		case p.Type == "int64":
			text = "strconv.FormatInt(" + text + ", 10)"
		}
		out = append(out, fmt.Sprintf("client.Label{Name: %q, Value: %s}", p.Label, text))
	}
	return out
}

// index is the place of a combination of label values.
func (f *function) index() string {
	if len(f.Params) == 0 {
		return "0"
	}
	out := f.Params[0].Name + ".n"
	for i, p := range f.Params[1:] {
		if i > 0 {
			out = "(" + out + ")"
		}
		out = fmt.Sprintf("%s*%d+%s.n", out, p.Size, p.Name)
	}
	return out
}
