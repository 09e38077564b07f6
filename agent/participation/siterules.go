package participation

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// told is a policy as the relay told it, kept in the very bytes.
type told wire.Policy

// MarshalText writes the policy's bytes in hex.
func (t told) MarshalText() ([]byte, error) {
	return []byte(hex.EncodeToString(wire.Policy(t).Marshal())), nil
}

// UnmarshalText reads what MarshalText writes.
func (t *told) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil {
		return errors.New("policy is not in hex")
	}
	p, err := wire.ParsePolicy(b)
	*t = told(p)
	return err
}

// same says whether two policies tell the same, to the byte.
func (t told) same(p wire.Policy) bool {
	return string(wire.Policy(t).Marshal()) == string(p.Marshal())
}

// siteRefusal is the word of a site that is not taken back yet.
type siteRefusal struct {
	Revision uint64    `json:"revision"`
	Since    time.Time `json:"since,omitzero"`
	Decided  bool      `json:"decided"` // by an administrator: no default takes it back
}

// siteMemory is what is never forgotten of a site. It is kept twice: in the
// directory, and in the witness outside it.
type siteMemory struct {
	Highest  uint64                           `json:"highest"`            // revision that was ever heard
	Accepted *told                            `json:"accepted,omitempty"` // the last policy that was believed
	Refused  map[schema.Programme]siteRefusal `json:"refused,omitempty"`
}

// hear returns the memory after the relay told p. It believes a policy whose
// revision is not lower than any before, and that does not tell something else
// under a revision that is known. A refusal by an administrator is remembered
// even of a policy that is not believed.
func (m siteMemory) hear(p wire.Policy) siteMemory {
	m.Refused = maps.Clone(m.Refused)
	for _, name := range programmes {
		if p.Programme(name) == wire.SwitchOff && p.Decided {
			m.refuse(name, p)
		}
	}
	if p.Revision < m.Highest || m.conflicts(p) {
		return m
	}
	m.Highest = p.Revision
	if p.CEIP == wire.Held && p.CSP == wire.Held {
		return m // it tells no decision, so it replaces none
	}
	t := told(p)
	m.Accepted = &t
	for _, name := range programmes {
		switch p.Programme(name) {
		case wire.SwitchOff:
			m.refuse(name, p)
		case wire.SwitchOn:
			if was, ok := m.Refused[name]; ok && lifts(p, was) {
				delete(m.Refused, name)
			}
		}
	}
	return m
}

// refuse remembers that p refuses a programme, unless a later yes of an
// administrator was heard before.
func (m *siteMemory) refuse(name schema.Programme, p wire.Policy) {
	now := siteRefusal{Revision: p.Revision, Since: p.Since, Decided: p.Decided}
	if a := m.Accepted; a != nil && wire.Policy(*a).Programme(name) == wire.SwitchOn && a.Decided && lifts(wire.Policy(*a), now) {
		return
	}
	if was, ok := m.Refused[name]; ok {
		if was.Revision > now.Revision {
			now.Revision, now.Since = was.Revision, was.Since
		}
		now.Decided = now.Decided || was.Decided
	}
	if m.Refused == nil {
		m.Refused = map[schema.Programme]siteRefusal{}
	}
	m.Refused[name] = now
}

// lifts says whether a policy that is on takes a refusal back: it is newer,
// and an administrator's word against an administrator's.
func lifts(p wire.Policy, was siteRefusal) bool {
	return p.Revision > was.Revision && (p.Decided || !was.Decided)
}

// conflicts says whether p tells something else than was believed under the
// same revision. A relay that holds tells nothing.
func (m siteMemory) conflicts(p wire.Policy) bool {
	holds := p.CEIP == wire.Held && p.CSP == wire.Held
	return m.Accepted != nil && m.Accepted.Revision == p.Revision && !holds && !m.Accepted.same(p)
}

// lost says whether m lacks what the witness has: then the directory that m is
// of is a copy from before, or a new one.
func (m siteMemory) lost(witness siteMemory) bool {
	if witness.Highest > m.Highest {
		return true
	}
	for name, w := range witness.Refused {
		is, ok := m.Refused[name]
		lifted := m.Accepted != nil && wire.Policy(*m.Accepted).Programme(name) == wire.SwitchOn && lifts(wire.Policy(*m.Accepted), w)
		if !lifted && (!ok || w.Decided && !is.Decided) {
			return true
		}
	}
	return false
}

// with returns what both remember; the witness wins where it is ahead.
func (m siteMemory) with(witness siteMemory) siteMemory {
	if witness.Highest > m.Highest {
		return witness
	}
	m.Refused = maps.Clone(m.Refused)
	if m.Refused == nil {
		m.Refused = map[schema.Programme]siteRefusal{}
	}
	maps.Copy(m.Refused, witness.Refused)
	return m
}

// heard is the last that the relay told on a live connection.
type heard struct {
	None   bool `json:"none,omitempty"` // it has no policy to tell
	Policy told `json:"policy"`
}

// says returns what follows for one programme from the last word and the
// memory that already took it in, with the value and the reason for people.
func (m siteMemory) says(name schema.Programme, h *heard) (s State, value, reason string) {
	refusal, refused := m.Refused[name]
	switch {
	case h == nil && refused:
		return Off, fmt.Sprintf("off, revision %d", refusal.Revision), fmt.Sprintf("The site refused, for all its hosts (revision %d); it was not heard again since the agent's directory was replaced.", refusal.Revision)
	case h == nil && m.Highest > 0:
		return Unknown, "", fmt.Sprintf("The site's decision was not heard again since the agent's directory was replaced (revision %d was the last); check the connection to the site's relay.", m.Highest)
	case h == nil:
		return Unknown, "", "The site's decision was not heard yet; check the connection to the site's relay."
	case h.None && (m.Highest > 0 || refused):
		return Unknown, "none", fmt.Sprintf("The site's relay tells no policy, and told revision %d before: it lost its policy; save the settings again in its console.", m.Highest)
	case h.None:
		return NoOpinion, "none", "The relay has no policy to tell."
	}
	return m.saysPolicy(name, wire.Policy(h.Policy))
}

func (m siteMemory) saysPolicy(name schema.Programme, p wire.Policy) (s State, value, reason string) {
	refusal, refused := m.Refused[name]
	at := func(word string) string { return fmt.Sprintf("%s, revision %d", word, p.Revision) }
	switch word := p.Programme(name); {
	case p.Revision < m.Highest:
		return Unknown, at("rolled back"), fmt.Sprintf("The site's relay tells revision %d, and revision %d was heard before: it lost something; save the settings again in its console.", p.Revision, m.Highest)
	case m.conflicts(p):
		return Unknown, at("changed"), fmt.Sprintf("The site's relay tells something else than before under the same revision %d; save the settings again in its console.", p.Revision)
	case word == wire.SwitchOff && p.Decided:
		return Off, at("off"), "The site's administrator refused, for all its hosts."
	case word == wire.SwitchOff:
		return Off, at("off"), "It is off by default at this site; its administrator can turn it on in the relay's console."
	case word == wire.Held || p.Revision == 0:
		return Unknown, at("held"), "The site's relay holds: no one has decided where somebody must, or it cannot read the decision; look at its console."
	case refused && refusal.Decided && !p.Decided:
		return Unknown, at("on"), fmt.Sprintf("The site's administrator refused with revision %d, and the relay now tells a default that no one has decided; save the settings again in its console.", refusal.Revision)
	case refused:
		return Unknown, at("on"), fmt.Sprintf("The site refused with revision %d, which was not taken back by a later one; save the settings again in the relay's console.", refusal.Revision)
	case p.Decided:
		return On, at("on"), "The site's administrator allows it."
	}
	return On, at("on"), "It is on by default at this site; no one there has decided otherwise."
}
