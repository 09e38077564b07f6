package desk

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/store/audit"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// windows are how far back one may look, in days; the first is what is chosen.
var windows = []int{90, 7, 30, 400}

// askForm is the form for an ID, as it comes back when something is wrong. It is
// carried in memory, and never posted twice.
type askForm struct {
	Typed, Ticket, Reason string
	Days                  int
	Errors                web.FieldErrors
	Empty                 bool // nothing was found: the page lists why that may be
	Code                  bool // what found nothing was a support code

	who lookup.Subject
}

// homeView is the page "/".
type homeView struct {
	askForm
	May                  bool // open a history
	Own                  bool
	Windows              []int
	MaxTicket, MaxReason int
}

func (d *Desk) home(r *web.Request) (any, error) {
	v := homeView{May: r.Has(web.Support), Own: d.cfg.Own, Windows: windows, MaxTicket: audit.MaxTicket, MaxReason: audit.MaxReason}
	v.Days = windows[0]
	if form, ok := r.Carried.(askForm); ok {
		v.askForm = form
	} else if r.Restored != nil {
		v.Ticket, v.Reason = r.Restored.Get("ticket"), r.Restored.Get("reason")
	}
	return v, nil
}

// readAsk reads and checks the form. Errors is empty when all is well.
func (d *Desk) readAsk(r *web.Request) askForm {
	f := askForm{Typed: r.Form.Get("private-id"), Ticket: r.Form.Get("ticket"), Reason: r.Form.Get("reason"), Days: windows[0], Errors: web.FieldErrors{}}
	if days, err := strconv.Atoi(r.Form.Get("days")); err == nil && slices.Contains(windows, days) {
		f.Days = days
	}
	if len(f.Typed) > 200 {
		f.Typed = f.Typed[:200]
	}
	var err error
	if f.who, err = lookup.ParseSubject(f.Typed); err != nil {
		f.Errors["private-id"] = web.Message{Key: "desk.id.wrong", Args: []any{plain(err, lookup.ErrSubject)}}
	}
	f.Ticket = d.readText(f, "ticket", f.Ticket, audit.MaxTicket)
	f.Reason = d.readText(f, "reason", f.Reason, audit.MaxReason)
	return f
}

// readText checks ticket or reason, and returns it as it will stand in the log.
func (d *Desk) readText(f askForm, field, text string, most int) string {
	cleaned, err := audit.Clean(text, most, f.Typed)
	switch {
	case errors.Is(err, audit.ErrSubject):
		f.Errors[field] = web.Message{Key: "desk.field.subject"}
		return "" // nor is it shown again
	case err != nil:
		f.Errors[field] = web.Message{Key: "desk.field.long", Args: []any{most}}
		return text
	case cleaned == "" && !d.cfg.Own:
		f.Errors[field] = web.Message{Key: "desk.field.missing"}
	}
	return cleaned
}

// plain returns what an error says behind the words that it wraps.
func plain(err, wrapped error) string {
	text := err.Error()
	if _, after, ok := strings.Cut(text, wrapped.Error()+": "); ok {
		return after
	}
	return text
}

// open opens a history. Whatever comes of it, the browser is led on to an address
// that it may keep.
func (d *Desk) open(r *web.Request) (*web.Answer, error) {
	f := d.readAsk(r)
	if len(f.Errors) > 0 {
		return &web.Answer{To: "/", Carry: f, Notice: "desk.mistakes", Status: http.StatusUnprocessableEntity}, nil
	}
	c := openCase{session: r.Session(), who: f.who, since: d.cfg.Now().AddDate(0, 0, -f.Days), Ticket: f.Ticket, reason: f.Reason}
	if !f.who.ByCode() {
		c.typed = f.Typed
	}
	told, err := d.look(r, audit.Opened, &c)
	switch {
	case err != nil:
		return nil, err
	case told == nil:
		return &web.Answer{To: "/case?case=" + d.cases.open(c)}, nil
	case told.nothing:
		f.Empty, f.Code = true, f.who.ByCode()
		return &web.Answer{To: "/", Carry: f}, nil
	}
	return &web.Answer{To: "/", Carry: f, Notice: told.Key, Args: told.Args, Status: http.StatusConflict}, nil
}

// trouble is why there is no history.
type trouble struct {
	web.Message
	nothing bool // there is none
}

func troubled(key string, args ...any) *trouble {
	return &trouble{Message: web.Message{Key: key, Args: args}}
}

// look asks for a history and examines it, with a row in the audit log before and
// one after.
func (d *Desk) look(r *web.Request, act audit.Act, c *openCase) (*trouble, error) {
	turns := d.turns
	if act == audit.Again {
		turns = d.waits
	}
	select {
	case turns <- struct{}{}:
		defer func() { <-turns }()
	default:
		return troubled("desk.busy"), nil
	}
	if told, err := d.tooMany(r); told != nil || err != nil {
		return told, err
	}
	row, told := d.begin(r, act, c)
	if told != nil {
		return told, nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	h, err := d.ask(ctx, act, c)
	if err == nil {
		c.History = h
		c.Report, err = d.cfg.Examine(ctx, h)
	}
	if told := d.end(r, row, outcomeOf(h, err)); told != nil {
		c.History = nil
		return told, nil
	}
	return d.explain(err), nil
}

// ask asks for the history, and for what is new in one that is open.
func (d *Desk) ask(ctx context.Context, act audit.Act, c *openCase) (*lookup.History, error) {
	if act == audit.Again {
		return d.cfg.Histories.Newer(ctx, c.who, c.since, c.Ticket, c.History, news)
	}
	return d.cfg.Histories.Open(ctx, c.who, c.since, c.Ticket)
}

// begin writes that somebody is about to do something.
func (d *Desk) begin(r *web.Request, act audit.Act, c *openCase) (int, *trouble) {
	row, err := d.cfg.Audit.Begin(r.Context(), audit.Entry{By: r.Account, From: audit.Desk, Act: act, Ticket: c.Ticket, Reason: c.reason})
	if err != nil {
		return 0, d.unwritten(err)
	}
	return row, nil
}

// end writes how it ended, also when the engineer has gone meanwhile.
func (d *Desk) end(r *web.Request, row int, how string) *trouble {
	if err := d.cfg.Audit.End(context.WithoutCancel(r.Context()), row, r.Account, audit.Desk, how); err != nil {
		return d.unwritten(err)
	}
	return nil
}

func (d *Desk) unwritten(err error) *trouble {
	d.cfg.Logger.Error("the audit log takes nothing, and nothing is opened", slog.Any("err", err))
	for _, known := range []error{audit.ErrDamaged, audit.ErrCut, audit.ErrFull} {
		if errors.Is(err, known) {
			return troubled("desk.audit.refuses", known.Error())
		}
	}
	return troubled("desk.audit.unwritten")
}

func outcomeOf(h *lookup.History, err error) string {
	switch {
	case errors.Is(err, lookup.ErrNothing), errors.Is(err, lookup.ErrNoCode):
		return audit.Nothing
	case err != nil:
		return audit.Failed
	case len(h.Unread) > 0:
		return audit.Partly
	}
	return audit.Found
}

// explain puts an error of a lookup in the words of the page; nil is none. What
// has no words here is logged: it says nothing of who was looked up.
func (d *Desk) explain(err error) *trouble {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, lookup.ErrNothing), errors.Is(err, lookup.ErrNoCode):
		return &trouble{nothing: true}
	case errors.Is(err, lookup.ErrUnread):
		return troubled("desk.unread", plain(err, lookup.ErrUnread))
	case errors.Is(err, lookup.ErrTooMany):
		return troubled("desk.toomany")
	case errors.Is(err, lookup.ErrNote):
		d.cfg.Logger.Error("the note for the user could not be left", slog.Any("err", err))
		return troubled("desk.note.unleft")
	case errors.Is(err, lookup.ErrTicket):
		return troubled("desk.ticket.wrong")
	case errors.Is(err, lookup.ErrCodeErases):
		return troubled("desk.rights.code")
	case errors.Is(err, home.ErrAway):
		return troubled("desk.away")
	case errors.Is(err, lookup.ErrCut):
		return troubled("desk.cut")
	case errors.Is(err, home.ErrSilent), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return troubled("desk.silent", int(patience/time.Second))
	}
	d.cfg.Logger.Error("the store could not be asked", slog.Any("err", err))
	return troubled("desk.failed")
}

// tooMany counts what this engineer opened, in the log: over desk and command,
// and over restarts.
func (d *Desk) tooMany(r *web.Request) (*trouble, error) {
	limit, err := d.cfg.Audit.Over(r.Context(), r.Account, d.cfg.Now())
	switch {
	case err != nil:
		return d.unwritten(err), nil
	case limit == nil:
		return nil, nil
	case limit.Of == time.Hour:
		return troubled("desk.limit.hour", limit.Most), nil
	}
	return troubled("desk.limit.day", limit.Most), nil
}
