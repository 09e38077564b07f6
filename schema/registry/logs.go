package registry

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/tacit-telemetry/tacit/schema"
)

// MaxLogs bounds the logs that one registry may have followed.
const MaxLogs = 16

// Log is a log of a product. A host follows it while its level is enhanced.
type Log struct {
	Name    string // lower-case words and dots; no other log has it
	Product string // whose records the lines become
	Path    string // pattern of its files, as [path.Match] has it, absolute; or
	Unit    string // of the journal, such as finder.service
	Metric  string // of type log: a line that matches one of its templates becomes it
}

const (
	logPathForm = "write an absolute pattern such as /var/log/finder/*.log"
	unitForm    = "write the whole name of a unit, such as finder.service"

	maxLogPath  = 200
	maxUnitName = 255 // systemd's own bound
)

// loggedIn is a log as it was read, and where it stands.
type loggedIn struct {
	Log
	o object
}

// logs reads the logs of a file.
func (rd *reader) logs(o object) (out []loggedIn) {
	if !o.has("logs") {
		return nil
	}
	seen := map[string]bool{}
	for _, n := range rd.list(o.at["logs"], "logs") {
		l := rd.object(n, "log", "", []string{"name", "product", "metric"}, []string{"path", "journal"})
		log := Log{
			Name: rd.name(l, isDotted, nameForm), Product: rd.text(l, "product"), Metric: rd.text(l, "metric"),
			Path: rd.logPath(l), Unit: rd.unit(l),
		}
		switch {
		case l.has("path") && l.has("journal"):
			rd.problem(n, l.what+" has both path and journal", "keep one of them, and write another log for the other")
		case !l.has("path") && !l.has("journal"):
			rd.problem(n, l.what+" has no place to be read from", "add path: the pattern of its files, or journal: the unit that writes it")
		}
		rd.unique(l, seen, log.Name)
		out = append(out, loggedIn{log, l})
	}
	return out
}

// logPath reads the pattern of files that are written to: absolute on Unix or
// Windows, below a directory that it names.
func (rd *reader) logPath(o object) string {
	had := len(rd.problems)
	s := rd.text(o, "path")
	if !o.has("path") || len(rd.problems) > had {
		return ""
	}
	what, fix := wrongPath(s)
	if what != "" {
		rd.problem(o.at["path"], "path of "+o.what+" "+what, fix)
		return ""
	}
	return s
}

// wrongPath says what is wrong with a pattern, and what to do; "": nothing is.
func wrongPath(s string) (what, fix string) {
	notPrintable := func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' }
	elements, ok := elementsOf(s)
	_, bad := path.Match(strings.Join(elements, "/"), "")
	switch {
	case !ok:
		return "is not absolute", logPathForm
	case len(s) > maxLogPath || strings.ContainsFunc(s, notPrintable) || bad != nil || strings.Contains(s, "**"):
		return "is no pattern", logPathForm + fmt.Sprintf(", with * and ? within one name, at most %d bytes", maxLogPath)
	case slices.ContainsFunc(elements, func(e string) bool { return e == "" || e == "." || e == ".." || strings.Contains(e, `\`) }):
		return "has an element that is no name", `write it without "..", "." and doubled separators`
	case len(elements) < 2 || strings.ContainsAny(elements[0], wildcards):
		return "begins with a wildcard", "name the directory that it begins in, such as /var/log"
	case strings.ContainsRune("*?]", rune(s[len(s)-1])):
		return "ends with a wildcard", "write how the names of files end that are written to, such as *.log: what rotation leaves would count twice"
	}
	return "", ""
}

// elementsOf returns the names in an absolute path of Unix or Windows.
func elementsOf(s string) (elements []string, ok bool) {
	if rest, ok := strings.CutPrefix(s, "/"); ok {
		return strings.Split(rest, "/"), true
	}
	if len(s) > 3 && isAlphanumeric(rune(s[0])) && s[0] > '9' && s[1:3] == `:\` && !strings.Contains(s, "/") {
		return strings.Split(s[3:], `\`), true
	}
	return nil, false
}

// wildcards are what makes more than a name of a pattern.
const wildcards = "*?["

// unit reads the name of a unit of the journal.
func (rd *reader) unit(o object) string {
	had := len(rd.problems)
	s := rd.text(o, "journal")
	if o.has("journal") && len(rd.problems) == had && !isUnit(s) {
		rd.problem(o.at["journal"], "journal of "+o.what+" does not have the form", unitForm)
		return ""
	}
	return s
}

// unitKinds end the names of units that write into the journal.
var unitKinds = []string{".service", ".socket", ".timer", ".scope"}

// isUnit says whether s is the whole name of one unit: no pattern, and nothing
// that a command would take for an option.
func isUnit(s string) bool {
	at := strings.LastIndexByte(s, '.')
	if at < 1 || len(s) > maxUnitName || !slices.Contains(unitKinds, s[at:]) || !isAlphanumeric(rune(s[0])) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return !isAlphanumeric(r) && !strings.ContainsRune(`:_.@-\`, r) })
}

// followed adds a file's logs: each of a product and of a metric of the same
// file, under a name that no other file has.
func (l *laid) followed(reg *Registry, owners map[string]*laid) {
	for _, log := range l.logged {
		l.claim(log.o, log.Name, logMark, owners)
		own := slices.ContainsFunc(l.products, func(p Product) bool { return p.Name == log.Product })
		if log.Product != "" && !own {
			l.problem(log.o.value("product"), fmt.Sprintf("product %s of %s is not in products", quoted(log.Product), log.o.what),
				"write one of the products of this file")
		}
		l.lintLines(log)
		same := func(other Log) bool {
			return log.Path+log.Unit != "" && log.Path == other.Path && log.Unit == other.Unit
		}
		if i := slices.IndexFunc(reg.Logs, same); i >= 0 {
			l.problem(log.o.node, fmt.Sprintf("%s is read where log %q is", log.o.what, reg.Logs[i].Name), "remove one of them: its lines would count twice")
		}
		reg.Logs = append(reg.Logs, log.Log)
		if len(reg.Logs) == MaxLogs+1 {
			l.problem(log.o.node, fmt.Sprintf("more than %d logs", MaxLogs), "remove some: each is read by every host that gives enhanced")
		}
	}
}

// lintLines asks that a log's metric has the templates of its lines.
func (l *laid) lintLines(log loggedIn) {
	at := slices.IndexFunc(l.entries, func(e entry) bool { return e.m.Name == log.Metric })
	switch {
	case log.Metric == "":
	case at < 0:
		l.problem(log.o.value("metric"), fmt.Sprintf("metric %s of %s is not in metrics", quoted(log.Metric), log.o.what),
			"write a metric of this file, of type log")
	case l.entries[at].m.Type != schema.Log && l.entries[at].m.Type != "":
		l.problem(log.o.value("metric"), fmt.Sprintf("metric %q of %s has type %s", log.Metric, log.o.what, l.entries[at].m.Type),
			"write a metric of type log, which is level enhanced")
	}
}

// logMark keeps the names of logs apart from those of metrics.
const logMark = " log"
