package dictionary_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema/dictionary"
)

// TestHostileText: what a registry's texts hold is shown, and never does
// anything: on the page, in Markdown, or in a spreadsheet.
func TestHostileText(t *testing.T) {
	const hostile = `=HYPERLINK("http://x") <script>x()</script> | [a](b) _c_ ` + "`d`"
	d := dictionary.New(fixture(t, "description: How many wait.", "description: '"+hostile+"'"), dictionary.Config{})
	for name, want := range map[string]string{
		"dictionary.html": `=HYPERLINK(&#34;http://x&#34;) &lt;script&gt;x()&lt;/script&gt; | [a](b) _c_ ` + "`d`",
		"DICTIONARY.md":   `=HYPERLINK("http://x") \<script\>x()\</script\> \| \[a\](b) \_c\_ ` + "\\`d\\`",
		"dictionary.csv":  `"'=HYPERLINK(""http://x"") <script>`,
	} {
		var b bytes.Buffer
		if err := forms(d)[name](&b); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s does not show the text as %s", name, want)
		}
		if name == "dictionary.html" && strings.Contains(b.String(), "<script") {
			t.Errorf("%s has a script", name)
		}
	}
}

// TestCSV: each line has all columns, a label says of itself what is different,
// and no cell is a formula.
func TestCSV(t *testing.T) {
	var b bytes.Buffer
	reg := fixture(t, "How many wait.", "＝SUM(A1)", "It failed.", "'@SUM(A1)'")
	if err := dictionary.New(reg, dictionary.Config{PageDays: 30, RollupMonths: 12}).CSV(&b); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, head := range lines[0] {
		at[head] = i
	}
	fields := map[string][]string{}
	for _, l := range lines[1:] {
		fields[l[at["Field"]]+"/"+l[at["Label"]]] = l
		for _, cell := range l {
			if cell != "" && strings.ContainsAny(string([]rune(cell)[:1]), "=+-@\t\r＝＋－＠") {
				t.Errorf("cell %q is a formula", cell)
			}
		}
	}
	if len(fields) != 14 {
		t.Errorf("%d lines, want those of 8 fields and 6 labels", len(fields))
	}
	for _, c := range []struct{ line, head, want string }{
		{"alpha.time/", "Example", "340 ms"},
		{"alpha.time/", "How long it is kept", "On pages: 30 days. In sums: 12 months."},
		{"alpha.time/", "Taken from OpenTelemetry", "The span alpha.time."},
		{"alpha.time/kind", "What it can be", "read, write, other"},
		{"alpha.time/kind", "Purpose", "To find what is slow."},
		{"alpha.time/kind", "Taken from OpenTelemetry", "Its attribute alpha.kind."},
		{"alpha.error/note", "Where it goes", "Nowhere."},
		{"alpha.error/frames", "Where it goes", "With the value, on the page only."},
		{"alpha.error/frames", "Example", "example.com/alpha.Run run.go:128"},
		{"alpha.log/", "What it can be", "begun: “It has begun.” ended: “It has ended.” copied: “{count} items were copied for {whom}.”"},
		{"alpha.log/count", "What it can be", "One of these ranges: <2, 2–20, ≥20"},
		{"alpha.log/count", "Type and unit", "A number beside the value; unit: item."},
		{"alpha.log/count", "Example", "2–20"},
		{"alpha.depth/", "What it can be", "0 to 5,000 (item)."},
		{"os.type/", "Reported by", "Any product."},
	} {
		l, ok := fields[c.line]
		if !ok {
			t.Fatalf("there is no line of %s", c.line)
		}
		if got := l[at[c.head]]; got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.line, c.head, got, c.want)
		}
	}
}

// broken takes nothing.
type broken struct{}

var errBroken = errors.New("no room")

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestWriteFails(t *testing.T) {
	for name, write := range forms(dictionary.New(fixture(t), dictionary.Config{})) {
		if err := write(broken{}); !errors.Is(err, errBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
