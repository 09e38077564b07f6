package dictionary

import (
	"strconv"
	"strings"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// Each word of the registry in plain words, with the word itself where people
// meet it elsewhere. What is not known is shown as it is.

func categoryTitle(c schema.Category) string {
	switch c {
	case schema.Configuration:
		return "Configuration"
	case schema.FeatureUsage:
		return "Use of features"
	case schema.Performance:
		return "Performance"
	case schema.ErrorReport:
		return "Error reports"
	case schema.ProductLog:
		return "Product logs"
	case schema.Survey:
		return "Surveys"
	case schema.Engine:
		return "Inner workings"
	case schema.ApplianceHealth:
		return "Appliance health"
	}
	return string(c)
}

func programmeWords(p schema.Programme) string {
	switch p {
	case schema.CEIP:
		return "customer experience improvement (ceip)"
	case schema.CSP:
		return "customer success (csp)"
	}
	return string(p)
}

func defaultWords(d registry.Default) string {
	switch d {
	case registry.DefaultOn:
		return "On: it takes part until somebody refuses."
	case registry.DefaultAsk:
		return "Asks: it waits for a decision."
	case registry.DefaultOff:
		return "Off: it needs a yes."
	}
	return string(d)
}

func levelWords(l schema.Level) string {
	if l == schema.Enhanced {
		return "Enhanced: only where it was chosen."
	}
	return "Standard."
}

func typeWords(m *registry.Metric) string {
	switch m.Type {
	case schema.Counter:
		return "A counter: how often, or how much, added up"
	case schema.Quantity:
		return "A quantity: a number read at a moment"
	case schema.Duration:
		return "A duration"
	case schema.State:
		return "A state: a word that holds until it changes"
	case schema.Flag:
		return "A flag: yes or no"
	case schema.Failure:
		return "An error: a code, or the type of the error"
	case schema.Log:
		if m.Treatment == schema.Scrub {
			return "A line of a log"
		}
		return "A line of a log, by its ID"
	case schema.Answer:
		return "An answer to a survey"
	}
	return string(m.Type)
}

func unitWords(unit string) string {
	switch unit {
	case "":
		return ""
	case "1":
		return "in plain numbers"
	case "%":
		return "in percent"
	case "By":
		return "in bytes"
	case "s":
		return "in seconds"
	case "us":
		return "in microseconds"
	}
	return "unit: " + thing(unit)
}

// size is one size in which a unit is read.
type size struct {
	of   int64
	name string
}

func sizes(unit string) []size {
	switch unit {
	case "By":
		return []size{{1 << 40, " TiB"}, {1 << 30, " GiB"}, {1 << 20, " MiB"}, {1 << 10, " KiB"}, {1, " B"}}
	case "us":
		return []size{{86_400_000_000, " d"}, {3_600_000_000, " h"}, {60_000_000, " min"}, {1_000_000, " s"}, {1_000, " ms"}, {1, " µs"}}
	case "s":
		return []size{{86_400, " d"}, {3_600, " h"}, {60, " min"}, {1, " s"}}
	case "%":
		return []size{{1, " %"}}
	case "", "1":
		return []size{{1, ""}}
	}
	return []size{{1, " (" + thing(unit) + ")"}}
}

// thing returns what is counted in a unit such as "{row}".
func thing(unit string) string { return strings.Trim(unit, "{}") }

// amount is a number with its unit, in the largest size in which it is whole.
func amount(unit string, n int64) string {
	if n == 1 && strings.HasPrefix(unit, "{") {
		return "1 " + thing(unit)
	}
	for _, s := range sizes(unit) {
		if n%s.of == 0 && (n > 0 || s.of == 1) {
			return grouped(n/s.of) + s.name
		}
	}
	return grouped(n)
}

// grouped writes a number that is not negative with its thousands apart.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func plural(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return grouped(n) + " " + thing + "s"
}

// and joins words as a sentence does.
func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
