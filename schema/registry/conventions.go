package registry

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/tacit-telemetry/tacit/schema"
)

//go:embed conventions.txt
var conventionsText string

// convention is what OpenTelemetry means by a name.
type convention struct {
	is   string // "histogram", "counter", "updowncounter", "gauge" or "attribute"
	unit string // of an instrument; the type of an attribute
}

// conventions are known names of OpenTelemetry.
var conventions = sync.OnceValue(func() map[string]convention {
	out := map[string]convention{}
	for line := range strings.Lines(conventionsText) {
		if words := strings.Fields(line); len(words) == 3 && words[0] != "#" {
			out[words[0]] = convention{words[1], words[2]}
		}
	}
	return out
})

// fits says whether the metric means what the convention means.
func (c convention) fits(m *Metric) bool {
	switch {
	case c.is == "histogram" && c.unit == "s":
		return m.Type == schema.Duration
	case c.is == "histogram", c.is == "updowncounter", c.is == "gauge":
		return m.Type == schema.Quantity && m.Unit == c.unit
	case c.is == "counter":
		return m.Type == schema.Counter && m.Unit == c.unit
	case c.unit == "int":
		return m.Type == schema.Quantity
	case c.unit == "boolean":
		return m.Type == schema.Flag
	}
	return m.IsText()
}

func (c convention) String() string {
	if c.is == "attribute" {
		return "an attribute of type " + c.unit
	}
	return "a " + c.is + " in " + c.unit
}

// lintConvention asks whether a metric with a name of OpenTelemetry means the
// same: who knows the name would read it wrongly.
func (rd *reader) lintConvention(o object, m *Metric) {
	c, known := conventions()[m.Name]
	unread := m.Type == "" || m.Unit == "" && (m.Type == schema.Counter || m.Type == schema.Quantity)
	if !known || unread || c.fits(m) {
		return
	}
	is := string(m.Type)
	if m.Unit != "" {
		is += " in " + m.Unit
	}
	rd.problem(o.value("name"), fmt.Sprintf("%s is a %s, but OpenTelemetry means %s by this name", o.what, is, c),
		"give it a name of the product's own, or make it what the name means")
}
