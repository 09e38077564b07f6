package own

import (
	"fmt"
	"os"
	"strings"
)

// netBIOSLen is how many characters of a host's name older Windows protocols
// have.
const netBIOSLen = 15

// hostNames returns the host's name, short and long, and its domains. It asks
// files and never the network.
func hostNames(c Config) ([]found, error) {
	name, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("read host name: %w", err)
	}
	short, _, _ := strings.Cut(name, ".")
	all := []string{name}
	for _, file := range []string{"etc/hostname", "etc/mailname", "etc/nodename"} {
		for line := range lines(c.Root, file) {
			if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") {
				all = append(all, line)
			}
		}
	}
	for line := range lines(c.Root, "etc/machine-info") {
		if pretty, ok := strings.CutPrefix(line, "PRETTY_HOSTNAME="); ok {
			all = append(all, strings.Trim(pretty, `"'`))
		}
	}
	for line := range lines(c.Root, "etc/hosts") {
		all = append(all, ownAliases(line, short)...)
	}
	for line := range lines(c.Root, "etc/resolv.conf") {
		if f := strings.Fields(line); len(f) > 1 && (f[0] == "search" || f[0] == "domain") {
			for _, d := range f[1:] {
				all = append(all, "."+d)
			}
		}
	}
	return hosts(all...), nil
}

// hosts returns names of this host, and their parts that name it, too. A name
// that begins with a dot is a domain.
func hosts(names ...string) (out []found) {
	var all []string
	for _, n := range names {
		n = strings.TrimRight(strings.TrimSpace(n), ".")
		short, domain, _ := strings.Cut(n, ".")
		all = append(all, n, short, domain)
		if len(short) > netBIOSLen {
			all = append(all, short[:netBIOSLen])
		}
		// Of a domain below another one that other one names its owner, too.
		if _, parent, ok := strings.Cut(domain, "."); ok {
			if first, _, ok := strings.Cut(parent, "."); ok && len(first) >= minNeedle {
				all = append(all, parent)
			}
		}
	}
	for _, n := range unique(all) {
		if n = strings.Trim(n, "."); len(n) > 1 && n != "localhost" && n != "(none)" {
			out = append(out, found{class: Host, value: n})
		}
	}
	return out
}

// ownAliases returns the names of a line of /etc/hosts that has this host's.
func ownAliases(line, short string) (out []string) {
	line, _, _ = strings.Cut(line, "#")
	f := strings.Fields(line)
	for _, n := range f {
		if first, _, _ := strings.Cut(n, "."); !strings.EqualFold(first, short) {
			continue
		}
		for _, n := range f[1:] {
			if !strings.HasPrefix(n, "localhost") && !strings.HasPrefix(n, "ip6-") {
				out = append(out, n)
			}
		}
		break
	}
	return out
}
