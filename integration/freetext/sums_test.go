package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestFrameWords is which words of a stack frame count, with directories and
// without.
func TestFrameWords(t *testing.T) {
	for _, c := range []struct {
		text          string
		frames, calls int
	}{
		{"    at main (Handler.java:95:0)", 4, 4},
		{"    at main (/usr/lib/system/libc.dylib:95:0)", 7, 4},
		{"    at main (/Users/{user|bob}/git/tmp/main.js:95:0)", 5, 4},
		{`    at main (C:\Users\{user|bob}\git\a b\Game.cs:20)`, 5, 4}, // the path ends at the space
		{"name: /x/39AA02D4-B38E/k42.dylib", 2, 2},                     // words with digits are none, nor are letters alone
	} {
		l := marked(caseLine, c.text)
		p := newPassage(&l, words{}, l.text)
		if f, n := p.wordsKept(p.ofFrame()), p.wordsKept(p.ofCall()); f.of != c.frames || n.of != c.calls {
			t.Errorf("%s: %d words and %d without directories, want %d and %d", c.text, f.of, n.of, c.frames, c.calls)
		}
	}
}

// TestSums adds up a small set by hand.
func TestSums(t *testing.T) {
	lines := []line{
		marked(logLine, "login of {user|carol} from {ip|10.1.2.3} ok"),
		marked(logLine, "login of {user|root} from {ip|10.1.2.3} ok"),
		marked(logLine, "x509 and 0x2f at {number|42}"),
		marked(caseLine, "order 4012-8888"),
		marked(cleanLine, "pool is empty"),
		marked(cleanLine, "io: bad read"),
		marked(caseLine, "at run ({user|bob}/x.go)"),
		marked(logLine, "u{number|7} done"),
	}
	lines[0].file, lines[0].template = "sshd", "login of <*> from <*> ok"
	lines[1].file, lines[1].template = "sshd", "login of <*> from <*> ok"
	lines[2].file, lines[2].template = "kernel", "x509 and 0x2f at <*>"
	lines[3].class, lines[3].negative = "creditcard", true
	lines[5].file, lines[6].file = "go_errors", "a-stack"
	lines[7].file, lines[7].template = "sshd", "u<*> done"
	s := newSums(lines)
	for i, out := range []string{
		"login of carol from <ip> ok", "login <word> root from <ip> <word>", "x509 and 0x2f <word> 42",
		"order <card>", "<word> is empty", "io: bad <word>", "at <word> (<user>/x.go)",
		"u<num> done",
	} {
		s.add(&lines[i], out)
	}
	for name, c := range map[string]struct{ got, want tally }{
		"telling":   {s.telling, tally{3, 1}}, // root is not counted
		"whole":     {s.whole, tally{3, 1}},
		"constant":  {s.constant, tally{13, 10}}, // login of from ok, twice; x509 and at; u done
		"ssh":       {*s.systems["sshd"], tally{10, 8}},
		"kernel":    {*s.systems["kernel"], tally{3, 2}},
		"ip":        {*s.gone["ip"][logLine], tally{2, 2}},
		"users":     {*s.gone["user names"][logLine], tally{1, 0}},
		"in cases":  {*s.gone["user names"][caseLine], tally{1, 1}},
		"negatives": {s.negatives, tally{1, 1}},
		"messages":  {s.messages, tally{3, 1}},
		"errors":    {s.errors, tally{3, 1}},
		"unchanged": {s.unchanged, tally{2, 0}},
		"frames":    {s.frames, tally{3, 2}}, // at, run, go
		"in frames": {s.frameUsers, tally{1, 1}},
		"prose":     {s.prose, tally{1, 1}},
	} {
		if c.got != c.want {
			t.Errorf("%s: %+v, want %+v", name, c.got, c.want)
		}
	}
	if got := mean(s.systems); got < 0.733 || got > 0.734 {
		t.Errorf("the mean of 8/10 and 2/3 is %v", got)
	}
	if len(s.kinds) != 3 {
		t.Errorf("%d kinds of message, want 3", len(s.kinds))
	}
}

// TestRowsMiss takes a table in which all is reached, and misses one row after
// the other.
func TestRowsMiss(t *testing.T) {
	for name, spoil := range map[string]func(*sums){
		"telling":    func(s *sums) { s.telling = tally{1000, 4} },
		"whole":      func(s *sums) { s.whole = tally{1000, 2} },
		"constant":   func(s *sums) { s.constant = tally{1000, 919} },
		"system":     func(s *sums) { s.systems["a"] = &tally{1000, 909} },
		"kind":       func(s *sums) { s.kinds["a"] = &tally{1000, 909} },
		"ip":         func(s *sums) { s.gone["ip"] = map[kind]*tally{logLine: {1000, 1000}, caseLine: {100, 97}} },
		"user":       func(s *sums) { s.gone["user names"] = map[kind]*tally{logLine: {1000, 979}, caseLine: {9, 9}} },
		"secrets":    func(s *sums) { s.gone[rowSecrets] = map[kind]*tally{caseLine: {100, 94}} },
		"names":      func(s *sums) { s.gone[rowNames] = map[kind]*tally{caseLine: {100, 87}} },
		"messages":   func(s *sums) { s.messages = tally{1000, 61} },
		"errors":     func(s *sums) { s.errors = tally{1000, 41} },
		"frames":     func(s *sums) { s.frames = tally{1000, 799} },
		"frame user": func(s *sums) { s.frameUsers = tally{1000, 979} },
		"lines":      func(s *sums) { s.linesOut-- },
		"again":      func(s *sums) { s.again = 1 },
	} {
		s := newSums(nil)
		s.telling, s.whole, s.constant = tally{1000, 3}, tally{1000, 1}, tally{1000, 920}
		s.systems["a"], s.kinds["a"] = &tally{1000, 910}, &tally{1000, 910}
		s.gone[rowSecrets] = map[kind]*tally{caseLine: {100, 95}}
		s.gone[rowNames] = map[kind]*tally{caseLine: {100, 88}}
		s.gone[rowOthers] = map[kind]*tally{caseLine: {100, 1}}
		s.messages, s.errors, s.frames, s.frameUsers = tally{1000, 60}, tally{1000, 40}, tally{1000, 800}, tally{1000, 980}
		s.linesIn, s.linesOut = 7, 7
		if anyMissed(s.rows()) {
			t.Fatalf("all is reached, and missed: %s", table(s.rows()))
		}
		spoil(s)
		if text := table(s.rows()); !anyMissed(s.rows()) || strings.Count(text, "MISSED") != 1 {
			t.Errorf("%s is missed, and the table says:\n%s", name, text)
		}
	}
}

// TestRounding says nothing better than it is.
func TestRounding(t *testing.T) {
	if got := down(0.99999); got != "0.999" {
		t.Errorf("0.99999 is %s", got)
	}
	if got := percent(tally{100_000, 1}); got != "0.01 %" {
		t.Errorf("one of 100000 is %s", got)
	}
	if got := percent(tally{7, 0}); got != "0" {
		t.Errorf("none is %s", got)
	}
}

// TestFill repeats whole lines, always the same ones.
func TestFill(t *testing.T) {
	lines := []line{marked(cleanLine, "one"), marked(cleanLine, "three")}
	var a, b bytes.Buffer
	n, err := fill(&a, lines, 1000)
	if _, errB := fill(&b, lines, 1000); err != nil || errB != nil || n != a.Len() || n < 1000 || n > 1006 || a.String() != b.String() {
		t.Errorf("%d bytes, %v, %v", n, err, errB)
	}
	for line := range strings.Lines(a.String()) {
		if line != "one\n" && line != "three\n" {
			t.Errorf("%q is no whole line", line)
		}
	}
	if !strings.Contains(a.String(), "one") || !strings.Contains(a.String(), "three") {
		t.Error("a line is missing")
	}
}
