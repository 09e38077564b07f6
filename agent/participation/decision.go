package participation

import "time"

// Input is one source of the decision, as it was just read.
type Input struct {
	// Name is one of the names in the package comment.
	Name string `json:"name"`
	// Value is what the source holds, in a word; "" when there is nothing.
	Value string `json:"value"`
	// Source is where that was read. Home directories are written "~".
	Source string `json:"source"`
	// Since is when the source got its value; zero when nobody knows.
	Since time.Time `json:"since,omitzero"`
	// Says is what follows from it.
	Says State `json:"says"`
	// Reason says that in one plain sentence, and what to do when Says is
	// Unknown.
	Reason string `json:"reason"`
}

// Decision is what all inputs come to.
type Decision struct {
	// State is never NoOpinion.
	State State `json:"state"`
	// By names the input that decided.
	By string `json:"by"`
	// Since is when this state, by this input, was first seen; it outlives
	// restarts. Zero when the clock was never set.
	Since time.Time `json:"since,omitzero"`
	// Reason is the deciding input's.
	Reason string `json:"reason"`
	// Inputs are all of them, in order.
	Inputs []Input `json:"inputs"`
	// MayCollect allows records on disk. A preview that stays in memory is
	// allowed always.
	MayCollect bool `json:"may_collect"`
	// MaySend allows a connection. It implies MayCollect.
	MaySend bool `json:"may_send"`
}

// decide lets the strictest input win; among equals the first. Since and the
// two permissions are for whoever knows the past.
func decide(inputs []Input) Decision {
	for _, state := range []State{Off, Unknown, On} {
		for _, in := range inputs {
			if in.Says == state {
				return Decision{State: state, By: in.Name, Reason: in.Reason, Inputs: inputs}
			}
		}
	}
	return Decision{Inputs: inputs, Reason: "No input says anything."}
}
