package console

import (
	"cmp"
	"maps"
	"slices"

	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/relay/policy"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// overviewView is the page "Overview".
type overviewView struct {
	Notice     notice
	Policy     wire.Policy
	Word       string // "on", "partly", "off" or "held": the site as a whole
	Programmes []programme
	Level      string
	Newer      bool // the registry has fields that the decision does not cover
	Last       policy.Entry
	Stats      Stats
	Reasons    []reason
	Upstream   string // in words
}

// programme is one programme's switch in words.
type programme struct {
	Name  string
	State string // "on", "off" or "held": for the style sheet
	Word  string // the same for the reader
}

// reason counts refused envelopes.
type reason struct {
	Word  string
	Count uint64
}

func (c *Console) overview(r *web.Request) (any, error) {
	state, stats := c.cfg.Policy.State(), c.cfg.Stats()
	v := overviewView{
		Notice: noticeOf(r, state, false), Policy: state.Policy,
		Word: siteWord(state.Policy), Level: levelWord(r, state.Policy.Level),
		Newer: state.Policy.Release != 0 && state.Policy.Release < uint32(c.cfg.Registry.Release),
		Last:  state.Last,
		Stats: stats, Reasons: reasons(r, stats.RefusedBy), Upstream: upstreamWord(r, stats.Upstream),
	}
	for _, name := range []schema.Programme{schema.CEIP, schema.CSP} {
		s := state.Policy.Programme(name)
		v.Programmes = append(v.Programmes, programme{
			Name: r.T("console.programme." + string(name)), State: switchName(s), Word: switchWord(r, s),
		})
	}
	return v, nil
}

// siteWord sums both programmes up. Held comes last: a programme that is on
// sends even while the other waits for a decision.
func siteWord(p wire.Policy) string {
	switch {
	case p.CEIP == wire.SwitchOn && p.CSP == wire.SwitchOn:
		return "on"
	case p.CEIP == wire.SwitchOn || p.CSP == wire.SwitchOn:
		return "partly"
	case p.CEIP == wire.SwitchOff && p.CSP == wire.SwitchOff:
		return "off"
	}
	return "held"
}

func switchName(s wire.Switch) string {
	switch s {
	case wire.SwitchOn:
		return "on"
	case wire.SwitchOff:
		return "off"
	}
	return "held"
}

// refusals are the gate's words, which have a sentence of their own.
var refusals = []string{"off", "unknown", "quota", "full", "form", "key", "oversize", "stranger", "flood"}

// reasons returns the refusals that happened, the most frequent first.
func reasons(r *web.Request, by map[string]uint64) (out []reason) {
	for _, word := range slices.Sorted(maps.Keys(by)) {
		if by[word] == 0 {
			continue
		}
		shown := word
		if slices.Contains(refusals, word) {
			shown = r.T("console.refused." + word)
		}
		out = append(out, reason{Word: shown, Count: by[word]})
	}
	slices.SortStableFunc(out, func(a, b reason) int { return cmp.Compare(b.Count, a.Count) })
	return out
}

func upstreamWord(r *web.Request, s string) string {
	switch s {
	case UpstreamConnected, UpstreamAway, UpstreamStream:
		return r.T("console.upstream." + s)
	}
	return s
}
