package registry

import (
	"slices"
	"strings"
	"testing"
)

// TestLogPaths: only patterns of files that are written to, below a directory
// that they name.
func TestLogPaths(t *testing.T) {
	for s, want := range map[string]string{
		"/var/log/finder/*.log": "", "/srv/x.log": "", "/opt/*/log/a?[0-9].txt": "", `C:\ProgramData\Finder\*.log`: "",
		"/var/log/sp ace/ä.log": "",
		"x/y.log":               "is not absolute", `\\host\share\x.log`: "is not absolute", "C:/x/y.log": "is not absolute", "~/x.log": "is not absolute",
		`C:\x\..\y.log`: "has an element that is no name", "/a//b.log": "has an element that is no name", "/a/./b.log": "has an element that is no name",
		`/a/\*.log`: "has an element that is no name",
		"/*/x.log":  "begins with a wildcard", "/x.log": "begins with a wildcard", `C:\x.log`: "begins with a wildcard",
		"/var/log/x*": "ends with a wildcard", "/var/log/x.log.[0-9]": "ends with a wildcard", "/var/log/?": "ends with a wildcard",
		"/var/**/x.log": "is no pattern", "/var/[/x.log": "is no pattern", "/var/\x1b/x.log": "is no pattern", "/a/" + strings.Repeat("x", 200): "is no pattern",
	} {
		if what, fix := wrongPath(s); what != want || (fix == "") != (want == "") {
			t.Errorf("%q %s; fix: %s; want %q", s, what, fix, want)
		}
	}
}

func TestUnits(t *testing.T) {
	for _, s := range []string{"finder.service", "finder@1.service", `dev-disk\x2d1.socket`, "a.b.timer", "run-1.scope"} {
		if !isUnit(s) {
			t.Errorf("%s is none", s)
		}
	}
	for _, s := range []string{"", "finder", ".service", "-f.service", "*.service", "a b.service", "a.slice", "a.service\n", strings.Repeat("x", 250) + ".service"} {
		if isUnit(s) {
			t.Errorf("%q is one", s)
		}
	}
}

// TestLogs: what the files say is followed is what the registry has.
func TestLogs(t *testing.T) {
	if len(Base().Logs) != 0 {
		t.Error("the base has logs followed")
	}
	const log = "logs:\n  - {name: a, product: mail, path: /var/log/mail/*.log, metric: mail.log}\n  - {name: b, product: mail, journal: mail.service, metric: mail.log}\n"
	f := File{Name: "mail.yaml", Data: []byte("release: 1\nbase: [{release: 1, from: 1}]\nproducts: " + mail + "\nmetrics:\n" +
		strings.NewReplacer("configuration", "product_log", "standard", "enhanced", "type: state", "type: log", "values: [a, b]", "templates: [{id: a, text: It began.}]").
			Replace(aMetric("mail.log", 1, "")) + log)}
	r, err := Overlay(nil, f)
	if err != nil {
		t.Fatal(err)
	}
	want := []Log{
		{Name: "a", Product: "mail", Path: "/var/log/mail/*.log", Metric: "mail.log"},
		{Name: "b", Product: "mail", Unit: "mail.service", Metric: "mail.log"},
	}
	if !slices.Equal(r.Logs, want) {
		t.Errorf("%+v", r.Logs)
	}
	f.Data = append(f.Data, "  - {name: b, product: mail, path: /var/log/mail/b.log, metric: mail.log}\n"...)
	if _, err := Overlay(nil, f); err == nil {
		t.Error("names of logs may repeat")
	}
}
