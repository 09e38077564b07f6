package diagnosis

import (
	"fmt"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/store/insights"
)

// minute is how times are written on a sheet.
const minute = "2006-01-02 15:04 UTC"

// page is a page of Markdown that is written.
type page struct{ strings.Builder }

// Markdown returns the sheet as a page of Markdown. What came from a host is
// written so that it is text and no Markdown.
func (s *Sheet) Markdown() string {
	p := &page{}
	p.line("# " + escaped(s.Problem.Sentence))
	v := s.Severity()
	p.line("")
	p.line(fmt.Sprintf("- Severity: %d, %s: %s", v.Level, v.Name(), escaped(v.Reason)))
	p.item("Ticket", s.Ticket)
	p.item("Installation", s.Installation)
	if !s.Through.IsZero() {
		p.item("Data up to", s.Through.Format(minute))
	}
	p.known(s.Problem.Known)
	p.signature(s.Problem.Error)
	p.slow(s.Problem.Slow)
	p.steps(s.Problem.Steps)
	p.system(s)
	p.list("Other problems, each a case of its own", s.Others)
	p.list("Notes", s.Notes)
	return p.String()
}

func (p *page) line(s string) { p.WriteString(s + "\n") }

func (p *page) title(s string) { p.WriteString("\n## " + s + "\n\n") }

// item writes what has a name, when it is there.
func (p *page) item(name, value string) {
	if value != "" {
		p.line("- " + escaped(name) + ": " + escaped(value))
	}
}

func (p *page) list(title string, items []string) {
	if len(items) == 0 {
		return
	}
	p.title(title)
	for _, i := range items {
		p.line("- " + escaped(i))
	}
}

// table writes rows below their names, when there are any.
func (p *page) table(names []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	p.row(names)
	p.line("|" + strings.Repeat(" --- |", len(names)))
	for _, r := range rows {
		p.row(r)
	}
}

func (p *page) row(cells []string) {
	p.WriteString("|")
	for _, c := range cells {
		p.WriteString(" " + escaped(c) + " |")
	}
	p.line("")
}

func (p *page) known(i *Issue) {
	if i == nil {
		return
	}
	p.title("Known issue")
	p.item("What", i.Title)
	p.item("Since", i.Since)
	p.item("Fixed in", i.FixedIn)
	p.item("Workaround", i.Workaround)
	p.item("More", i.URL)
}

func (p *page) signature(e *Signature) {
	if e == nil {
		return
	}
	p.title("The error")
	p.item("Product", e.Product)
	p.item("Error", e.Metric+" "+e.Code)
	p.item("Function", e.Function)
	p.item("Operation", words(e.Operation))
	if e.Attempts > 0 {
		p.item("Failed", fmt.Sprintf("%s of %s", grouped(e.Failures), count(e.Attempts, "attempt", "attempts")))
	}
	p.item("Seen here", fmt.Sprintf("%s, first %s, last %s", count(e.Events, "time", "times"), e.First.Format(minute), e.Last.Format(minute)))
	p.item("Under versions", strings.Join(e.Versions, ", "))
	p.item("Since version", e.Since)
	if e.After != nil {
		p.item("Changed within the day before", changeText(e.After))
	}
	if e.Frames != "" {
		p.line("")
		for line := range strings.SplitSeq(e.Frames, "\n") {
			p.line("    " + line) // a block of code
		}
	}
	p.atLarge(e)
}

func (p *page) atLarge(e *Signature) {
	if len(e.AtLarge) == 0 {
		return
	}
	p.title("How common this error is at large")
	rows := make([][]string, 0, len(e.AtLarge))
	for _, v := range e.AtLarge {
		many, often := "at least "+grouped(v.Installations), inHundred(v.Per100)
		switch {
		case v.Fewer > 0 && v.Installations == 0:
			many, often = fmt.Sprintf("fewer than %d", v.Fewer), ""
		case v.Fewer > 0:
			often = fmt.Sprintf("fewer than %d errors in all", v.Fewer)
		case v.Per100 == 0:
			often = "none"
		}
		rows = append(rows, []string{v.Version, many, often})
	}
	p.table([]string{"Version", "Installations", "Errors per 100 installations and day"}, rows)
	if e.Began != "" {
		p.line("")
		p.item("Began at large with", e.Began)
		p.item("Ended with", e.Ended)
	}
}

func (p *page) slow(s *Slow) {
	if s == nil {
		return
	}
	p.title("How long it takes")
	p.item("Operation", words(s.Operation)+", "+s.Metric+labelsOf(s.Labels))
	p.item("Here", fmt.Sprintf("%s in the middle, %s for the slowest of 20; %s under %s %s",
		about(s.Unit, s.Median), about(s.Unit, s.P95), count(s.Events, "time", "times"), s.Product, s.Version))
	usual := func(r *insights.Range) string {
		if r == nil {
			return ""
		}
		return r.Text(s.Unit)
	}
	p.item("Usual for this version", usual(s.Usual))
	p.item("Slow since", s.Since)
	if s.Before > 0 {
		p.item("Before that here", about(s.Unit, s.Before))
	}
	p.item("Before that at large", usual(s.UsualBefore))
}

func (p *page) steps(steps []Step) {
	if len(steps) == 0 {
		return
	}
	p.title("Steps before it")
	for i, s := range steps {
		times := ""
		if s.Times > 1 {
			times = " ×" + grouped(s.Times)
		}
		p.line(fmt.Sprintf("%d. %s %s: %s%s", i+1, s.Time.Format(time.TimeOnly), escaped(s.Product), escaped(s.What), times))
	}
}

// system writes what the installation is, and what changed.
func (p *page) system(s *Sheet) {
	p.title("The system")
	for _, v := range s.Products {
		text := v.Version
		switch {
		case !v.Supported:
			text += ", without support since " + v.EndOfLife
		case v.EndOfLife != "":
			text += ", supported until " + v.EndOfLife
		}
		p.item(v.Name, text)
	}
	for _, f := range s.Environment {
		p.item(f.Metric+labelsOf(f.Labels), f.Value)
	}
	var rows [][]string
	for _, c := range s.Changes {
		rows = append(rows, []string{c.Time.Format(minute), c.What, c.From, c.To})
	}
	if len(rows) > 0 {
		p.title("What changed")
		p.table([]string{"When", "What", "From", "To"}, rows)
	}
	rows = nil
	for _, h := range s.Health {
		rows = append(rows, []string{h.Time.Format(minute), h.Metric + labelsOf(h.Labels), h.Value, h.Usual})
	}
	if len(rows) > 0 {
		p.title("Out of range")
		p.table([]string{"When", "What", "Value", "Usual"}, rows)
	}
}

func changeText(c *Change) string {
	return fmt.Sprintf("%s from %s to %s at %s", c.What, c.From, c.To, c.Time.Format(minute))
}

// escaped returns a text in one line that Markdown shows as it is.
func escaped(s string) string {
	var b strings.Builder
	for i, r := range strings.Join(strings.Fields(s), " ") {
		if strings.ContainsRune("\\`*_{}[]<>#|~&!", r) || i == 0 && strings.ContainsRune("+-=", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
