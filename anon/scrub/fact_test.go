package scrub

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"
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
	p := &pass{facts: make(facts, lineFacts)}
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

// What is remembered of a word is what is found out where it stands: a scrubber
// that has seen other lines, and one that has seen none, say the same.
func TestFactsHoldAnywhere(t *testing.T) {
	words := []string{
		"from", "to", "for", "by", "on", "at", "connected", "lookup", "peer", "Mr", "password", "session", "token", "user", "uid", "host",
		"HttpServer", "readAll", "spool-dir", "db-primary", "mail-gateway", "cache", "Failed", "Hope", "Mark", "storage", "TLS", "log", "go",
		"zqxvb", "sha256", "386", "12", "10.77.3.9", "<ip>", "main.go", "select", "where", "a/b", "x@y", "is", "relay", "relay(", "uid=zo,ou=apps", "(", ")", "[", "]", "=", ":",
		",", ".", "\"", "'", "+", "\t", "-", "at f (",
	}
	s := New(nil, "relay", "example.com/m")
	used := &pass{facts: make(facts, lineFacts)}
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom(words), 1, 12).Draw(t, "parts")
		in := strings.Join(parts, rapid.SampledFrom([]string{" ", " ", ""}).Draw(t, "between"))
		fresh := &pass{facts: make(facts, lineFacts)}
		s.scrub(fresh, in)
		s.scrub(used, in)
		if string(used.out) != string(fresh.out) {
			t.Fatalf("%q becomes %q, by itself %q", in, used.out, fresh.out)
		}
	})
}

// A part of a program whose name ends like a key of hosts is one where it has a
// value, also when it was seen without one.
func TestFactsOfKeys(t *testing.T) {
	p := &pass{facts: make(facts, lineFacts)}
	for _, c := range [][2]string{{"HttpServer started", "HttpServer started"}, {"HttpServer=anvil", "HttpServer=<host>"}, {"HttpServer started", "HttpServer started"}} {
		if New(nil).scrub(p, c[0]); string(p.out) != c[1] {
			t.Errorf("%q becomes %q, want %q", c[0], p.out, c[1])
		}
	}
}

// Of numbers only one has a role, so none is looked up.
func TestNumberRole(t *testing.T) {
	for digits, n := 1, 10; digits <= maxDigits; digits, n = digits+1, n*10 {
		for i := range n {
			if u := fmt.Sprintf("%0*d", digits, i); numberRole(u) != roleOf(u) {
				t.Errorf("%s has role %x", u, roleOf(u))
			}
		}
	}
}
