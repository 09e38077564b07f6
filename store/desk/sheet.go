package desk

import (
	"encoding/json"
	"html/template"
	"strconv"

	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/store/diagnosis"
)

// sheetView is the page /case/sheet.
type sheetView struct {
	diagnosis.Sheet
	Case     string
	Index    int
	Severity int // decided, or suggested
	WithID   bool
	MayID    bool // there is an ID, and not a code
	Query    string
}

// Marked returns a sentence with what stands between backquotes as code.
func (v sheetView) Marked(sentence string) template.HTML { return marked(sentence) }

// sheetOf makes the sheet of the problem that the address names. The ID stands in
// it only if its box was ticked.
func (d *Desk) sheetOf(r *web.Request) (sheetView, error) {
	c, err := d.caseOf(r)
	if err != nil || c.History == nil {
		return sheetView{}, errGone
	}
	index, _ := strconv.Atoi(r.Form.Get("problem"))
	v := sheetView{Sheet: c.Report.Sheet(max(0, index)), Case: c.Name, Index: max(0, index), MayID: c.typed != ""}
	v.Decided, v.Ticket = c.Decided, c.Ticket
	v.Severity = v.Sheet.Severity().Level
	v.Query = "?case=" + c.Name + "&problem=" + strconv.Itoa(v.Index)
	if v.WithID = v.MayID && r.Form.Get("id") == "yes"; v.WithID {
		v.Installation = c.typed
		v.Query += "&id=yes"
	}
	return v, nil
}

func (d *Desk) showSheet(r *web.Request) (any, error) { return d.sheetOf(r) }

func (d *Desk) sheetMarkdown(r *web.Request) (name, contentType string, body []byte, err error) {
	v, err := d.sheetOf(r)
	return "case.md", "text/markdown; charset=utf-8", []byte(v.Markdown()), err
}

func (d *Desk) sheetJSON(r *web.Request) (name, contentType string, body []byte, err error) {
	v, err := d.sheetOf(r)
	if err != nil {
		return "", "", nil, err
	}
	body, err = json.MarshalIndent(v.Sheet, "", "  ")
	return "case.json", "application/json", append(body, '\n'), err
}
