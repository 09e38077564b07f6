package participation

import "fmt"

// State says whether this installation takes part, as one input or the
// decision has it. The zero State is Unknown, which sends nothing.
type State int

// The states. A decision is never NoOpinion.
const (
	Unknown   State = iota // a source that is there cannot be read, or waits for an answer
	On                     // takes part
	Off                    // refused
	NoOpinion              // this input leaves it to the others
)

var stateNames = [...]string{Unknown: "unknown", On: "on", Off: "off", NoOpinion: "no opinion"}

// String returns "unknown", "on", "off" or "no opinion".
func (s State) String() string {
	if s < 0 || int(s) >= len(stateNames) {
		return stateNames[Unknown]
	}
	return stateNames[s]
}

// MarshalText returns what String does, for JSON.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what String writes, and nothing else.
func (s *State) UnmarshalText(b []byte) error {
	for i, name := range stateNames {
		if name == string(b) {
			*s = State(i)
			return nil
		}
	}
	return fmt.Errorf("read participation state: want one of %q", stateNames)
}
