package participation

import (
	"maps"
	"slices"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// programmes are those that a decision is made on, in the order in which one
// stands for all of them.
var programmes = [...]schema.Programme{schema.CEIP, schema.CSP}

// Input is one source of the decision, as it was just read.
type Input struct {
	// Name is one of the names in the package comment.
	Name string `json:"name"`
	// Value is what the source holds, in a few words; "" when there is nothing.
	Value string `json:"value"`
	// Source is where that was read. Home directories are written "~".
	Source string `json:"source"`
	// Since is when the source got its value; zero when that is not known.
	Since time.Time `json:"since,omitzero"`
	// Says is what follows from it; where programmes differ, for the one that
	// it allows most.
	Says State `json:"says"`
	// Programmes is what follows for each; nil when it is the same for all.
	Programmes map[schema.Programme]State `json:"programmes,omitempty"`
	// Reason says that in plain sentences, and what to do when Says is
	// Unknown.
	Reason string `json:"reason"`
}

// ProgrammeDecision is what all inputs come to for one programme.
type ProgrammeDecision struct {
	Name schema.Programme `json:"name"`
	// State is never NoOpinion.
	State State `json:"state"`
	// By names the input that decided.
	By string `json:"by"`
	// Since is when this state, by this input, was first seen; it outlives
	// restarts. Zero when the clock was never set.
	Since time.Time `json:"since,omitzero"`
	// Reason is the deciding input's.
	Reason string `json:"reason"`
	// MayCollect allows records of the programme on disk. A preview that stays
	// in memory is allowed always.
	MayCollect bool `json:"may_collect"`
	// MaySend allows them to leave. It implies MayCollect.
	MaySend bool `json:"may_send"`
}

// Decision is what all inputs come to.
type Decision struct {
	// State is that of the programme that is allowed most: on if one is on, off
	// if all are. It is never NoOpinion.
	State State `json:"state"`
	// By, Since and Reason are of that programme, of the first among equals.
	By     string    `json:"by"`
	Since  time.Time `json:"since,omitzero"`
	Reason string    `json:"reason"`
	// Programmes are all of them, ceip first.
	Programmes []ProgrammeDecision `json:"programmes"`
	// Inputs are all of them, in order.
	Inputs []Input `json:"inputs"`
	// Level is the most detail that machine policy and site allow.
	Level schema.Level `json:"level"`
	// Debug is until when a user of this host asked for more detail and for
	// sending more often; zero when it has ended, or is not on.
	Debug time.Time `json:"debug_until,omitzero"`
	// Release is the registry's release that participation covers: what the
	// registry got after it stays off until it is acknowledged.
	Release uint32 `json:"covered_release"`
	// Registry is the release in use.
	Registry uint32 `json:"registry_release"`
	// Revision is that of the site's decision which is believed; 0: none.
	Revision uint64 `json:"site_revision,omitempty"`
	// MayCollect allows records of some programme on disk.
	MayCollect bool `json:"may_collect"`
	// MaySend allows records of some programme to leave.
	MaySend bool `json:"may_send"`
	// MayListen allows a connection to the relay: no input of this host
	// refuses, and none is unreadable. What the site says, or the programme's
	// default, does not count, since it is heard there that they change.
	MayListen bool `json:"may_listen"`
	// SiteOff says that the last word of the site is off, for all programmes:
	// there may be a connection that listens, and no request on it.
	SiteOff bool `json:"site_off"`
}

// Programme returns the decision on one programme. A name that is unknown is
// off.
func (d Decision) Programme(name schema.Programme) ProgrammeDecision {
	for _, p := range d.Programmes {
		if p.Name == name {
			return p
		}
	}
	return ProgrammeDecision{Name: name, State: Off, Reason: "There is no such programme."}
}

// view is all inputs as they were just read.
type view struct {
	host    []Input                // the same for all programmes
	site    [len(programmes)]Input // of each programme
	presets [len(programmes)]Input // of each programme: its default
}

// of returns the inputs of the i-th programme, in the order of the package
// comment.
func (v *view) of(i int) []Input { return append(slices.Clone(v.host), v.site[i], v.presets[i]) }

// decide lets the strictest input win, for each programme. What the past knows
// is added later.
func (v *view) decide() Decision {
	d := Decision{
		Inputs:    append(slices.Clone(v.host), merge(v.site), merge(v.presets)),
		MayListen: !slices.ContainsFunc(v.host, func(in Input) bool { return in.Says == Off || in.Says == Unknown }),
		SiteOff:   !slices.ContainsFunc(v.site[:], func(in Input) bool { return in.Says != Off }),
	}
	for i, name := range programmes {
		in := strictest(v.of(i))
		d.Programmes = append(d.Programmes, ProgrammeDecision{Name: name, State: in.Says, By: in.Name, Reason: in.Reason})
	}
	return d
}

// strictest returns the input that decides: the first of those that say the
// strictest word.
func strictest(inputs []Input) Input {
	for _, state := range []State{Off, Unknown, On} {
		for _, in := range inputs {
			if in.Says == state {
				return in
			}
		}
	}
	return Input{Reason: "No input says anything."}
}

// most returns the decision of the programme that is allowed most.
func most(decided []ProgrammeDecision) ProgrammeDecision {
	for _, state := range []State{On, Unknown} {
		for _, p := range decided {
			if p.State == state {
				return p
			}
		}
	}
	return decided[0]
}

// merge makes one input of what a source says of each programme.
func merge(of [len(programmes)]Input) Input {
	out := of[0]
	if out.Says == of[1].Says && out.Value == of[1].Value && out.Reason == of[1].Reason {
		return out
	}
	out.Value, out.Reason, out.Programmes = "", "", map[schema.Programme]State{}
	states := make([]ProgrammeDecision, len(programmes))
	for i, name := range programmes {
		out.Programmes[name] = of[i].Says
		out.Value += string(name) + " " + of[i].Value + "; "
		out.Reason += string(name) + ": " + of[i].Reason + " "
		states[i] = ProgrammeDecision{State: of[i].Says}
	}
	out.Value, out.Reason = out.Value[:len(out.Value)-2], out.Reason[:len(out.Reason)-1]
	out.Says = most(states).State
	return out
}

// equal says whether two decisions tell the same.
func equal(a, b Decision) bool {
	return a.State == b.State && a.By == b.By && a.Since.Equal(b.Since) && a.Reason == b.Reason &&
		a.Level == b.Level && a.Debug.Equal(b.Debug) && a.Release == b.Release && a.Registry == b.Registry && a.Revision == b.Revision &&
		a.MayListen == b.MayListen && a.SiteOff == b.SiteOff &&
		slices.Equal(a.Programmes, b.Programmes) && slices.EqualFunc(a.Inputs, b.Inputs, sameInput)
}

func sameInput(a, b Input) bool {
	return a.Name == b.Name && a.Value == b.Value && a.Source == b.Source && a.Since.Equal(b.Since) &&
		a.Says == b.Says && a.Reason == b.Reason && maps.Equal(a.Programmes, b.Programmes)
}
