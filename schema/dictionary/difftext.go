package dictionary

import (
	"fmt"
	"slices"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// text is what may be kept of a text, and what is done to it.
type text struct {
	treatment schema.Treatment
	values    []string
	format    registry.Format
	overflow  string
}

func asText(m *registry.Metric) text { return text{m.Treatment, m.Values, m.Format, m.Overflow} }

// strength orders treatments by what they leave: all, a range, harmless words,
// whether it is the same again, nothing.
func strength() []schema.Treatment {
	return []schema.Treatment{schema.Keep, schema.Bucket, schema.Scrub, schema.Hash, schema.Drop}
}

// text says what changed of a value or, after what, of a label.
func (d *differ) text(what string, was, is text) {
	if was.treatment != is.treatment {
		weaker := slices.Index(strength(), is.treatment) < slices.Index(strength(), was.treatment)
		kind := "stronger"
		if weaker {
			kind = "weaker"
		}
		d.means(weaker, fmt.Sprintf("%sits treatment is %s instead of %s, which is %s", what, is.treatment, was.treatment, kind))
		return // what may be kept follows from it
	}
	switch {
	case was.format != is.format && is.format == "":
		d.means(false, what+"takes listed words instead of the format "+string(was.format))
	case was.format != is.format && was.format == "":
		d.means(true, what+"takes the format "+string(is.format)+" instead of listed words")
	case was.format != is.format:
		d.means(true, fmt.Sprintf("%stakes the format %s instead of %s", what, is.format, was.format))
	default:
		d.grown(was.values, is.values, what+"may also be: %s", what+"may no longer be: %s")
	}
	switch {
	case was.overflow == is.overflow:
	case is.overflow == "":
		d.say(what + "a word that is not listed is refused instead of counted as " + was.overflow)
	default:
		d.ask(what + "a word that is not listed is counted as " + is.overflow + " instead of refused")
	}
}
