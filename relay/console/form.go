package console

import (
	"net/url"
	"strconv"

	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/relay/policy"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// form is the Cloud services form: what it shows, and what an administrator
// sends back.
type form struct {
	CEIP, CSP bool
	Level     schema.Level
	Include   bool   // also the registry's fields that came after the last decision
	Over      uint64 // the revision that the administrator saw
	Seen      uint32 // the registry release that the administrator saw
}

// formOf returns the form as the decision stands. What is held is not ticked:
// nobody's yes is made up.
func (c *Console) formOf(p wire.Policy) form {
	f := form{
		CEIP: p.CEIP == wire.SwitchOn, CSP: p.CSP == wire.SwitchOn, Level: p.Level,
		Over: p.Revision, Seen: uint32(c.cfg.Registry.Release),
	}
	if f.Level != schema.Enhanced {
		f.Level = schema.Standard
	}
	return f
}

// readForm returns the form that was posted. A value that no page of ours
// sends refuses it.
func readForm(v url.Values) (form, bool) {
	over, overErr := strconv.ParseUint(v.Get("revision"), 10, 64)
	seen, seenErr := strconv.ParseUint(v.Get("release"), 10, 32)
	f := form{
		CEIP: v.Get("ceip") == "on", CSP: v.Get("csp") == "on", Include: v.Get("include") == "on",
		Level: schema.Level(v.Get("level")), Over: over, Seen: uint32(seen),
	}
	known := f.Level == schema.Standard || f.Level == schema.Enhanced
	return f, known && overErr == nil && seenErr == nil
}

// together returns the form as it is meant over the policy that its
// administrator saw. Who unticks the first box wants that nothing is sent, so
// one tick turns off both; who wants the second programme alone ticks it
// afterwards.
func (f form) together(p wire.Policy) form {
	if p.Revision == f.Over && p.CEIP == wire.SwitchOn && p.CSP == wire.SwitchOn && !f.CEIP {
		f.CSP = false
	}
	return f
}

// settings returns what the form asks for.
func (f form) settings() policy.Settings {
	return policy.Settings{CEIP: switchOf(f.CEIP), CSP: switchOf(f.CSP), Level: f.Level}
}

// release returns the registry release that the saved decision will cover: what
// was covered before, and the new fields only when they were seen and ticked.
// Where no release was covered yet, the decision is about all that was shown.
func (f form) release(covered uint32, now schema.Release) uint32 {
	seen := min(f.Seen, uint32(now))
	if covered != 0 && (!f.Include || seen < covered) {
		return covered
	}
	return seen
}

func switchOf(on bool) wire.Switch {
	if on {
		return wire.SwitchOn
	}
	return wire.SwitchOff
}

// change is one thing that differs between two decisions, in the words of the
// page.
type change struct{ Name, From, To string }

// changes returns what differs, in the order of the page.
func changes(r *web.Request, from policy.Settings, fromRelease uint32, to policy.Settings, toRelease uint32) (out []change) {
	add := func(name, a, b string) {
		if a != b {
			out = append(out, change{Name: r.T(name), From: a, To: b})
		}
	}
	add("console.programme.ceip", switchWord(r, from.CEIP), switchWord(r, to.CEIP))
	add("console.programme.csp", switchWord(r, from.CSP), switchWord(r, to.CSP))
	add("console.level", levelWord(r, from.Level), levelWord(r, to.Level))
	add("console.release", releaseWord(r, fromRelease), releaseWord(r, toRelease))
	return out
}

func switchWord(r *web.Request, s wire.Switch) string {
	switch s {
	case wire.SwitchOn:
		return r.T("console.state.on")
	case wire.SwitchOff:
		return r.T("console.state.off")
	}
	return r.T("console.state.held")
}

func levelWord(r *web.Request, l schema.Level) string {
	if l == schema.Enhanced {
		return r.T("console.level.enhanced")
	}
	return r.T("console.level.standard")
}

func releaseWord(r *web.Request, n uint32) string {
	if n == 0 {
		return r.T("console.release.none")
	}
	return strconv.FormatUint(uint64(n), 10)
}

// settingsOf returns the settings that a policy tells.
func settingsOf(p wire.Policy) policy.Settings {
	return policy.Settings{CEIP: p.CEIP, CSP: p.CSP, Level: p.Level}
}
