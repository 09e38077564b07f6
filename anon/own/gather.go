package own

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/user"
	"strconv"
	"strings"
)

// gather asks every source; its error joins what could not be read.
func gather(ctx context.Context, c Config) ([]found, error) {
	var all []found
	var problems []error
	for _, source := range []func(Config) ([]found, error){hostNames, accounts, currentUser, addresses, machineIDs} {
		if err := ctx.Err(); err != nil {
			return all, err
		}
		some, err := source(c)
		all = append(all, some...)
		problems = append(problems, err)
	}
	for _, v := range c.Installation {
		all = append(all, found{Installation, v})
	}
	return all, errors.Join(problems...)
}

// hostNames returns the host's name, short and long, and its domains. It asks
// files and never the network.
func hostNames(c Config) ([]found, error) {
	name, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("read host name: %w", err)
	}
	short, domain, _ := strings.Cut(name, ".")
	names := []string{name, short, domain}
	for line := range lines(c.Root, "etc/hosts") {
		names = append(names, ownAliases(line, short)...)
	}
	for line := range lines(c.Root, "etc/resolv.conf") {
		if f := strings.Fields(line); len(f) > 1 && (f[0] == "search" || f[0] == "domain") {
			names = append(names, f[1:]...)
		}
	}
	var out []found
	for _, n := range unique(names) {
		if n = strings.Trim(n, "."); len(n) > 1 && n != "localhost" {
			out = append(out, found{Host, n})
		}
	}
	return out, nil
}

// ownAliases returns the names of a line of /etc/hosts that has this host's,
// and their domains.
func ownAliases(line, short string) (out []string) {
	line, _, _ = strings.Cut(line, "#")
	f := strings.Fields(line)
	for _, n := range f {
		if first, domain, _ := strings.Cut(n, "."); strings.EqualFold(first, short) {
			out = append(out, n, domain)
		}
	}
	return out
}

// Accounts of people have these user IDs on Linux; below are services, above
// is nobody.
const (
	firstPerson = 1000
	lastPerson  = 60000
)

// accounts returns the people of /etc/passwd: name, full name, home. Systems
// without that file have the current user only.
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
		if uid, err := strconv.Atoi(f[2]); err == nil && uid >= firstPerson && uid <= lastPerson {
			full, _, _ := strings.Cut(f[4], ",")
			out = append(out, person(f[0], full, f[5])...)
		}
	}
	return out, nil
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
		out = append(out, found{Host, name[:i]})
		name = name[i+1:]
	}
	return append(out, person(name, u.Name, u.HomeDir)...), nil
}

// person returns one account's identifiers. A full name is one only if it has
// two words; homes that many accounts share are none.
func person(name, full, home string) (out []found) {
	if len(name) > 1 {
		out = append(out, found{User, name})
	}
	if full = strings.TrimSpace(full); strings.Contains(full, " ") {
		out = append(out, found{User, full})
	}
	home = strings.TrimRight(home, `/\`)
	if strings.Trim(home, `/\:ABCDEFGHIJKLMNOPQRSTUVWXYZ`) != "" && home != "/nonexistent" && home != "/dev/null" {
		out = append(out, found{Home, home})
	}
	return out
}

// addresses returns the interfaces' addresses, except loopback, and MACs.
func addresses(Config) ([]found, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list network interfaces: %w", err)
	}
	var out []found
	for _, i := range interfaces {
		if mac := i.HardwareAddr; len(mac) >= 6 && strings.Trim(hexOf(mac), "0") != "" {
			out = append(out, found{MAC, mac.String()})
		}
		list, err := i.Addrs()
		if err != nil {
			continue // the interface went away meanwhile
		}
		for _, a := range list {
			if n, ok := a.(*net.IPNet); ok {
				out = append(out, address(n.IP)...)
			}
		}
	}
	return out, nil
}

func address(ip net.IP) []found {
	a, ok := netip.AddrFromSlice(ip)
	if a = a.Unmap(); !ok || a.IsLoopback() || a.IsUnspecified() || a.IsMulticast() {
		return nil
	}
	return []found{{IP, a.String()}}
}

// machineIDs returns what systemd, D-Bus and the firmware call this machine. A
// file that is not there or not ours to read is no error.
func machineIDs(c Config) (out []found, err error) {
	for _, name := range []string{
		"etc/machine-id", "var/lib/dbus/machine-id", "sys/class/dmi/id/product_uuid",
		"sys/class/dmi/id/product_serial", "sys/class/dmi/id/board_serial",
	} {
		for line := range lines(c.Root, name) {
			if line = strings.TrimSpace(line); len(line) >= minStrong && strings.Trim(line, "0-") != "" && !strings.Contains(line, " ") {
				out = append(out, found{Machine, line})
			}
		}
	}
	return out, nil
}

// lines yields a small file's lines; nothing if it cannot be read.
func lines(root fs.FS, name string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		f, err := root.Open(name)
		if err != nil {
			return
		}
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			if !yield(s.Text()) {
				return
			}
		}
	}
}
