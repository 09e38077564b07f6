package otlp

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// Why something was dropped, beside the reasons of the registry and the intake.
const (
	WhyUnmapped = "unmapped" // the registry names no metric that takes it
	WhyOff      = "off"      // the host did not take part: requests, whatever is in them
	WhyKind     = "kind"     // such an instrument does not become such a metric
	WhyUnit     = "unit"     // its unit is not said, or of another kind than the metric's
	WhyValue    = "value"    // it has no number that the metric can hold
	WhyFirst    = "first"    // it counts up since before this agent looked
	WhyMany     = "too_many" // over the bounds of a request
)

// What a count is of.
const (
	OfService   = "service" // a resource; its service.name
	OfSpan      = "span"
	OfMetric    = "metric" // its points
	OfLog       = "log"    // by event name, "" without one
	OfException = "exception"
	OfRequest   = "request"
)

// Count says how often something was dropped. It is for this host's own eyes:
// names that products choose never leave it.
type Count struct {
	Of    string
	Name  string
	Why   string
	Count uint64 // of spans, points, records or requests
}

// Bounds of what is counted by name.
const (
	maxCounted    = 1000
	maxNameLen    = 100
	maxNameDigits = 3 // in a row: more may be a number of somebody
	otherName     = "other"
)

// tally counts what was dropped. The zero value is ready.
type tally struct {
	identifies func(name string) bool

	mu sync.Mutex
	of map[Count]uint64 // by all but the count
}

// add counts. A name that is not of a safe form, that tells who this is, or that
// is one too many is counted as "other".
func (t *tally) add(of, name, why string, n uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil {
		t.of = map[Count]uint64{}
	}
	key := Count{Of: of, Name: name, Why: why}
	if _, known := t.of[key]; !known && name != "" && (len(t.of) >= maxCounted || !isSafeName(name) || t.identifies(name)) {
		key.Name = otherName
	}
	key.Name = strings.Clone(key.Name) // of a body that goes
	t.of[key] += n
}

func (t *tally) counts() []Count {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]Count, 0, len(t.of))
	for key, n := range t.of {
		key.Count = n
		out = append(out, key)
	}
	slices.SortFunc(out, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.Of, b.Of), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Why, b.Why))
	})
	return out
}

// isSafeName says whether a name looks like one that a programmer wrote down: a
// span may be called by a whole path, with somebody's number in it.
func isSafeName(s string) bool {
	if len(s) > maxNameLen {
		return false
	}
	digits := 0
	for _, c := range s {
		switch {
		case '0' <= c && c <= '9':
			digits++
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', strings.ContainsRune(" ._:/{}-", c):
			digits = 0
		default:
			return false
		}
		if digits > maxNameDigits {
			return false
		}
	}
	return true
}
