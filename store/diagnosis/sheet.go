package diagnosis

import "time"

// Sheet is what a support case needs of one problem. It is plain data, and has
// nothing that identifies, unless the caller put an ID in.
type Sheet struct {
	Problem Problem `json:"problem"`
	// Decided is the severity that the engineer chose, 1 to 4; 0: the suggested one.
	Decided      int       `json:"decided_severity,omitempty"`
	Installation string    `json:"installation,omitempty"` // its ID, only if somebody asked for it
	Ticket       string    `json:"ticket,omitempty"`
	Products     []Product `json:"products"`
	Environment  []Fact    `json:"environment"`
	Changes      []Change  `json:"changes"`
	// Health are the values that are out of range.
	Health []Health `json:"health"`
	// Others are the sentences of the other problems: each is a case of its own.
	Others  []string  `json:"other_problems"`
	Notes   []string  `json:"notes"`
	Through time.Time `json:"through"`
}

// Sheet returns the sheet of the problem with that index, or of none when there
// is no such problem: then its sentence says that nothing is wrong.
func (r *Report) Sheet(problem int) Sheet {
	s := Sheet{
		Problem:  Problem{Sentence: r.Sentence, Severity: r.Severity},
		Products: r.Products, Environment: r.Environment, Changes: r.Changes,
		Health: []Health{}, Others: []string{}, Notes: r.Notes, Through: r.Through,
	}
	for i := range r.Problems {
		if i == problem {
			s.Problem = r.Problems[i]
		} else {
			s.Others = append(s.Others, r.Problems[i].Sentence)
		}
	}
	for _, h := range r.Health {
		if h.OutOfRange {
			s.Health = append(s.Health, h)
		}
	}
	return s
}

// Severity returns the severity that holds: the engineer's, or the suggested one.
func (s *Sheet) Severity() Severity {
	if s.Decided != 0 {
		return Severity{s.Decided, "decided by the engineer"}
	}
	return s.Problem.Severity
}
