package console

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/relay/policy"
)

// pageRows is how much of the history one page shows.
const pageRows = 25

// historyRow is one entry of the history in the words of the page.
type historyRow struct {
	Time     time.Time // zero: the clock was not set
	By       string    // "": nobody, the relay itself
	Act      string
	Revision uint64 // 0: it decided nothing
	Changes  []change
}

// historyView is a part of the history, newest first.
type historyView struct {
	Rows    []historyRow
	Older   int  // N of the newest entry that is older than these; 0: there is none
	Latest  bool // nothing is newer than these
	Damaged bool // what stands here is what could be read

	entries []policy.Entry
}

// history reads the history. The query says from which entry on.
func (c *Console) history(r *web.Request) historyView {
	entries, err := c.cfg.Policy.History(r.Context())
	v := historyView{entries: entries, Damaged: err != nil}
	from, err := strconv.Atoi(r.URL.Query().Get("from"))
	if err != nil || from < 1 || from > len(entries) {
		from = len(entries)
	}
	v.Latest, v.Older = from == len(entries), max(0, from-pageRows)
	for i := from - 1; i >= v.Older; i-- {
		v.Rows = append(v.Rows, rowOf(r, entries, i))
	}
	return v
}

// decisionsAfter returns the decisions above a revision, newest first, at most
// a page of them.
func (v historyView) decisionsAfter(r *web.Request, revision uint64) (out []historyRow) {
	for i := len(v.entries) - 1; i >= 0 && len(out) < pageRows; i-- {
		if v.entries[i].Revision > revision {
			out = append(out, rowOf(r, v.entries, i))
		}
	}
	return out
}

// rowOf puts an entry in words. A decision is compared with the one before it.
func rowOf(r *web.Request, entries []policy.Entry, i int) historyRow {
	e := entries[i]
	row := historyRow{Time: e.Time, By: e.By, Act: actWord(r, e.Act), Revision: e.Revision}
	if e.Revision == 0 {
		return row
	}
	for before := i - 1; before >= 0; before-- {
		if b := entries[before]; b.Revision != 0 {
			row.Changes = changes(r, b.Settings, b.Release, e.Settings, e.Release)
			break
		}
	}
	return row
}

// acts are the acts that have words here; others are shown as they are.
var acts = []string{
	policy.ActDefault, policy.ActDecided, policy.ActAnew, policy.ActWitness,
	web.ActSetUp, web.ActInvited, web.ActPassword, web.ActRestored, web.ActRemoved,
}

func actWord(r *web.Request, act string) string {
	if !slices.Contains(acts, act) {
		return act
	}
	return r.T(actKey(act))
}

func actKey(act string) string { return "console.act." + strings.ReplaceAll(act, " ", "_") }
