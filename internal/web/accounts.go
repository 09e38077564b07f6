package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// accountsFile stands in [Config.Dir].
const accountsFile = "accounts.json"

// mostAccounts is far above any administrators' team.
const mostAccounts = 256

// account is one person.
type account struct {
	Name    string    `json:"name"`
	Hash    string    `json:"hash"` // PHC string
	Created time.Time `json:"created"`
	Changed time.Time `json:"changed"`          // of the password, last
	Roles   []Role    `json:"roles,omitempty"`  // of sites that have roles
	Factor  *factor   `json:"factor,omitempty"` // nil: none is set
}

var (
	errTaken    = errors.New("there is an account of that name")
	errNoRoom   = errors.New("there are as many accounts as there may be: remove one")
	errLastOne  = errors.New("the last account cannot be removed")
	errNotFirst = errors.New("an account exists already")
	errChanged  = errors.New("the account has been changed meanwhile")

	errNoAdministrator = errors.New("the last administrator must stay one")
)

// accounts are all accounts, in memory and in their file, which is replaced as
// a whole. What cannot be written does not change.
type accounts struct {
	path  string
	roles bool // the site has roles: one administrator must stay

	mu     sync.RWMutex
	list   []account // oldest first
	damage error     // why the file cannot be used; nil otherwise
}

// openAccounts reads the file. One that cannot be read is kept as it is, and
// the site stays closed: an empty list would let anybody set it up anew.
func openAccounts(dir string, roles bool) *accounts {
	a := &accounts{path: filepath.Join(dir, accountsFile), roles: roles}
	b, err := durable.ReadOwnerFile(a.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		a.damage = fmt.Errorf("read %s: %w", accountsFile, durable.Bare(err))
	default:
		if a.list, err = parseAccounts(b); err != nil {
			a.damage = fmt.Errorf("%s %w: %w", accountsFile, durable.ErrDamaged, err)
		}
	}
	return a
}

type accountList struct {
	Accounts []account `json:"accounts"`
}

// parseAccounts reads the file strictly: whatever it does not know might have
// been a limit.
func parseAccounts(b []byte) ([]account, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var l accountList
	if err := d.Decode(&l); err != nil {
		return nil, errors.New("it is not what was written")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows its end")
	}
	if len(l.Accounts) == 0 || len(l.Accounts) > mostAccounts {
		return nil, errors.New("it has no account, or too many")
	}
	for i, a := range l.Accounts {
		_, err := parsePHC(a.Hash)
		double := slices.ContainsFunc(l.Accounts[:i], func(b account) bool { return sameName(a.Name, b.Name) })
		stranger := slices.ContainsFunc(a.Roles, func(r Role) bool { return !slices.Contains(allRoles, r) })
		if err != nil || !validName(a.Name) || double || stranger || a.Factor != nil && !a.Factor.valid() {
			return nil, fmt.Errorf("account %d is not what was written", i+1)
		}
	}
	return l.Accounts, nil
}

var nameForm = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._@+-]{0,62}[\p{L}\p{M}\p{N}]$|^[\p{L}\p{N}]$`)

// validName takes letters and digits of every language, and what e-mail
// addresses have between them: nothing that could be mistaken for markup, or
// for another name by what is invisible.
func validName(name string) bool { return len(name) <= 256 && nameForm.MatchString(name) }

// cleanName is the one spelling of a name that was typed.
func cleanName(name string) string { return norm.NFKC.String(strings.Join(strings.Fields(name), " ")) }

func sameName(a, b string) bool { return strings.EqualFold(cleanName(a), cleanName(b)) }

// find returns an account by name, however its letters are cased.
func (a *accounts) find(name string) (account, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if i := a.index(name); i >= 0 {
		return a.list[i], true
	}
	return account{}, false
}

// has says whether there is an account of exactly that name.
func (a *accounts) has(name string) bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return slices.ContainsFunc(a.list, func(b account) bool { return b.Name == name })
}

func (a *accounts) index(name string) int {
	return slices.IndexFunc(a.list, func(b account) bool { return sameName(b.Name, name) })
}

// foremost returns the first administrator's name, or the first of all where no
// account has roles.
func (a *accounts) foremost() string {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.list[max(0, slices.IndexFunc(a.list, func(b account) bool { return b.has(Administrator) }))].Name
}

// names returns all names, oldest account first.
func (a *accounts) names() (out []string) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	for _, b := range a.list {
		out = append(out, b.Name)
	}
	return out
}

// state says whether there is an account, and why there may not be.
func (a *accounts) state() (some bool, damage error) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return len(a.list) > 0, a.damage
}

// addFirst adds an account while there is none.
func (a *accounts) addFirst(b account) error {
	return a.change(func(list []account) ([]account, error) {
		if len(list) > 0 {
			return nil, errNotFirst
		}
		return []account{b}, nil
	})
}

// add adds an account beside others.
func (a *accounts) add(b account) error {
	return a.change(func(list []account) ([]account, error) {
		switch {
		case slices.ContainsFunc(list, func(c account) bool { return sameName(c.Name, b.Name) }):
			return nil, errTaken
		case len(list) >= mostAccounts:
			return nil, errNoRoom
		}
		return append(list, b), nil
	})
}

// setHash gives an account another hash if it still has the old one; changed
// is kept when zero.
func (a *accounts) setHash(name, old, hash string, changed time.Time) error {
	return a.change(func(list []account) ([]account, error) {
		i := slices.IndexFunc(list, func(b account) bool { return sameName(b.Name, name) && b.Hash == old })
		if i < 0 {
			return nil, errChanged
		}
		list[i].Hash = hash
		if !changed.IsZero() {
			list[i].Changed = changed
		}
		return list, nil
	})
}

// remove takes an account away, except the last, or the last administrator.
func (a *accounts) remove(name string) error {
	return a.change(func(list []account) ([]account, error) {
		if len(list) < 2 {
			return nil, errLastOne
		}
		return a.governed(slices.DeleteFunc(list, func(b account) bool { return sameName(b.Name, name) }))
	})
}

// setRoles gives an account other roles.
func (a *accounts) setRoles(name string, roles []Role) error {
	return a.change(func(list []account) ([]account, error) {
		for i := range list {
			if list[i].Name == name {
				list[i].Roles = roles
				return a.governed(list)
			}
		}
		return nil, errChanged
	})
}

// governed refuses a list in which nobody could give roles any more.
func (a *accounts) governed(list []account) ([]account, error) {
	if a.roles && !administered(list) {
		return nil, errNoAdministrator
	}
	return list, nil
}

// setFactor gives an account another second factor if it still has the old one;
// nil is none.
func (a *accounts) setFactor(name string, old, made *factor) error {
	return a.change(func(list []account) ([]account, error) {
		i := slices.IndexFunc(list, func(b account) bool { return b.Name == name })
		if i < 0 || (old == nil) != (list[i].Factor == nil) || old != nil && old.Secret != list[i].Factor.Secret {
			return nil, errChanged
		}
		list[i].Factor = made
		return list, nil
	})
}

// useCode notes the period of a code that was taken. The error is errUsed when
// one of that period or later was taken before.
func (a *accounts) useCode(name, secret string, period int64) error {
	return a.change(func(list []account) ([]account, error) {
		i := slices.IndexFunc(list, func(b account) bool { return b.Name == name })
		if i < 0 || list[i].Factor == nil || list[i].Factor.Secret != secret {
			return nil, errChanged
		}
		f := *list[i].Factor
		if period <= f.Used {
			return nil, errUsed
		}
		f.Used = period
		list[i].Factor = &f // who has a copy of the list keeps what it had
		return list, nil
	})
}

// restore gives an account a new password and no second factor, or makes it when
// there is none of that name. A damaged file is set aside first, and a new one
// begins with this account alone.
func (a *accounts) restore(b account) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.damage != nil {
		if err := durable.SetAside(a.path); err != nil {
			return fmt.Errorf("set %s aside: %w", accountsFile, durable.Bare(err))
		}
	}
	list := slices.Clone(a.list)
	if i := a.index(b.Name); i >= 0 {
		list[i].Hash, list[i].Changed, list[i].Factor = b.Hash, b.Changed, nil
	} else {
		list = append(list, b)
	}
	return a.write(list)
}

// change writes what f makes of a copy of the list.
func (a *accounts) change(f func([]account) ([]account, error)) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.damage != nil {
		return a.damage
	}
	list, err := f(slices.Clone(a.list))
	if err != nil {
		return err
	}
	return a.write(list)
}

func (a *accounts) write(list []account) error {
	b, err := json.MarshalIndent(accountList{list}, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", accountsFile, err)
	}
	if err := durable.WriteFile(a.path, append(b, '\n'), durable.OwnerFile); err != nil {
		return fmt.Errorf("write %s: %w", accountsFile, durable.Bare(err))
	}
	a.list, a.damage = list, nil
	return nil
}
