package sim_test

import (
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/pages"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// rows are what the store holds, when no store runs.
type rows struct {
	*db.DB
	db    *db.DB
	pages *pages.Pages
}

// openRows opens what the store left.
func (w *world) openRows() *rows {
	box, err := secret.Open(w.store.keys(w.store.life), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	d, err := db.Open(db.Config{Dir: w.store.dir(w.store.life), Secrets: box, Existing: true, Logger: w.logger("rows")})
	if err != nil {
		w.t.Fatal(err)
	}
	return &rows{DB: d, db: d, pages: pages.New(d, w.logger("rows"))}
}
