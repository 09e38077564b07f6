package participation

import (
	"fmt"
	"slices"
	"strings"
)

// environmentInput reads a variable that can say off and nothing else.
func (r *Resolver) environmentInput(name, variable string, off func(string) bool) Input {
	value := strings.ToLower(strings.TrimSpace(r.c.Getenv(variable)))
	in := Input{Name: name, Value: word(value), Source: "environment of this process", Says: NoOpinion}
	switch {
	case value == "":
		in.Reason = variable + " is not set."
	case off(value):
		in.Says, in.Since = Off, r.started
		in.Reason = fmt.Sprintf("%s is set to %s in the environment of this process.", variable, in.Value)
	default:
		in.Since = r.started
		in.Reason = fmt.Sprintf("%s is set to %s, which refuses nothing.", variable, in.Value)
	}
	return in
}

// doNotTrack follows donottrack.sh: every value is a refusal, except those
// that say that it is none.
func doNotTrack(value string) bool { return value != "0" && value != "false" }

// telemetryOff knows the words that refuse. Others, such as "on", overrule
// nothing.
func telemetryOff(value string) bool {
	return slices.Contains([]string{"off", "0", "false", "no"}, value)
}

// word returns a value as it may be shown: what somebody else than a switch
// has put there may be anything.
func word(value string) string {
	if value == "" || slices.Contains([]string{"0", "1", "true", "false", "yes", "no", "on", "off"}, value) {
		return value
	}
	return "something else"
}
