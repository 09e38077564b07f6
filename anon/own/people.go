package own

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path"
	"strconv"
	"strings"
)

// Accounts of people have these user IDs on Linux; below are services, above
// is nobody. Older systems begin at 500: there a home among homes says so.
const (
	firstPerson = 1000
	oldPerson   = 500
	lastPerson  = 60000
)

// homeDirs are where people's homes are on Unix. Their names are users, also of
// people that only a directory on the network knows: asking for those would take
// the network.
var homeDirs = []string{"home", "Users", "export/home", "var/home", "usr/home"}

// accounts returns the people of /etc/passwd: name, full name, home. Systems
// without that file have homes and the current user only.
func accounts(c Config) (out []found, err error) {
	text, err := fs.ReadFile(c.Root, "etc/passwd")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(line, ":")
		if len(f) < 6 {
			continue
		}
		uid, err := strconv.Atoi(f[2])
		if err != nil || uid < oldPerson || uid > lastPerson || uid < firstPerson && !amongHomes(f[5]) {
			continue
		}
		full, _, _ := strings.Cut(f[4], ",")
		out = append(out, person(f[0], full, f[5])...)
	}
	return out, nil
}

func amongHomes(home string) bool {
	for _, dir := range homeDirs {
		if path.Dir(home) == "/"+dir {
			return true
		}
	}
	return false
}

// homes returns who has a home here.
func homes(c Config) (out []found, err error) {
	for _, dir := range homeDirs {
		for _, e := range names(c.Root, dir) {
			if n := e.Name(); e.IsDir() && !isNobody(n) {
				out = append(out, person(n, "", "/"+dir+"/"+n)...)
			}
		}
	}
	return out, nil
}

// isNobody says whether a home is nobody's.
func isNobody(name string) bool {
	return strings.HasPrefix(name, ".") || contains(" lost+found shared public default guest all users default user aquota.user aquota.group ", strings.ToLower(name))
}

// currentUser returns the account that this process runs as. An account that
// no list has (a number in a container) is no error: it has no name.
func currentUser(Config) ([]found, error) {
	var out []found
	if home, err := os.UserHomeDir(); err == nil {
		out = person("", "", home)
	}
	u, err := user.Current()
	if err != nil {
		return out, nil
	}
	name := u.Username
	if i := strings.LastIndexByte(name, '\\'); i >= 0 { // DOMAIN\name on Windows
		out = append(out, found{class: Host, value: name[:i]})
		name = name[i+1:]
	}
	return append(out, person(name, u.Name, u.HomeDir)...), nil
}

// person returns one account's identifiers. A full name is one only if it has
// two words, of which each tells who it is, too; homes that many accounts share
// are none.
func person(name, full, home string) (out []found) {
	if len(name) > 1 {
		out = append(out, found{class: User, value: name})
	}
	if words := strings.Fields(full); len(words) > 1 {
		out = append(out, found{class: User, value: strings.Join(words, " ")})
		for _, w := range words {
			if w = strings.Trim(w, ".,()"); len(w) >= MinNeverLen {
				out = append(out, found{class: User, value: w})
			}
		}
	}
	home = strings.TrimRight(home, `/\`)
	if strings.Trim(home, `/\:ABCDEFGHIJKLMNOPQRSTUVWXYZ`) != "" && home != "/nonexistent" && home != "/dev/null" {
		out = append(out, found{class: Home, value: home})
	}
	return out
}
