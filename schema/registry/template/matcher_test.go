package template_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema/registry/template"
)

// slots are what the tests' templates may tell.
func slots() map[string]template.Slot {
	ranges := func(n int64) string { return fmt.Sprintf("%d", n) }
	return map[string]template.Slot{
		"files":   {Unit: "{file}", Bucket: ranges},
		"took":    {Unit: "us", Bucket: ranges},
		"seconds": {Unit: "s", Bucket: ranges},
		"size":    {Unit: "By", Bucket: ranges},
		"share":   {Unit: "%", Bucket: ranges},
		"state":   {Words: []string{"on", "off", "on hold"}},
		"reason":  {Words: []string{"full", "slow", "other"}, Other: "other"},
		"version": {Fits: func(s string) bool { return s != "" && strings.Trim(s, "0123456789.") == "" }},
	}
}

// matcher returns one for the product finder.
func matcher(t testing.TB, texts ...string) *template.Matcher {
	t.Helper()
	var out []*template.Template
	for _, text := range texts {
		one, err := template.Parse(text, slots())
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		out = append(out, one)
	}
	return template.NewMatcher("finder", out)
}

// found returns what a line is: the template's text and what is told.
func found(t testing.TB, line string, texts ...string) string {
	t.Helper()
	i, labels, ok := matcher(t, texts...).Match(line)
	if !ok {
		return ""
	}
	out := texts[i]
	for _, l := range labels {
		out += " | " + l.Name + " " + l.Value
	}
	return out
}

func TestForms(t *testing.T) {
	const (
		plain  = "disk full"
		mine   = "{x} in my {y}"
		copied = "copied {files} files to {place} in {took}"
		built  = "index built files={files} state={state} by={by}"
	)
	for line, want := range map[string]string{
		"disk full":              plain,
		"disk full\r\n":          plain,
		"disk full \t":           plain,
		"disk full user=bob a=1": plain,
		`{"time":"2026-11-22T09:49:17Z","level":"INFO","msg":"disk full","user":"bob"}`: plain,
		`time=2026-11-22T09:49:17Z level=INFO msg="disk full" user=bob`:                 plain,
		`level=INFO msg="disk full"`: plain,

		"2026/11/22 09:49:17 disk full":                           plain,
		"2026/11/22 09:49:17.123456 store.go:12: disk full":       plain,
		"2026-11-22 09:49:17,123 [main-1] WARN disk full":         plain,
		"[2026-11-22T09:49:17.123Z] [ERROR] disk full":            plain,
		"Nov 22 09:49:17 a-host finder[123]: disk full":           plain,
		"Nov 22 09:49:17 a-host finder: disk full":                plain,
		"finder: disk full":                                       plain,
		"<6>finder[1]: disk full":                                 plain,
		"<6> finder[1]: disk full":                                plain,
		"E1122 09:49:17.123456   12345 store/db.go:12] disk full": plain,
		"2026-11-22T09:49:17Z\tERROR\tdisk full":                  plain,
		"2026-11-22 09:49:17 | WARNING | disk full":               plain,
		"<6>disk full": plain,
		"<134>Nov 22 09:49:17 a-host finder[1]: disk full": plain,
		"[error] disk full":    plain,
		"level=info disk full": plain,
		`ts=2026-11-22T09:49:17Z level="warn" disk full user=bob`: plain,
		"E0612 12:00:00.000 disk full":                            plain,
		"2026/11/22 09:49:17 [error] 1234#5678: *90 disk full":    plain,
		"LOG:  disk full": plain,
		"2026-11-22 10:47:41.123 UTC [1234] LOG:  disk full":               plain,
		"2026-11-22 10:47:41.123 CET [1234] WARNING:  disk full":           plain,
		"2026-11-22 10:47:41.123 CEST [1234] bob@shop ERROR:  disk full":   plain,
		"Nov 22, 2026 9:49:17 AM SEVERE: disk full":                        plain,
		`Nov 22 09:49:17 a-host finder[1]: level=INFO msg="disk full" a=b`: plain,
		`2026/11/22 09:49:17 {"msg":"disk full"}`:                          plain,
		"1 2 3 4 5 6 7 8 disk full":                                        plain,
		"1 2 3 4 5 6 7 8 9 disk full":                                      "",
		strings.Repeat("1", 120) + " 1 disk full":                          plain,
		strings.Repeat("1", 130) + " disk full":                            "",
		"Disk full":                                                        "", "disk  full": "", "disk full!": "", "the disk full": "", "bob: disk full": "", "": "",
		"<6>bob: disk full": "", "<bob>disk full": "", "<6": "",
		"2026-11-22 10:47:41.123 UTC [1234] STATEMENT:  disk full": "", "DETAIL:  disk full": "", "LOG disk full": "", "log: disk full": "",
		"bob@shop ERROR:  disk full": "", "[1234] bob ERROR:  disk full": "", "[1234] bob@shop disk full": "", "[1] a@b c@d LOG:  disk full": "",
		"level=bob disk full": "", "user=info disk full": "", "time=bob disk full": "", "09:49:17 est disk full": "",
		"bob said: disk full": "", "09:49:17 bob said: disk full": "", "09:49:17 bob: disk full": "", "err=disk full": "",
		`{"msg":"disk full"} {"msg":"disk full"}`: "", `{"msg":"disk full"`: "", `{"text":"disk full"}`: "", `{"text":" in my "}`: "", `{"msg":{"msg":"disk full"}}`: "",
		`msg="disk full" and more`: "",

		"copied 3 files to /home/bob in 340ms":             copied + " | files 3 | took 340000",
		"2026/11/22 copied 1,234 files to  in 1.5s":        copied + " | files 1234 | took 1500000",
		"copied 3 files to a in b in 2µs":                  copied + " | files 3 | took 2",
		"copied -1 files to x in 1h":                       copied + " | files -1 | took 3600000000",
		"copied x files to y in 1s":                        "",
		"copied 3 files to y in 340":                       "",
		"copied 3 files to 1 files to 2 in 1s":             copied + " | files 3 | took 1000000",
		`msg="copied 3 files to \"a b\" in 1s" level=INFO`: copied + " | files 3 | took 1000000",
		`{"msg":"copied 3 files to \u00e9\n in 1s"}`:       copied + " | files 3 | took 1000000",

		"index built files=5 state=on by=bob":                                         built + " | files 5 | state on",
		"INFO index built service=x files=5 by=bob state=off":                         built + " | files 5 | state off",
		`index built files=5 state="on hold" by="bob b"`:                              built + " | files 5 | state on hold",
		`time=1 msg="index built" by=bob state=on files=5 x=y`:                        built + " | files 5 | state on",
		`{"msg":"index built","by":{"name":"bob"},"by":"bob","state":true,"files":5}`: built + " | files 5",
		`{"msg":"index built","by":"bob","state":"gone","files":"many"}`:              built,
		"index built files=5 state=on":                                                built,
		`msg="index built" files=5 state=on`:                                          built + " | files 5 | state on",
		"index built g.files=5":                                                       built,
		"index built by=bob files=5 state=on files=6":                                 built + " | state on",
	} {
		if got := found(t, line, plain, copied, built, mine); got != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}

// TestDoubt: what can be read in two ways is not told, and a line of two
// templates is of none.
func TestDoubt(t *testing.T) {
	for _, c := range []struct {
		line  string
		texts []string
		want  string // behind the text of the template
	}{
		{"go 1.2 to 1", []string{"go {version} to {files}"}, " | files 1 | version 1.2"},
		{"at a.1.2", []string{"at {x}.{version}"}, ""},
		{"state is on hold on time", []string{"state is {state} {x}"}, ""},
		{"it is full now", []string{"it is {reason} now"}, " | reason full"},
		{"it is bob's now", []string{"it is {reason} now"}, " | reason other"},
		{"it is  now", []string{"it is {reason} now"}, " | reason other"},
		{"it is full now now", []string{"it is {reason} now"}, "none"},
		{"it is full now bob", []string{"it is {reason} {x}"}, " | reason full"},
		{"it is full now or it is odd now", []string{"{x}it is {reason} now{y}"}, ""},
		{"error error full stop", []string{"error {reason} {x}"}, ""},
		{"bob is bob is full", []string{"{x} is {reason}"}, " | reason full"},
		{"said it was slow so it was full so", []string{"said {x}it was {reason} so{y}"}, ""},
		{"login failed for bob", []string{"login failed for {user}", "login failed for guest"}, ""},
		{"login failed for guest", []string{"login failed for {user}", "login failed for guest"}, "none"},
		{"error: disk full", []string{"error: {err}", "disk full"}, "none"},
		{"2026/11/22 disk full", []string{"{x} full", "disk full"}, "none"},
		{`msg="opened a files=7" files=9`, []string{"opened {x} files={files}"}, " | files 9"},
		{`opened a state=off by=b state="on hold"`, []string{"opened {x} state={state}"}, ""},
		{`opened a state="on hold" by="b state=off by=c"`, []string{"opened {x} state={state} by={by}"}, ""},
		{`opened a state="on hold" by="b c"`, []string{"opened {x} state={state} by={by}"}, " | state on hold"},
		{`opened a files=7 files=9`, []string{"opened {x} files={files}"}, ""},
		{"literally {x} here", []string{"literally {{{x}}} here"}, ""},
		{"literally x here", []string{"literally {{{x}}} here"}, "none"},
	} {
		if c.want != "none" {
			c.want = c.texts[0] + c.want
		} else {
			c.want = ""
		}
		if got := found(t, c.line, c.texts...); got != c.want {
			t.Errorf("%q: got %q, want %q", c.line, got, c.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for name, numbers := range map[string]map[string]string{
		"files": {"0": "0", "007": "7", "12.9": "12", "1,234,567": "1234567", "+5": "5", "-5": "-5", ".5": "0",
			"99999999999999999999": "9223372036854775807", "-99999999999999999999": "-9223372036854775808",
			"": "", "1,23": "", "1234,567": "", ",123": "", "1.2.3": "", "1e3": "", "0x1f": "", "NaN": "", "1 2": "", "٣": "", "5ms": "", "--5": ""},
		"took": {"340ms": "340000", "340 ms": "340000", "1.2s": "1200000", "3m4s": "184000000", "1,234ms": "1234000", "5us": "5", "5µs": "5", "5μs": "5",
			"900ns": "0", "1h2m": "3720000000", "340": "", "5 d": "", "340  ms": "", "ms": "", "5KB": ""},
		"seconds": {"90": "90", "90s": "90", "3m4s": "184", "1.9 s": "1", "340ms": "0"},
		"size":    {"1234": "1234", "12 B": "12", "1.5 KiB": "1536", "2KB": "2000", "3 MB": "3000000", "1GiB": "1073741824", "2 ms": "", "2 Kib": ""},
		"share":   {"7": "7", "7%": "7", "99.9 %": "99", "7 s": ""},
	} {
		for number, want := range numbers {
			text := "it is {" + name + "}"
			if want != "" {
				want = text + " | " + name + " " + want
			}
			if got := found(t, "it is "+number, text); got != want {
				t.Errorf("%s %q: got %q, want %q", name, number, got, want)
			}
		}
	}
}
