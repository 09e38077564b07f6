package console

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/internal/web"
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
	left := shownRows
	for i, e := range p.Envelopes {
		shown := showEnvelope(r, i+1, e)
		v.Rows += len(e.Rows)
		shown.Rows = e.Rows[:min(len(e.Rows), left)]
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

// firsts are the words of [Envelope.First] that are translated.
var firsts = []string{"today", "this week", "this month", "ever"}

func firstKey(word string) string { return "console.sent.first." + strings.ReplaceAll(word, " ", "_") }
