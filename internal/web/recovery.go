package web

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// recoverFile, in [Config.Dir], says which code sets which account's password.
const recoverFile = "recover"

// ErrNoAccount says that the account to be recovered does not exist. The names
// are on the page /account of whoever can log in; without a name [Recover]
// takes the first.
var ErrNoAccount = errors.New("there is no account of that name")

// recovery is the content of the recover file.
type recovery struct {
	Account string    `json:"account"` // "": whichever name is typed
	Hash    string    `json:"hash"`    // SHA-256 of the code, in hex
	Expires time.Time `json:"expires"`
}

// Recover makes a one-time code by which an account of the site in dir gets a
// new password on the page /recover: the named account, or, when account is
// "", the first, or the first administrator where there are roles; its second
// factor goes too. It is for a command that only the machine's administrator can
// run; the site may be running or not, and looks at the file when a code is
// typed. The code is good for an hour; a second one ends the first. When the
// accounts file is damaged, or there is no account yet, the code makes a new
// account of that name, or of the name that is typed. The error is
// [ErrNoAccount], or about the directory.
func Recover(ctx context.Context, dir, account string, now time.Time) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	name, err := recoverable(dir, cleanName(account))
	if err != nil {
		return "", fmt.Errorf("recover an account: %w", err)
	}
	text, made := makeCode(now)
	b, err := json.Marshal(recovery{name, hex.EncodeToString(made.hash[:]), made.expires.UTC()})
	if err != nil {
		return "", fmt.Errorf("recover an account: %w", err)
	}
	path := filepath.Join(dir, recoverFile)
	if err := durable.WriteFile(path, b, durable.OwnerFile); err != nil {
		return "", fmt.Errorf("recover an account: %w", err)
	}
	return text, nil
}

// recoverable finds the account's name as it is spelled.
func recoverable(dir, name string) (string, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return "", fmt.Errorf("%s is no directory", filepath.Base(dir))
	}
	a := openAccounts(dir, false)
	some, damage := a.state()
	if !some || damage != nil {
		if name != "" && !validName(name) {
			return "", fmt.Errorf("%q cannot be an account's name: use letters, digits and . _ @ + -", name)
		}
		return name, nil
	}
	if name == "" {
		return a.foremost(), nil
	}
	found, ok := a.find(name)
	if !ok {
		return "", fmt.Errorf("%q: %w", name, ErrNoAccount)
	}
	return found.Name, nil
}

// parseRecovery reads the file strictly.
func parseRecovery(b []byte) (recovery, code, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var v recovery
	var c code
	if err := d.Decode(&v); err != nil {
		return v, c, fmt.Errorf("%s %w", recoverFile, durable.ErrDamaged)
	}
	_, end := d.Token()
	sum, err := hex.DecodeString(v.Hash)
	if !errors.Is(end, io.EOF) || err != nil || len(sum) != len(c.hash) || v.Account != "" && !validName(v.Account) {
		return v, c, fmt.Errorf("%s %w", recoverFile, durable.ErrDamaged)
	}
	copy(c.hash[:], sum)
	c.expires = v.Expires
	return v, c, nil
}

// lookRecovery says what a code for /recover is, and which account it is for.
func (s *Site) lookRecovery(typed string) (recovery, codeState, error) {
	b, err := durable.ReadOwnerFile(filepath.Join(s.cfg.Dir, recoverFile))
	if errors.Is(err, fs.ErrNotExist) {
		return recovery{}, codeUnknown, nil
	}
	if err != nil {
		return recovery{}, codeUnknown, err
	}
	v, c, err := parseRecovery(b)
	now := s.cfg.Now()
	switch {
	case err != nil:
		return v, codeUnknown, err
	case !c.is(hashCode(typed)):
		return v, codeUnknown, nil
	case !now.Before(c.expires) || c.expires.After(now.Add(2*codeLife)): // or the clock was set back
		return v, codeExpired, nil
	}
	return v, codeGood, nil
}

func (s *Site) showRecover(w http.ResponseWriter, r *http.Request, v visit) {
	s.recoverPage(w, r, v, newAccount{}, nil, http.StatusOK)
}

func (s *Site) recoverPage(w http.ResponseWriter, r *http.Request, v visit, n newAccount, told *notice, status int) {
	v.session = nil
	n.Command = s.cfg.RecoverCommand
	s.show(w, r, v, shown{status: status, view: s.views["recover"], heading: "recover.title", content: n, notice: told})
}
