package template_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tacit-telemetry/tacit/schema/registry/template"
)

// argument is a placeholder of a drawn template, what is filled in, and what is
// to be told of it; nothing: it is dropped.
type argument struct {
	name, text, told string
	field            bool
}

// drawn is a template and one line that was made by it, without the package's
// own code.
type drawn struct {
	text    string // of the template
	message string // with the arguments filled in
	args    []argument
}

// from says what templates and the texts that are filled in are made of.
type from struct {
	words, texts *rapid.Generator[string]
	names        []string // at least five
}

// drawTemplate draws a template whose first word is its own, and its arguments.
func drawTemplate(t *rapid.T, id int, of from) drawn {
	words := rapid.SliceOfN(of.words, 1, 5).Draw(t, "words")
	out := drawn{text: fmt.Sprintf("event%c", 'a'+id)}
	out.message = out.text
	names := rapid.Permutation(of.names).Draw(t, "names")
	for i, w := range words {
		out.text += " " + strings.NewReplacer("{", "{{", "}", "}}").Replace(w)
		out.message += " " + w
		if rapid.Bool().Draw(t, "filled") {
			a := drawArgument(t, names[i], of.texts)
			out.text, out.message, out.args = out.text+" {"+a.name+"}", out.message+" "+a.text, append(out.args, a)
		}
	}
	for _, name := range names[5 : 5+rapid.IntRange(0, min(3, len(names)-5)).Draw(t, "fields")] {
		a := drawArgument(t, name, of.texts)
		a.field = true
		out.text, out.args = out.text+" "+a.name+"={"+a.name+"}", append(out.args, a)
	}
	return out
}

// drawArgument fills a placeholder in. Its texts are never told.
func drawArgument(t *rapid.T, name string, texts *rapid.Generator[string]) argument {
	n := rapid.Int64Range(0, 1<<40).Draw(t, "n")
	a := argument{name: name, text: strconv.FormatInt(n, 10)}
	switch name {
	case "files":
	case "took":
		a.text = a.text + "us"
		if rapid.Bool().Draw(t, "seconds") {
			n = n % 1000 * 1_500_000
			a.text = strconv.FormatFloat(float64(n)/1e6, 'f', -1, 64) + "s"
		}
	case "size":
		n = n % 1000 << 20
		a.text = fmt.Sprintf("%d MiB", n>>20)
	case "state":
		a.text = rapid.SampledFrom([]string{"on", "off", "on hold"}).Draw(t, "state")
		return argument{name, a.text, a.text, false}
	case "reason":
		a.text = rapid.SampledFrom([]string{"full", "slow", "odd", "other", "#9"}).Draw(t, "reason")
		if a.told = a.text; a.text == "odd" || a.text == "#9" {
			a.told = "other"
		}
		return a
	case "version":
		a.text = rapid.SampledFrom([]string{"1", "1.2", "10.20.30"}).Draw(t, "version")
		return argument{name, a.text, a.text, false}
	default:
		return argument{name: name, text: texts.Draw(t, "text")}
	}
	a.told = strconv.FormatInt(n, 10)
	return a
}

// drawLine writes the line in one of the forms, with other fields and in other
// orders where they allow it.
func (d drawn) drawLine(t *rapid.T) string {
	prefix := rapid.SampledFrom([]string{"", "2026/11/22 09:49:17 ", "2026-11-22T09:49:17.123Z\tINFO\t", "[2026-11-22 09:49:17,123] [worker-1] ERROR: ",
		"Nov  2 09:49:17 some-host finder[4711]: ", "I1122 09:49:17.123456   12345 store/db.go:12] ", "<30>finder: ", "<6>",
		"2026-11-22 09:49:17.123 CET [4711] bob@shop LOG:  ", "level=info "}).Draw(t, "prefix")
	line := prefix + d.message
	form := rapid.IntRange(0, 3).Draw(t, "form")
	switch form {
	case 0, 1: // as log writes it, and as slog does by default
		for _, a := range d.args {
			if !a.field {
				continue
			}
			if form == 1 && strings.ContainsAny(a.text, " \"=") {
				line += " " + a.name + "=" + strconv.Quote(a.text)
			} else {
				line += " " + a.name + "=" + a.text
			}
		}
		return line
	case 2:
		line = `time=2026-11-22T09:49:17Z level=INFO msg=` + strconv.Quote(d.message) + " with=" + strconv.Quote("a b=c")
		for _, a := range rapid.Permutation(d.args).Draw(t, "order") {
			if a.field {
				line += " " + a.name + "=" + strconv.Quote(a.text)
			}
		}
		return line
	}
	fields := map[string]any{"time": "2026-11-22T09:49:17Z", "level": "INFO", "msg": d.message, "with": []any{1, map[string]any{"msg": "x"}}}
	for _, a := range d.args {
		if a.field {
			fields[a.name] = a.text
		}
	}
	b, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// lines draws some templates and a line of the first. None of them fits lines of
// another.
func lines(t *rapid.T, of from) (drawn, string, *template.Matcher) {
	first := drawTemplate(t, 0, of)
	var all []*template.Template
	for i := range rapid.IntRange(1, 4).Draw(t, "templates") {
		d := first
		if i > 0 {
			d = drawTemplate(t, i, of)
		}
		one, err := template.Parse(d.text, slots())
		if err != nil {
			t.Fatalf("%q: %v", d.text, err)
		}
		for _, other := range all {
			if template.Overlap(one, other) {
				t.Fatalf("%q fits lines of another", d.text)
			}
		}
		all = append(all, one)
	}
	return first, first.drawLine(t), template.NewMatcher("finder", all)
}

// TestAnyLine: whatever is filled into a template, its line is known by it, each
// value that is to be told is told, and nothing else.
func TestAnyLine(t *testing.T) {
	of := from{
		words: rapid.StringMatching(`[a-z]{3,8}|[A-Z][a-z]{2,6}:|\(\w{1,3}\)|é{2}|\{|\}`),
		texts: rapid.StringMatching(`[§ü€/@A-F ]{0,12}`),
		names: []string{"files", "took", "size", "state", "reason", "version", "user", "path", "err", "x"},
	}
	rapid.Check(t, func(t *rapid.T) {
		d, line, m := lines(t, of)
		i, labels, ok := m.Match(line)
		if !ok || i != 0 {
			t.Fatalf("%q is not of %q: %d, %v", line, d.text, i, ok)
		}
		told := map[string]string{}
		for _, l := range labels {
			told[l.Name] = l.Value
		}
		for _, a := range d.args {
			if told[a.name] != a.told {
				t.Fatalf("%q of %q tells %q of %s, want %q", line, d.text, told[a.name], a.name, a.told)
			}
			delete(told, a.name)
		}
		if len(told) > 0 {
			t.Fatalf("%q of %q tells %v, too", line, d.text, told)
		}
	})
}

// TestAnyText: a text that looks like what is to be told is told in no other's
// place. What cannot be told apart is left out.
func TestAnyText(t *testing.T) {
	parts := rapid.SampledFrom([]string{" ", "7", " aaa 7 aaa ", " aaa off aaa ", "aaa 9 aaa ", "full", "eventa", " files=7", " state=off reason=slow", `"`, `\"`,
		`{"msg":"eventb"}`, "msg=eventb", "INFO", "[x]", "\t"})
	of := from{
		words: rapid.Just("aaa"),
		texts: rapid.Map(rapid.SliceOfN(parts, 0, 3), func(parts []string) string { return strings.Join(parts, "") }),
		names: []string{"files", "state", "reason", "user", "path", "err"},
	}
	rapid.Check(t, func(t *rapid.T) {
		d, line, m := lines(t, of)
		i, labels, ok := m.Match(line)
		if !ok || i != 0 {
			t.Fatalf("%q is not of %q: %d, %v", line, d.text, i, ok)
		}
		for _, l := range labels {
			for _, a := range d.args {
				if a.name == l.Name && a.told != l.Value {
					t.Fatalf("%q of %q tells %q of %s, which is %q", line, d.text, l.Value, a.name, a.told)
				}
			}
		}
	})
}
