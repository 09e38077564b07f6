// Package web is what the customer's console and the vendor's desk share:
// accounts, login, sessions, the frame around every page, languages, and the
// defences that a page must not have to think about. A part adds its pages
// with [Site.Add] and serves [Site.Handler].
//
// It promises:
//
//   - There is no default account. While none exists every page leads to
//     /setup, and /setup wants the one-time code of [Site.SetupCode], which only
//     somebody who can read this machine's files or log knows: being the first
//     visitor makes nobody an administrator.
//   - A GET changes nothing that anybody else can see. Every other request from
//     another site is refused, and so is a form without a session; what was
//     typed into it comes back after the login, unsaved ([Request.Restored]).
//   - Passwords are kept as argon2id hashes, sessions and codes as SHA-256, and
//     no address of a visitor is kept, logged or counted.
//   - Pages carry no script, load nothing from elsewhere, and work at 360 px,
//     in the dark and on paper.
//
// All accounts of a site have the same rights, unless it has roles: then each
// page is for those that it names, administrators give them on /accounts, and
// one of these always stays. A site may offer or demand a second factor
// ([Factor]): nothing opens before one is set where it is demanded, and a code
// is good once. Who has lost the password uses [Recover] on the machine itself,
// which takes the second factor away too; who has lost the factor alone asks
// another administrator. The secrets of second factors stand in the accounts
// file: whoever reads it can make codes, and needs the password still.
//
// When it is full: two password hashes run at once and eight requests wait,
// the next is told 503 with Retry-After; guessing is slowed by account and
// altogether (429), nobody is locked out for good, and a browser that has been
// logged in is not slowed by strangers; 20 sessions an account,
// 500 altogether, beyond which the longest unused ends; 16 invitations. When its
// directory cannot be written, nothing that needs it is done and the visitor is
// told; a damaged accounts file closes the site until [Recover].
package web

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"time"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// Config says what a site is.
type Config struct {
	Dir   string // its own directory: accounts and codes; required, made when missing
	Title string // key of its name, shown at the top of every page; required
	Files fs.FS  // the part's templates: templates/*.html; nil: pages of this package only
	TLS   bool   // served over TLS; false: plain, for loopback only

	Simulated bool // every page says first, and in its title, that the fleet it shows is a simulated one

	RecoverCommand string // what to type on the machine for a code of [Recover], shown to whoever has lost a password; "": "recover"

	Roles   []Role // that accounts may have; nil: all accounts have all rights. Otherwise [Administrator] is one
	First   []Role // of the first account; nil: [Administrator]. Only with Roles
	Factor  Factor // whether accounts have a second factor
	Cookies string // begins the names of the cookies: they ignore ports, so that two sites of a host need two; "": nothing

	// Note writes an event of an account into the part's history. nil: none. Its
	// error is logged: an administrator must get in to repair a history.
	Note func(ctx context.Context, e Event) error

	Now    func() time.Time // nil: time.Now
	Logger *slog.Logger     // nil: none
}

// Event is what happened to an account.
type Event struct {
	Act   string // one of the Act constants
	By    string // the account that did it
	Of    string // the account that it was done to, where it is another; "": By
	Roles []Role // given by it
}

// What [Config.Note] is told.
const (
	ActSetUp      = "first account created"
	ActInvited    = "account created by invitation"
	ActPassword   = "password changed"
	ActRestored   = "access restored"
	ActRemoved    = "account removed"
	ActInvite     = "invitation made" // with roles only
	ActRoles      = "roles changed"
	ActFactor     = "second factor set"
	ActFactorGone = "second factor taken away"
)

// Site is a set of pages behind a login. Its methods may be called at the same
// time, except [Site.Add], which is for before serving.
type Site struct {
	cfg       Config
	languages *catalogue
	assets    *assets
	accounts  *accounts
	sessions  *sessions
	limits    *limits
	codes     *codes
	hasher    *hasher

	browserKey []byte // see known.go

	// Set by New and Add, read afterwards.
	pages []*page // this package's own, then the part's in the order of the navigation
	paths map[string]*page
	own   map[string]ownPath // for who is not logged in, too

	ownPages int // how many of pages are this package's

	views map[string]templates // of this package, by name
	base  templates            // the frame and the part's own pieces
}

// New opens a site. The error says what of the configuration or the directory
// is wrong. A damaged accounts file is no error: the site says on every page
// how to repair it, and the logger hears of it.
func New(cfg Config) (*Site, error) {
	if cfg.Dir == "" || cfg.Title == "" {
		return nil, errors.New("open the web pages: directory and title must be set")
	}
	if cfg.Roles != nil && !slices.Contains(cfg.Roles, Administrator) {
		return nil, errors.New("open the web pages: nobody could give roles: Administrator must be one of them")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.RecoverCommand == "" {
		cfg.RecoverCommand = "recover"
	}
	if err := durable.MakeOwnerDir(cfg.Dir); err != nil {
		return nil, fmt.Errorf("open the web pages: %w", err)
	}
	languages, err := readCatalogue()
	if err != nil {
		return nil, err
	}
	assets, err := readAssets()
	if err != nil {
		return nil, err
	}
	key, err := openBrowserKey(cfg.Dir)
	if err != nil {
		return nil, err
	}
	s := &Site{
		cfg: cfg, languages: languages, assets: assets, accounts: openAccounts(cfg.Dir, cfg.Roles != nil), sessions: newSessions(cfg.Now),
		limits: newLimits(), codes: &codes{}, hasher: newHasher(usualCost), browserKey: key, paths: map[string]*page{},
	}
	if _, damage := s.accounts.state(); damage != nil {
		cfg.Logger.Error("the accounts cannot be read; no page opens until the recover command was used", slog.Any("err", damage))
	}
	if err := s.parse(); err != nil {
		return nil, fmt.Errorf("open the web pages: %w", err)
	}
	return s, nil
}

// note writes an account's event into the part's history.
func (s *Site) note(ctx context.Context, e Event) {
	if s.cfg.Note == nil {
		return
	}
	// The history must not be cut short by a visitor who hangs up.
	if err := s.cfg.Note(context.WithoutCancel(ctx), e); err != nil {
		s.cfg.Logger.Error("an account event is not in the history", slog.String("act", e.Act), slog.Any("err", err))
	}
}
