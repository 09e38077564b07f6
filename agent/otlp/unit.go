package otlp

import "strings"

// measure is what a unit measures, and how much of it one is.
type measure struct {
	what string
	size float64
}

// units are those that are told from each other, as UCUM writes them.
var units = map[string]measure{
	"ns": {"time", 1}, "us": {"time", 1e3}, "ms": {"time", 1e6}, "s": {"time", 1e9}, "min": {"time", 60e9}, "h": {"time", 3600e9}, "d": {"time", 86400e9},
	"By": {"bytes", 1}, "kBy": {"bytes", 1e3}, "MBy": {"bytes", 1e6}, "GBy": {"bytes", 1e9},
	"KiBy": {"bytes", 1 << 10}, "MiBy": {"bytes", 1 << 20}, "GiBy": {"bytes", 1 << 30},
}

// ratio returns what a number in one unit is multiplied with to be in another,
// or false when they do not measure the same. Things are counted alike, whatever
// they are called; a unit that is not said is the other's, but for times, which
// would be wrong by thousands.
func ratio(from, to string) (float64, bool) {
	a, b := units[from], units[to]
	switch {
	case from == to:
		return 1, true
	case a.what != b.what:
		return 1, from == "" && b.what != "time"
	case a.what != "":
		return a.size / b.size, true
	case from == "1" && to == "%":
		return 100, true
	}
	return 1, isCount(from) && isCount(to)
}

// isCount says whether a unit counts things: {request}, 1, or nothing.
func isCount(unit string) bool {
	return unit == "" || unit == "1" || strings.HasPrefix(unit, "{")
}
