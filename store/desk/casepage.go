package desk

import (
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/audit"
	"github.com/tacit-telemetry/tacit/store/diagnosis"
	"github.com/tacit-telemetry/tacit/store/insights"
)

// caseView is the page /case.
type caseView struct {
	openCase
	ByCode        bool
	Problem       int // which of the report's is looked at
	Chosen        *diagnosis.Problem
	Links         []choice // to the problems
	Severity      int      // decided, or suggested
	Line          line
	Charts        []chart
	Category      schema.Category
	AllCategories string // link
	Levels        []int
}

// errGone says that a case is not open here.
var errGone = &web.Problem{Status: http.StatusNotFound, Key: "desk.case.gone"}

// caseOf finds the case that an address names.
func (d *Desk) caseOf(r *web.Request) (openCase, error) {
	c, ok := d.cases.find(r.Session(), r.Form.Get("case"))
	if !ok {
		return c, errGone
	}
	return c, nil
}

func (d *Desk) showCase(r *web.Request) (any, error) {
	c, err := d.caseOf(r)
	if err != nil || c.History == nil {
		return nil, errGone
	}
	w := readWanted(r.Form)
	v := caseView{openCase: c, ByCode: c.who.ByCode(), Category: w.category, AllCategories: w.inCategory(""), Levels: []int{1, 2, 3, 4}, Severity: c.Report.Severity.Level}
	if n := len(c.Report.Problems); n > 0 {
		v.Problem = min(w.problem, n-1)
		v.Chosen = &c.Report.Problems[v.Problem]
		v.Severity = v.Chosen.Severity.Level
		for i, p := range c.Report.Problems {
			to := wanted{name: w.name, problem: i}
			v.Links = append(v.Links, choice{Name: p.Sentence, Count: p.Severity.Level, Link: strings.TrimSuffix(to.link(), "#timeline"), Current: i == v.Problem})
		}
	}
	if c.Decided > 0 {
		v.Severity = c.Decided
	}
	v.Line = lineOf(c.History, w, c.Text)
	v.Line.compare(d.population(r))
	from, to := c.History.Likely(d.cfg.Now())
	v.Charts = chartsOf(within(c.History.Records, w), from.Unix(), to.Unix())
	return v, nil
}

// DamagedOn names the days of damaged pages.
func (v caseView) DamagedOn() string {
	names := make([]string, len(v.History.DamagedOn))
	for i, day := range v.History.DamagedOn {
		names[i] = day.String()
	}
	return strings.Join(names, ", ")
}

// population is what durations are compared with; nil: nothing, and the page
// shows none.
func (d *Desk) population(r *web.Request) *insights.Population {
	p, err := d.cfg.Population(r.Context())
	if err != nil {
		d.cfg.Logger.Warn("what is usual is not shown", slog.Any("err", err))
		return nil
	}
	return p
}

// saveCase does what one of the page's forms asks for, and leads back to where
// the engineer was.
func (d *Desk) saveCase(r *web.Request) (*web.Answer, error) {
	c, err := d.caseOf(r)
	if err != nil {
		return nil, err
	}
	back := "/case?case=" + c.Name
	switch r.Form.Get("act") {
	case "filter":
		c.Text = filterText(r.Form.Get("text"))
		d.cases.replace(c)
		return &web.Answer{To: back + "#timeline"}, nil
	case "decide":
		level, err := strconv.Atoi(r.Form.Get("severity"))
		if err != nil || level < 1 || level > 4 {
			return nil, &web.Problem{Status: http.StatusUnprocessableEntity, Key: "error.form"}
		}
		c.Decided = level
		d.cases.replace(c)
		return &web.Answer{To: back + problemQuery(r), Notice: "desk.severity.decided"}, nil
	case "refresh":
		return d.refresh(r, c, back)
	case "close":
		d.cases.end(r.Session(), c.Name)
		notice := "desk.closed"
		if !c.who.ByCode() {
			notice = "desk.closed.reset"
		}
		return &web.Answer{To: "/", Notice: notice}, nil
	}
	return nil, &web.Problem{Status: http.StatusUnprocessableEntity, Key: "error.form"}
}

// filterText is a filter as it may be kept for a while.
func filterText(text string) string {
	text = strings.TrimSpace(text)
	return text[:min(len(text), 100)]
}

// problemQuery keeps the problem that a form was about.
func problemQuery(r *web.Request) string {
	if n, err := strconv.Atoi(r.Form.Get("problem")); err == nil && n > 0 {
		return "&problem=" + strconv.Itoa(n)
	}
	return ""
}

// refresh opens the history again, as soon as there is more of it: the user on the
// telephone has it sent.
func (d *Desk) refresh(r *web.Request, c openCase, back string) (*web.Answer, error) {
	before := c.records()
	told, err := d.look(r, audit.Again, &c)
	switch {
	case err != nil:
		return nil, err
	case told != nil && told.nothing:
		return &web.Answer{To: back, Notice: "desk.refresh.nothing", Status: http.StatusConflict}, nil
	case told != nil:
		return &web.Answer{To: back, Notice: told.Key, Args: told.Args, Status: http.StatusConflict}, nil
	}
	d.cases.replace(c)
	if c.records() <= before {
		return &web.Answer{To: back, Notice: "desk.refresh.same", Args: []any{int(news / time.Second)}}, nil
	}
	return &web.Answer{To: back, Notice: "desk.refreshed", Args: []any{c.records() - before}}, nil
}

// Through is up to when there are data.
func (v caseView) Through() string {
	if v.Report.Through.IsZero() {
		return ""
	}
	return v.Report.Through.UTC().Format("15:04")
}

// Day is the day of it.
func (v caseView) Day() time.Time { return v.Report.Through }

// Marked returns a sentence with what stands between backquotes as code.
func (v caseView) Marked(sentence string) template.HTML { return marked(sentence) }

// marked escapes a text.
func marked(text string) template.HTML {
	var b strings.Builder
	for i, part := range strings.Split(text, "`") {
		if part = template.HTMLEscapeString(part); i%2 == 1 {
			part = "<code>" + part + "</code>"
		}
		b.WriteString(part)
	}
	return template.HTML(b.String())
}
