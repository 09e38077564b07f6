package desk

import (
	"context"
	"net/http"
	"time"

	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/store/audit"
	"github.com/tacit-telemetry/tacit/store/diagnosis"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// rightsView is the page /rights.
type rightsView struct {
	askForm
	Own                  bool
	MaxTicket, MaxReason int
	Receipt              *receipt
	File                 string // name of the case with a file to download; "": none
}

// receipt is what was erased.
type receipt struct {
	lookup.Erased
	At time.Time
}

func (d *Desk) showRights(r *web.Request) (any, error) {
	v := rightsView{}
	if left, ok := r.Carried.(rightsView); ok {
		v = left
	} else if r.Restored != nil {
		v.Ticket, v.Reason = r.Restored.Get("ticket"), r.Restored.Get("reason")
	}
	v.Own, v.MaxTicket, v.MaxReason = d.cfg.Own, audit.MaxTicket, audit.MaxReason
	return v, nil
}

// exportDays is how far back an export goes: as long as a store keeps pages.
const exportDays = 400

// saveRights exports or erases what is held of an installation.
func (d *Desk) saveRights(r *web.Request) (*web.Answer, error) {
	f := d.readAsk(r)
	act := r.Form.Get("act")
	if act == "erase" && r.Form.Get("sure") != "yes" {
		f.Errors["sure"] = web.Message{Key: "desk.rights.sure.missing"}
	}
	if len(f.Errors) > 0 {
		return &web.Answer{Carry: rightsView{askForm: f}, Notice: "desk.mistakes", Status: http.StatusUnprocessableEntity}, nil
	}
	c := openCase{session: r.Session(), who: f.who, since: d.cfg.Now().AddDate(0, 0, -exportDays), Ticket: f.Ticket, reason: f.Reason}
	switch act {
	case "export":
		return d.exportTo(r, f, c)
	case "erase":
		return d.erase(r, f, c)
	}
	return nil, &web.Problem{Status: http.StatusUnprocessableEntity, Key: "error.form"}
}

// refused leads back with what is wrong.
func refused(f askForm, told *trouble) *web.Answer {
	a := &web.Answer{Carry: rightsView{askForm: f}, Notice: told.Key, Args: told.Args, Status: http.StatusConflict}
	if told.nothing {
		a.Notice, a.Args = "desk.rights.nothing", nil
	}
	return a
}

// exportTo makes the file and leaves it for one download or more, while the case
// lives.
func (d *Desk) exportTo(r *web.Request, f askForm, c openCase) (*web.Answer, error) {
	told, err := d.look(r, audit.Exported, &c)
	if err != nil {
		return nil, err
	}
	if told == nil && c.records() > mostExported {
		told = troubled("desk.rights.large", mostExported)
	}
	if told != nil {
		return refused(f, told), nil
	}
	if c.file, err = exportFile(r, c.History, d.cfg.Now()); err != nil {
		return nil, err
	}
	c.History, c.Report = nil, diagnosis.Report{} // what is shown is the file
	return &web.Answer{Carry: rightsView{File: d.cases.open(c)}, Notice: "desk.rights.exported"}, nil
}

// erase erases, and shows the receipt once.
func (d *Desk) erase(r *web.Request, f askForm, c openCase) (*web.Answer, error) {
	if c.who.ByCode() {
		return refused(f, troubled("desk.rights.code")), nil
	}
	row, told := d.begin(r, audit.Erased, &c)
	if told != nil {
		return refused(f, told), nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	done, err := d.cfg.Histories.Erase(ctx, c.who)
	how := audit.Done
	if err != nil {
		how = audit.Failed
	}
	if told := d.end(r, row, how); told != nil {
		return refused(f, told), nil
	}
	if told := d.explain(err); told != nil {
		return refused(f, told), nil
	}
	return &web.Answer{Carry: rightsView{Receipt: &receipt{done, d.cfg.Now().UTC()}}, Notice: "desk.rights.erased"}, nil
}

// export answers the file.
func (d *Desk) export(r *web.Request) (name, contentType string, body []byte, err error) {
	c, err := d.caseOf(r)
	if err != nil || c.file == nil {
		return "", "", nil, errGone
	}
	return "held-data.html", "text/html; charset=utf-8", c.file, nil
}
