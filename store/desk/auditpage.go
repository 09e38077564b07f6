package desk

import (
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/store/audit"
)

// auditRows is how much of the log one page shows.
const auditRows = 50

// auditView is a part of the audit log, newest first.
type auditView struct {
	Rows   []auditRow
	Count  int
	Head   string // digest of the last row
	Damage string // what is wrong with the log; "": nothing

	Refuses bool // until it is mended nothing is opened
	Older   int  // the number to go on from; 0: these are the oldest
	Latest  bool
}

// auditRow is an act and how it ended.
type auditRow struct {
	audit.Entry
	Ended string // "": no outcome is noted
	Looks bool   // it is of a kind that has an outcome
}

// ActKey returns the act as its text is called.
func (r auditRow) ActKey() string { return strings.ReplaceAll(string(r.Act), " ", "_") }

func (d *Desk) showAudit(r *web.Request) (any, error) {
	entries, err := d.cfg.Audit.Entries(r.Context())
	v := auditView{Count: len(entries), Latest: true}
	switch {
	case errors.Is(err, audit.ErrDamaged), errors.Is(err, audit.ErrCut), errors.Is(err, audit.ErrGone), errors.Is(err, audit.ErrFull):
		v.Damage, v.Refuses = err.Error(), !errors.Is(err, audit.ErrGone)
	case err != nil:
		return nil, err
	}
	if n := len(entries); n > 0 {
		head := d.cfg.Audit.Head()
		v.Head = hex.EncodeToString(head[:])
	}
	ended := map[int]string{}
	for _, e := range entries {
		if e.Act == audit.Outcome {
			ended[e.For] = e.What
		}
	}
	from, err := strconv.Atoi(r.Form.Get("from"))
	if err != nil || from < 1 || from > len(entries) {
		from = len(entries)
	}
	v.Latest = from == len(entries)
	i := from - 1
	for ; i >= 0 && len(v.Rows) < auditRows; i-- {
		e := entries[i]
		if e.Act != audit.Outcome {
			v.Rows = append(v.Rows, auditRow{Entry: e, Ended: ended[e.N], Looks: e.Act.Ends()})
		}
	}
	v.Older = i + 1
	return v, nil
}
