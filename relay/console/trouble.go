package console

import (
	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/relay/policy"
)

// notice is what Overview and Cloud services say above everything else when
// the decision is not as it should be.
type notice struct {
	Held    bool   // it cannot be read or trusted: What and Fix say why
	What    string // what was found
	Fix     string // what to do
	Asks    bool   // a programme asks first, and nobody decided
	Default bool   // nobody decided; the defaults hold
	Warning bool   // the witness cannot be written
	Here    bool   // the page is Cloud services itself
}

// noticeOf puts a state in the words of the page. A cause that has no words
// here shows those of the policy.
func noticeOf(r *web.Request, s policy.State, here bool) notice {
	n := notice{
		Asks: s.Cause == policy.CauseAsks, Warning: s.Warning != "", Here: here,
		Default: s.Trouble == "" && s.Cause == policy.CauseNone && !s.Policy.Decided,
	}
	if s.Trouble == "" {
		return n
	}
	n.Held, n.What, n.Fix = true, s.Trouble, s.Fix
	fix, known := fixes[s.Cause]
	if known && (s.Cause != policy.CauseDamaged || s.Line > 0) {
		n.What, n.Fix = r.T("console.cause."+string(s.Cause), s.Line), r.T(fix)
	}
	return n
}

// fixes are the causes that have words here, and what mends each.
var fixes = map[policy.Cause]string{
	policy.CauseMissing:   "console.fix.save",
	policy.CauseDamaged:   "console.fix.save",
	policy.CauseBehind:    "console.fix.save",
	policy.CauseUnread:    "console.fix.read",
	policy.CauseWitness:   "console.fix.save",
	policy.CauseAnew:      "console.fix.save",
	policy.CauseUnwritten: "console.fix.write",
	policy.CauseUnsaved:   "console.fix.write",
}
