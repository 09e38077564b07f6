package template_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tacit-telemetry/tacit/schema/registry/template"
)

// FuzzMatch: what is told of any line is listed, whatever the template and the
// line are, and a line that a regular expression finds to be of the template is.
func FuzzMatch(f *testing.F) {
	for _, s := range [][2]string{
		{"disk full", "2026/11/22 09:49:17 disk full user=bob"},
		{"copied {files} files to {place} in {took}", "INFO copied 1,234 files to /home/bob in 1.5s"},
		{"it is {state} for {reason}", `{"msg":"it is on hold for full","a":{"b":[1]}}`},
		{"built by={by} state={state}", `level=info msg="built" state="on hold" by=bob`},
		{"{{ {x} }} was {version}", "{ a } was 1.2"},
		{"{x}aa{y}ab{z}", strings.Repeat("a", 300)},
		{"at {x} b", "at \" a=\"\\\" b"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, text, line string) {
		if len(text) > 1000 {
			return // a registry has none of that length
		}
		one, err := template.Parse(text, slots())
		if err != nil {
			if one != nil || strings.ContainsAny(err.Error(), "\n") {
				t.Fatalf("template %v, mistake %v", one, err)
			}
			return
		}
		if !template.Overlap(one, one) {
			t.Fatalf("%q fits no line of its own", text)
		}
		_, labels, ok := template.NewMatcher("finder", []*template.Template{one}).Match(line)
		if !ok && len(labels) > 0 {
			t.Fatalf("%q is of no template, and tells %v", line, labels)
		}
		for i, l := range labels {
			if !slices.Contains(one.Names(), l.Name) || i > 0 && labels[i-1].Name >= l.Name || !mayTell(l.Name, l.Value) {
				t.Fatalf("%q of %q tells %v", line, text, labels)
			}
		}
		if !utf8.ValidString(text) || strings.ContainsAny(text, "\x01\x02") {
			return // nor such bytes
		}
		if !ok && expression(text).MatchString(line) && len(line) <= template.MaxLine && utf8.ValidString(line) && !strings.ContainsAny(line, "\r\n{=") {
			t.Fatalf("%q is not of %q", line, text)
		}
	})
}

// mayTell says whether one of the tests' slots may tell the value.
func mayTell(name, value string) bool {
	slot, ok := slots()[name]
	switch {
	case slot.Bucket != nil:
		return regexp.MustCompile(`^-?[0-9]+$`).MatchString(value)
	case slot.Fits != nil:
		return regexp.MustCompile(`^[0-9.]{1,64}$`).MatchString(value)
	}
	return ok && slices.Contains(slot.Words, value)
}

// expression returns a template as a regular expression, of lines without fields.
func expression(text string) *regexp.Regexp {
	out := regexp.QuoteMeta(strings.NewReplacer("{{", "\x01", "}}", "\x02").Replace(text))
	out = regexp.MustCompile(`\\\{[A-Za-z0-9_.\\-]+\\\}`).ReplaceAllStringFunc(out, func(name string) string {
		switch name[2 : len(name)-2] {
		case "files", "seconds", "size", "share":
			return `[0-9]{1,10}`
		case "took":
			return `[0-9]{1,10}ms`
		case "state":
			return `(?:on|off|on hold)`
		case "reason":
			return `[!-~]{0,64}`
		case "version":
			return `[0-9.]{1,64}`
		}
		return `(?s:.*)`
	})
	return regexp.MustCompile("^" + strings.NewReplacer("\x01", `\{`, "\x02", `\}`).Replace(out) + "$")
}
