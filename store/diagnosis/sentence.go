package diagnosis

import (
	"fmt"
	"strings"
	"time"
)

// sentenceOf says in one sentence what fails.
func (x *examiner) sentenceOf(s *signature, p *Problem) string {
	e := p.Error
	over := x.over(s) != ""
	var b strings.Builder
	if e.Operation == "" {
		b.WriteString(x.plainFailure(s, e, over))
	} else {
		b.WriteString(x.operationFailure(s, e, over))
	}
	if e.Function != "" {
		b.WriteString(" in `" + short(e.Function) + "`")
	}
	if over {
		b.WriteString("; " + x.over(s))
	}
	b.WriteString(knownClause(p.Known))
	return b.String() + "."
}

// operationFailure says how often an operation fails, and with what.
func (x *examiner) operationFailure(s *signature, e *Signature, over bool) string {
	verb, counts := "fails", fmt.Sprintf("%s of %s", grouped(e.Failures), count(e.Attempts, "attempt", "attempts"))
	share := float64(e.Failures) / float64(max(e.Attempts, 1))
	switch {
	case over:
		verb = "failed"
	case share < halfOf && e.Streak >= allOfLast:
		verb, counts = "now fails each time", "the last "+count(e.Streak, "attempt", "attempts")
	case share < halfOf:
		verb = "sometimes fails"
	}
	since := " since " + e.Product + " " + e.Since
	if e.Since == "" {
		since = " since " + e.First.Format(time.DateOnly) + " under " + e.Product + " " + s.lastVersion
	}
	if over {
		since = " under " + e.Product + " " + s.lastVersion
	}
	return fmt.Sprintf("%s %s%s on this installation: %s, error %s", capital(words(e.Operation)), verb, since, counts, limited(e.Code))
}

// plainFailure says how often a product fails, where no operation is told.
func (x *examiner) plainFailure(s *signature, e *Signature, over bool) string {
	verb := "fails"
	switch {
	case s.crashes() && over:
		verb = "crashed"
	case s.crashes():
		verb = "crashes"
	case over:
		verb = "failed"
	}
	since := "since " + e.Since
	if e.Since == "" {
		since = "since " + e.First.Format(time.DateOnly)
	}
	return fmt.Sprintf("%s %s %s on this installation, %s %s: error %s",
		capital(e.Product), s.lastVersion, verb, count(e.Events, "time", "times"), since, limited(e.Code))
}

// knownClause says what the vendor knows of it.
func knownClause(i *Issue) string {
	if i == nil {
		return ""
	}
	out := "; known issue"
	if i.FixedIn != "" {
		out += ", fixed in " + i.FixedIn
	} else {
		out += ", not fixed yet"
	}
	if i.Workaround != "" {
		out += ", with a workaround"
	}
	return out
}

// sentenceOfSlow says in one sentence what is slow.
func sentenceOfSlow(s *Slow, known *Issue) string {
	what := capital(words(s.Operation))
	took := about(s.Unit, s.Median)
	var out string
	switch {
	case s.Regressed:
		out = fmt.Sprintf("%s is slow since %s %s, here and at large: mostly %s, and it was %s before", what, s.Product, s.Since, took, s.UsualBefore.Text(s.Unit))
	case s.Since != "":
		out = fmt.Sprintf("%s is slow since %s %s on this installation: mostly %s, and it was %s before", what, s.Product, s.Since, took, about(s.Unit, s.Before))
	default:
		out = fmt.Sprintf("%s is slow on this installation under %s %s: mostly %s", what, s.Product, s.Version, took)
	}
	if s.Usual != nil && !s.Regressed {
		out += fmt.Sprintf("; %s is usual", s.Usual.Text(s.Unit))
	}
	return out + knownClause(known) + "."
}

// slowClause says of what fails that it is slow as well.
func slowClause(s *Slow) string {
	switch {
	case s.Usual != nil && !s.Usual.Has(s.Median):
		return fmt.Sprintf("; and it is slow: mostly %s, where %s is usual", about(s.Unit, s.Median), s.Usual.Text(s.Unit))
	case s.Before > 0:
		return fmt.Sprintf("; and it is slow: mostly %s, and it was %s before %s", about(s.Unit, s.Median), about(s.Unit, s.Before), s.Since)
	case s.UsualBefore != nil:
		return fmt.Sprintf("; and it is slow: mostly %s, and it was %s before %s", about(s.Unit, s.Median), s.UsualBefore.Text(s.Unit), s.Since)
	}
	return "; and it is slow: mostly " + about(s.Unit, s.Median)
}

// nothing says that nothing is wrong, and what that is said from.
// There may be pages all the same: then it says why nothing of them is told.
func (x *examiner) nothing(r *Report) string {
	if r.Records == 0 || r.Through.IsZero() {
		return "There are no records to tell from" + x.instead() + "."
	}
	var attempts uint64
	for _, o := range r.Operations {
		attempts += o.Attempts
	}
	return fmt.Sprintf("Nothing wrong is to be seen in %s with %s, up to %s.",
		count(uint64(r.Records), "record", "records"), count(attempts, "operation", "operations"), r.Through.Format("2006-01-02 15:04 UTC"))
}

// instead says what there is where no record is shown; "" when there is nothing.
func (x *examiner) instead() string {
	var there []string
	if n := x.h.NotUnderstood; n > 0 {
		there = append(there, count(uint64(n), "record is", "records are")+" of a registry release that is not known here")
	}
	if n := x.h.Damaged; n > 0 {
		there = append(there, count(uint64(n), "page is", "pages are")+" damaged")
	}
	if len(there) == 0 {
		return ""
	}
	return ": " + strings.Join(there, ", ")
}
