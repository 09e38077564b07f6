package diagnosis

import "fmt"

// Bounds between severities.
const (
	manyCrashes = 3   // in a row
	allOfLast   = 3   // attempts that failed in a row: every attempt, as far as one can say
	halfOf      = 0.5 // of all attempts
	muchSlower  = 10  // times as long
)

// severityOf suggests a severity for a signature.
func (x *examiner) severityOf(s *signature, shown *Signature) Severity {
	if why := x.over(s); why != "" {
		return Severity{4, why}
	}
	p := x.products[s.product]
	if s.crashes() && p.crashes >= manyCrashes && p.crashed == s.last {
		return Severity{1, fmt.Sprintf("%s crashed %d times in a row and did next to nothing in between", p.name, p.crashes)}
	}
	if shown.Operation == "" {
		if s.crashes() && s.events >= manyCrashes {
			return Severity{2, fmt.Sprintf("%s crashed %d times, and could be used in between", p.name, s.events)}
		}
		return Severity{3, "no record says which function fails with it, or that one cannot be used"}
	}
	much, how := x.inMuchUse(s.product, shown.Operation)
	each := shown.Streak >= allOfLast
	share := float64(shown.Failures) / float64(max(shown.Attempts, 1))
	switch {
	case much && each:
		return Severity{1, fmt.Sprintf("%s is in much use (%s), and each of the last %d attempts failed", words(shown.Operation), how, shown.Streak)}
	case much && share >= halfOf:
		return Severity{2, fmt.Sprintf("%s is in much use (%s) and fails in %d of %d attempts", words(shown.Operation), how, shown.Failures, shown.Attempts)}
	case each:
		return Severity{2, fmt.Sprintf("each of the last %d attempts of %s failed; it is in little use here", shown.Streak, words(shown.Operation))}
	}
	return Severity{3, fmt.Sprintf("%s fails in %d of %d attempts: trying again helps mostly", words(shown.Operation), shown.Failures, shown.Attempts)}
}

// severityOfSlow suggests a severity for a slow operation that takes so many
// times as long as usual.
func (x *examiner) severityOfSlow(s *Slow, times float64) Severity {
	much, how := x.inMuchUse(s.Product, s.Operation)
	if much && times >= muchSlower {
		return Severity{2, fmt.Sprintf("%s is in much use (%s) and takes about %.0f times as long", words(s.Operation), how, times)}
	}
	return Severity{3, "it works, and takes longer"}
}
