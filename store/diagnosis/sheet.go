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
// are fewer: then the sentence says that nothing is wrong.
func (r *Report) Sheet(problem int) Sheet { return r.sheet(problem) }

// Markdown returns the sheet as a page of Markdown. What came from a host is
// written so that it is text and no Markdown.
func (s *Sheet) Markdown() string { return s.markdown() }
