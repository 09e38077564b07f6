package upkeep

import (
	"context"
	"errors"
	"fmt"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/ingest"
	"github.com/tacit-telemetry/tacit/store/pages"
)

// What to do about findings.
const (
	fixTorn     = "the rows that these entries named are not checked any more; to be sure, "
	fixUnlisted = "the manifest lost entries, or a deletion was cut short: order it again, or "
	fixKeys     = "put back the keys directory that belongs to this data"
	fixSecret   = "put this file back from a copy of the keys directory"
	fixLedger   = "put the newest copy of " + pages.LedgerFile + " back into the keys directory"
	fixTornEnd  = "after a crash start the store, which cuts them off: nobody was told that they are written; without one " + fixLedger
	fixApplied  = "start the store: it erases again all that the ledger has, and writes the file anew"
	fixOlder    = "take the rest from an older backup"
)

// fixHalf says how a half comes back from a backup, and that the other half is
// left alone: it may be newer than the backup.
func fixHalf(m schema.Month, h db.Half) string {
	return fmt.Sprintf("restore this half from a backup: tacit store restore FILE with another --data; then end the store and move %[1]s/%[2]s and all %[1]s/%[2]s.* "+
		"of the restored store's directory into the place of these, and nothing else; what this half was given since the backup is lost, because hosts do not send again what was confirmed", m, h)
}

// Finding is something that is not as it should be, and what to do.
type Finding struct {
	Month string `json:"month,omitempty"` // as in 2026-11; "" for what is not of a month
	Half  string `json:"half,omitempty"`  // "pages" or "sums"
	What  string `json:"what"`
	Fix   string `json:"fix"`
}

// Report is what Verify found.
type Report struct {
	Sound    bool             `json:"sound"` // there are no findings
	Rows     int64            `json:"rows"`  // as they should be
	Months   []MonthReport    `json:"months"`
	Erased   int              `json:"erased"`  // entries of the ledger of erasures: pages, and numbers that more may have
	Refused  []ingest.Refused `json:"refused"` // what did not open, of the last 90 days it happened on
	Findings []Finding        `json:"findings"`
}

// MonthReport is what Verify found in one half of a month.
type MonthReport struct {
	Month    string `json:"month"`
	Half     string `json:"half"`
	Rows     int64  `json:"rows"`     // listed and as they should be
	Missing  int64  `json:"missing"`  // listed and not there
	Changed  int64  `json:"changed"`  // there with another value
	Torn     int64  `json:"torn"`     // entries of the manifest that are damaged
	Unlisted int64  `json:"unlisted"` // there and not listed: never confirmed
}

// Verify compares every row with the manifest, month by month, and reads every
// secret, the ledger of erasures and the quarantine. Ingest may go on. It changes
// no row, but files: it opens halves as whoever uses them does, which finishes
// what a crash left and merges manifests (package db). Who wants to keep a
// damaged disk as it is verifies a copy. What it finds is no error: Report.Sound
// says whether all is well.
func (u *Upkeep) Verify(ctx context.Context, p Progress) (Report, error) {
	done, err := u.take(ctx, p)
	if err != nil {
		return Report{}, fmt.Errorf("verify store: %w", err)
	}
	defer done()
	r := Report{Months: []MonthReport{}, Refused: []ingest.Refused{}, Findings: []Finding{}}
	months, err := u.cfg.DB.Months()
	if err != nil {
		return Report{}, fmt.Errorf("verify store: %w", err)
	}
	for _, m := range months {
		u.verifyMonth(ctx, &r, m, seldom(p))
		if err := ctx.Err(); err != nil {
			return Report{}, fmt.Errorf("verify store: %w", err)
		}
	}
	u.verifySecrets(&r)
	u.verifyLedger(&r)
	u.verifyQuarantine(&r)
	r.Sound = len(r.Findings) == 0
	return r, nil
}

// verifyMonth adds what it finds in one month.
func (u *Upkeep) verifyMonth(ctx context.Context, r *Report, m schema.Month, p Progress) {
	got, err := u.cfg.DB.Verify(ctx, m, func(done, total int64) {
		p(Step{Act: "verify " + m.String(), Done: done, Total: total})
	})
	if err != nil {
		for _, h := range halves {
			r.Findings = append(r.Findings, Finding{Month: m.String(), Half: h.String(), What: err.Error(), Fix: fixHalf(m, h)})
		}
		return
	}
	u.verifyHalf(r, m, db.PagesHalf, got.Pages)
	u.verifyHalf(r, m, db.SumsHalf, got.Sums)
	if _, err := u.cfg.DB.Keys(m); errors.Is(err, db.ErrForgotten) && got.Pages.Rows > 0 {
		r.Findings = append(r.Findings, Finding{
			Month: m.String(), Half: db.PagesHalf.String(), What: "its secret is gone: its pages are closed for good", Fix: fixKeys,
		})
	}
}

func (u *Upkeep) verifyHalf(r *Report, m schema.Month, h db.Half, got db.Findings) {
	r.Months = append(r.Months, MonthReport{
		Month: m.String(), Half: h.String(), Rows: got.Rows,
		Missing: got.Missing, Changed: got.Changed, Torn: got.Torn, Unlisted: got.Unlisted,
	})
	r.Rows += got.Rows
	find := func(n int64, what, fix string) {
		if n > 0 {
			r.Findings = append(r.Findings, Finding{Month: m.String(), Half: h.String(), What: fmt.Sprintf("%d %s", n, what), Fix: fix})
		}
	}
	if got.Trouble != nil {
		r.Findings = append(r.Findings, Finding{Month: m.String(), Half: h.String(), What: got.Trouble.Error(), Fix: fixHalf(m, h)})
	}
	find(got.Missing, "rows that were confirmed are missing", fixHalf(m, h))
	find(got.Changed, "rows are not what was written", "look at the volume, where something changed them; "+fixHalf(m, h))
	find(got.Torn, "entries of the manifest are damaged", fixTorn+fixHalf(m, h))
	find(got.Unlisted, "rows are there that the manifest does not list", fixUnlisted+fixHalf(m, h))
}

// verifyLedger holds the file of the ledger to be whole, and as new as the data
// and as what this process has of it: those are read first, because the file may
// grow meanwhile.
func (u *Upkeep) verifyLedger(r *Report) {
	applied, err := pages.Applied(u.cfg.Dir)
	if err != nil {
		r.Findings = append(r.Findings, Finding{What: err.Error(), Fix: fixApplied})
	}
	_, n, torn, err := pages.CheckLedger(u.cfg.Secrets.Dir(), applied, u.cfg.Ledger.Mark())
	if err != nil {
		r.Findings = append(r.Findings, Finding{What: err.Error(), Fix: fixLedger})
		return
	}
	r.Erased = n
	if torn > 0 && u.cfg.Quarantine == nil { // of a running store: an append is under way
		r.Findings = append(r.Findings, Finding{What: fmt.Sprintf("%d bytes at the end of the ledger of erasures are torn", torn), Fix: fixTornEnd})
	}
}

func (u *Upkeep) verifyQuarantine(r *Report) {
	if u.cfg.Quarantine != nil {
		r.Refused = u.cfg.Quarantine.Refused()
		return
	}
	refused, err := ingest.ReadQuarantine(u.cfg.Dir)
	if err != nil {
		r.Findings = append(r.Findings, Finding{What: err.Error(), Fix: "remove the file: only counts are lost; the store begins a new one"})
		return
	}
	r.Refused = append(r.Refused, refused...)
}
