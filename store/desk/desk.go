package desk

import (
	"context"
	"embed"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/audit"
	"github.com/tacit-telemetry/tacit/store/diagnosis"
	"github.com/tacit-telemetry/tacit/store/insights"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// Histories is where histories are: what the ID opens is derived behind it, in
// this process, and never in the store's.
type Histories interface {
	// Open returns the history that a subject opens, since then. The ticket goes
	// into the note that the user reads. Errors wrap those of [lookup.Timeline].
	Open(ctx context.Context, who lookup.Subject, since time.Time, ticket string) (*lookup.History, error)
	// Newer is Open, and waits first until the store has more than was opened before,
	// but no longer than wait.
	Newer(ctx context.Context, who lookup.Subject, since time.Time, ticket string, than *lookup.History, wait time.Duration) (*lookup.History, error)
	// Erase erases everything held of a subject.
	Erase(ctx context.Context, who lookup.Subject) (lookup.Erased, error)
}

// Config says what a desk shows and where it keeps its accounts.
type Config struct {
	Dir       string                                                                 // of accounts, for their owner only; required
	TLS       bool                                                                   // whoever serves [Desk.Handler] does so over TLS
	Own       bool                                                                   // everything lies on the machine of who asks: ticket and reason may be left out, and a second factor
	Simulated bool                                                                   // every page is marked as one of a simulated fleet
	Histories Histories                                                              // required
	Audit     *audit.Log                                                             // required
	Examine   func(ctx context.Context, h *lookup.History) (diagnosis.Report, error) // says what is wrong; required
	// Population is what all installations add up to: what durations are compared
	// with, and what analysts see. Required.
	Population func(ctx context.Context) (*insights.Population, error)
	Registry   func() (*registry.Set, error) // says what the metrics of a population are; required
	// RecoverCommand is what to type on the machine after a lost password; "":
	// tacit desk recover --config FILE.
	RecoverCommand string
	Now            func() time.Time // nil: time.Now
	Logger         *slog.Logger     // nil: nothing is logged
}

// Desk is the vendor's desk. Its methods may be called at the same time.
type Desk struct {
	cfg   Config
	site  *web.Site
	cases *cases
	turns chan struct{} // one each lookup that runs
	waits chan struct{} // one each that waits for what is new
}

//go:embed templates/*.html
var files embed.FS

// roles are those of the desk, in the order in which they are offered.
var roles = []web.Role{web.Support, web.Analyst, web.PrivacyOfficer, web.Administrator}

// New makes a desk. The error says what the configuration lacks, or what is wrong
// with Dir.
func New(cfg Config) (*Desk, error) {
	if cfg.Dir == "" || cfg.Histories == nil || cfg.Audit == nil || cfg.Examine == nil || cfg.Population == nil || cfg.Registry == nil {
		return nil, errors.New("make a desk: directory, histories, audit log, examination, population and registry must be set")
	}
	if cfg.RecoverCommand == "" {
		cfg.RecoverCommand = "tacit desk recover --config FILE"
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	d := &Desk{cfg: cfg, cases: newCases(cfg.Now), turns: make(chan struct{}, lookups), waits: make(chan struct{}, waits)}
	site := web.Config{
		Dir: cfg.Dir, Title: "desk.title", Files: files, TLS: cfg.TLS, Simulated: cfg.Simulated, RecoverCommand: cfg.RecoverCommand, Cookies: "desk-",
		Roles: roles, First: []web.Role{web.Administrator}, Factor: web.FactorRequired, Note: d.note, Now: cfg.Now, Logger: cfg.Logger,
	}
	if cfg.Own {
		site.First, site.Factor = roles, web.FactorOffered // he has the store's files anyway
	}
	var err error
	if d.site, err = web.New(site); err != nil {
		return nil, err
	}
	for _, p := range d.pages() {
		d.site.Add(p)
	}
	return d, nil
}

// Handler serves the desk. Whoever serves it sets timeouts, as web.Server does.
func (d *Desk) Handler() http.Handler { return d.site.Handler() }

// SetupCode returns a new one-time code while no account exists, good for an
// hour, and "" afterwards.
func (d *Desk) SetupCode() (string, error) { return d.site.SetupCode() }

// pages is the table of what the desk serves, in the order of its menu.
func (d *Desk) pages() []web.Page {
	support, analyst, officer := []web.Role{web.Support}, []web.Role{web.Analyst}, []web.Role{web.PrivacyOfficer}
	return []web.Page{
		{Path: "/", Title: "desk.home.title", Template: "templates/home.html", Show: d.home},
		{Path: "/open", Home: "/", Roles: support, Save: d.open},
		{Path: "/case", Title: "desk.case.title", Hidden: true, Roles: support, Template: "templates/case.html", Show: d.showCase, Save: d.saveCase},
		{Path: "/case/sheet", Title: "desk.sheet.title", Hidden: true, Roles: support, Template: "templates/sheet.html", Show: d.showSheet},
		{Path: "/case/sheet.md", Roles: support, Download: d.sheetMarkdown},
		{Path: "/case/sheet.json", Roles: support, Download: d.sheetJSON},
		{Path: "/insights", Title: "desk.insights.title", Roles: analyst, Template: "templates/insights.html", Show: d.showInsights},
		{Path: "/rights", Title: "desk.rights.title", Roles: officer, Template: "templates/rights.html", Show: d.showRights, Save: d.saveRights},
		{Path: "/rights/export.html", Roles: officer, Download: d.export},
		{Path: "/audit", Title: "desk.audit.title", Roles: officer, Template: "templates/audit.html", Show: d.showAudit},
	}
}

// note writes events of accounts into the audit log.
func (d *Desk) note(ctx context.Context, e web.Event) error {
	what := e.Act
	if len(e.Roles) > 0 {
		var names []string
		for _, r := range e.Roles {
			names = append(names, string(r))
		}
		what += ": " + strings.Join(names, ", ")
	}
	_, err := d.cfg.Audit.Begin(ctx, audit.Entry{By: e.By, From: audit.Desk, Act: audit.Account, What: what, Of: e.Of})
	return err
}
