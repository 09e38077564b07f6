package console

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/schema"
)

// Bounds of what "What is sent" asks and shows.
const (
	previewWithin = 5 * time.Second // for the agent's answer
	shownRows     = 200             // over all envelopes; the page says how many more there are
)

// sentView is the page "What is sent".
type sentView struct {
	NoAgent   bool // none runs here
	Silent    bool // one does not answer
	Preview   Preview
	By        string // who decided that nothing is sent, in words
	Envelopes []shownEnvelope
	Rows      int // in all envelopes
	Left      int // of these, not on the page
}

// shownEnvelope is one envelope in the words of the page.
type shownEnvelope struct {
	Envelope
	N     int
	Page  bool // rows have a time and a product
	Title string
	Text  string
	First []string
	Rows  []shownRow
}

// shownRow is one row with the unit that its value is in.
type shownRow struct {
	Row
	Unit string
}

func (c *Console) sent(r *web.Request) (any, error) {
	if c.cfg.Agent == nil {
		return sentView{NoAgent: true}, nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), previewWithin)
	defer cancel()
	p, err := c.cfg.Agent.Preview(ctx)
	switch {
	case errors.Is(err, ErrNoAgent):
		return sentView{NoAgent: true}, nil
	case err != nil:
		// The error may hold the path of the agent's socket, below somebody's
		// home directory: it is not logged.
		c.cfg.Logger.WarnContext(r.Context(), "the agent of this appliance gave no preview",
			slog.Bool("in_time", !errors.Is(err, context.DeadlineExceeded)))
		return sentView{Silent: true}, nil
	}
	v := sentView{Preview: p}
	if slices.Contains(inputs, p.By) {
		v.By = r.T("console.sent.by." + p.By)
	}
	left := shownRows
	for i, e := range p.Envelopes {
		shown := showEnvelope(r, i+1, e)
		v.Rows += len(e.Rows)
		for _, row := range e.Rows[:min(len(e.Rows), left)] {
			shown.Rows = append(shown.Rows, shownRow{row, c.unit(row.Metric)})
		}
		left -= len(shown.Rows)
		v.Left += len(e.Rows) - len(shown.Rows)
		if len(shown.Rows) > 0 {
			v.Envelopes = append(v.Envelopes, shown)
		}
	}
	return v, nil
}

func showEnvelope(r *web.Request, n int, e Envelope) shownEnvelope {
	out := shownEnvelope{Envelope: e, N: n, Page: e.Kind == KindPage}
	out.Title, out.Text = r.T("console.sent.fragment"), r.T("console.sent.fragment.text")
	if out.Page {
		out.Title, out.Text = r.T("console.sent.page"), r.T("console.sent.page.text")
	}
	for _, w := range e.First {
		if slices.Contains(firsts, w) {
			w = r.T(firstKey(w))
		}
		out.First = append(out.First, w)
	}
	return out
}

// inputs are the inputs of an agent's decision that have words here.
var inputs = []string{"kill_file", "do_not_track", "tacit_telemetry", "user", "machine_policy", "site_policy", "programme", ByGrace}

// unit returns the unit of a metric's numbers as people write it, or "".
func (c *Console) unit(metric string) string {
	m, known := c.cfg.Registry.Metric(metric)
	if !known || m.IsText() || m.Treatment == schema.Bucket || strings.HasPrefix(m.Unit, "{") {
		return ""
	}
	switch m.Unit { // UCUM's, where people write another
	case "us":
		return "µs"
	case "By":
		return "B"
	}
	return m.Unit
}

// firsts are the words of [Envelope.First] that are translated.
var firsts = []string{"today", "this week", "this month", "ever"}

func firstKey(word string) string { return "console.sent.first." + strings.ReplaceAll(word, " ", "_") }
