package insights

import (
	"strconv"
	"strings"
)

// Number returns a number in the largest step of its unit that it reaches, with
// one digit behind the point at most: "4.2 s", "340 ms", "16 GiB". An annotation,
// such as {use}, says nothing that the metric's name does not, and is left out.
func Number(unit string, n int64) string {
	steps := stepsOf(unit)
	for _, s := range steps {
		if n >= s.size {
			x := strconv.FormatFloat(float64(n)/float64(s.size), 'f', 1, 64)
			return strings.TrimSuffix(x, ".0") + s.name
		}
	}
	return strconv.FormatInt(n, 10) + steps[len(steps)-1].name
}

// step is one size in which a unit is shown.
type step struct {
	size int64
	name string
}

func stepsOf(unit string) []step {
	switch {
	case unit == "us":
		return []step{{1_000_000, " s"}, {1_000, " ms"}, {1, " µs"}}
	case unit == "By":
		return []step{{1 << 30, " GiB"}, {1 << 20, " MiB"}, {1 << 10, " KiB"}, {1, " B"}}
	case unit == "s":
		return []step{{86_400, " d"}, {3_600, " h"}, {60, " min"}, {1, " s"}}
	case unit == "" || unit == "1" || strings.HasPrefix(unit, "{"):
		return []step{{1, ""}}
	}
	return []step{{1, " " + unit}}
}

// Text returns the range in a unit: "10 ms to 50 ms", "below 1 GiB", "at least
// 90 %".
func (r Range) Text(unit string) string {
	switch {
	case r.High == 0:
		return "at least " + Number(unit, r.Low)
	case r.Low == 0:
		return "below " + Number(unit, r.High)
	}
	return Number(unit, r.Low) + " to " + Number(unit, r.High)
}
