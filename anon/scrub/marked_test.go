package scrub_test

import (
	_ "embed"
	"regexp"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/anon/scrub"
)

// marked are lines as programs write them, by kind. What stands in ⟦⟧ tells
// who and must go; the words around it should stay. All of it is made up.
//
//go:embed testdata/marked.txt
var marked string

// leastKept is the share of a kind's lines that keep every word, where it is
// not all but one in ten: times, hex and codes are lost there.
var leastKept = map[string]float64{
	"tokens with digits":              0.7,
	"lines of system logs":            0.7,
	"whole lines of programs":         0.7,
	"whole lines of further programs": 0.55,
	"instances, pods and containers":  0.8,
	"connection strings":              0.8,
}

// mostLeft is how many of the lines may keep a telling part: a thing's name
// where nothing says that it is one. See what the package comment cannot do.
const mostLeft = 20

var (
	value = regexp.MustCompile(`⟦[^⟧]*⟧`)
	label = regexp.MustCompile(`<[a-z]+>`)
	run   = regexp.MustCompile(`[\pL\pN]+`)
	word  = regexp.MustCompile(`\b[A-Za-z][A-Za-z0-9]*`)
)

// No marked value leaves a telling part, and the words around stay.
func TestMarked(t *testing.T) {
	s := scrub.New(nil)
	left := 0
	for kind, lines := range markedKinds() {
		t.Run(kind, func(t *testing.T) {
			kept, clean := 0, 0
			for _, line := range lines {
				in := strings.NewReplacer("⟦", "", "⟧", "").Replace(line)
				out := s.Line(in)
				if again := s.Line(out); again != out {
					t.Errorf("scrubbed again: %q, then %q", out, again)
				}
				part, lost := leftOf(line, out), lostOf(line, out)
				if part != "" {
					t.Logf("Line(%q) = %q keeps %q", in, out, part)
					left++
				} else {
					clean++
				}
				if lost == "" {
					kept++
				} else {
					t.Logf("Line(%q) = %q loses %q", in, out, lost)
				}
			}
			least, named := leastKept[kind]
			if !named {
				least = 0.9
			}
			t.Logf("of %d lines %d are clean, %d keep every word", len(lines), clean, kept)
			if float64(kept) < least*float64(len(lines)) {
				t.Errorf("%d of %d lines keep every word, want %.0f %%", kept, len(lines), 100*least)
			}
		})
	}
	if left > mostLeft {
		t.Errorf("%d lines keep a telling part, at most %d may: run with -v to see them", left, mostLeft)
	}
}

// markedKinds returns the marked lines by kind.
func markedKinds() map[string][]string {
	kinds, kind := map[string][]string{}, ""
	for line := range strings.Lines(marked) {
		line = strings.TrimRight(line, "\n")
		if name, ok := strings.CutPrefix(line, "# "); ok {
			kind = name
		} else if line != "" {
			kinds[kind] = append(kinds[kind], line)
		}
	}
	return kinds
}

// leftOf returns a part of a marked value that is in what came out more often
// than around the values, or "". Parts of three signs and more tell, but no
// number below 1,000; of a value without one all of it.
func leftOf(line, out string) string {
	around, out := strings.ToLower(value.ReplaceAllString(line, " ")), strings.ToLower(label.ReplaceAllString(out, " "))
	for _, v := range value.FindAllString(line, -1) {
		v = strings.ToLower(strings.Trim(v, "⟦⟧"))
		parts := tellingOf(v)
		if len(parts) == 0 {
			parts = []string{v}
		}
		for _, p := range parts {
			if strings.Count(out, p) > strings.Count(around, p) {
				return p
			}
		}
	}
	return ""
}

func tellingOf(v string) []string {
	var parts []string
	for _, p := range run.FindAllString(v, -1) {
		if len(p) > 3 && !everywhere[p] || len(p) == 3 && strings.Trim(p, "0123456789") != "" && !everywhere[p] {
			parts = append(parts, p)
		}
	}
	return parts
}

// everywhere are parts of values that any installation has.
var everywhere = func() map[string]bool {
	words := map[string]bool{}
	for _, w := range strings.Fields("http https com org www usr lib srv tmp home users txt dat ini temp windows bin sys postgres redis mongodb srv amqp tcp jdbc ldaps sqlserver oracle thin host data cluster0") {
		words[w] = true
	}
	return words
}()

// lostOf returns the first word around the values that did not come out, or "".
func lostOf(line, out string) string {
	out = label.ReplaceAllString(out, " ")
	for _, w := range word.FindAllString(value.ReplaceAllString(line, " "), -1) {
		i := strings.Index(out, w)
		if i < 0 {
			return w
		}
		out = out[i+len(w):]
	}
	return ""
}
