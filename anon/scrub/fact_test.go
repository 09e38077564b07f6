package scrub

import (
	"os"
	"strings"
	"testing"
)

// What a scrubber remembers of other lines changes nothing: a unit that is no
// word goes, however many of its length stayed before in the same place.
func TestFacts(t *testing.T) {
	text, err := os.ReadFile("words.txt")
	if err != nil {
		t.Fatal(err)
	}
	var line []byte
	used, fresh := New(nil), New(nil)
	p := &pass{facts: new(facts)}
	for word := range strings.FieldsSeq(string(text)) {
		used.scrub(p, "open "+strings.TrimRight(word, "+*^")+"=1")
	}
	for n := range 2000 {
		unknown := []byte("zqxvzqxvzqxv")[:4+n%9]
		for i, k := 0, n; i < len(unknown); i, k = i+1, k/9 {
			unknown[i] += byte(k % 3)
		}
		in := "open " + string(unknown) + "=1"
		used.scrub(p, in)
		if line = fresh.Append(line[:0], in); string(p.out) != string(line) {
			t.Fatalf("%q becomes %q, by itself %q", in, p.out, line)
		}
	}
}
