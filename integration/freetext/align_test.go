package main

import (
	"strings"
	"testing"
)

// kept returns the atoms of a marked text that an output has, joined; what is
// lost as a dot.
func kept(text, out string) string {
	l := marked(logLine, text)
	atoms := atomsOf(l.text, l.spans)
	var got []string
	for i, j := range align(atoms, atomsOf(out, nil)) {
		if j < 0 {
			got = append(got, ".")
		} else {
			got = append(got, atoms[i].text)
		}
	}
	return strings.Join(got, " ")
}

func TestAlign(t *testing.T) {
	for _, c := range []struct{ text, out, want string }{
		{"", "", ""},
		{"", "<word>", ""},
		{"one two", "", ". ."},
		{"one two", "one two", "one two"},
		{"one two", "<word> two", ". two"},
		{"one two three", "<word>", ". . ."},
		{"one two one two", "<word> one two", ". . one two"},
		{"one two one two", "one two <word>", "one two . ."},
		{"one two one two", "one <word> two", "one . . two"},
		{"user {user|user} in", "user <user> in", "user . in"},
		{"{user|user} user in", "<user> user in", ". user in"},
		{"one {user|one} in", "one in", ". one in"}, // either: then it is the value
		{"{user|one} one in", "one in", "one . in"},
		{"a <init> b", "a <init> b", "a <init> b"},
		{"a <init> b", "a <word> b", "a . b"},
		{"k42 s", "k<num> s", "k . s"},
		{"k42 s", "K42 s", ". 42 s"},
		{"één naïve ٣", "één naïve ٣", "één naïve ٣"},
		{"x {user|y}z", "x yz", "x . ."}, // they came out as one
		{"x y{user|z}", "x yz", "x . ."},
		{"{user|one} x one y", "<user> one <word>", ". . one ."}, // a label stands for something
		{"{user|one} two", "<word> one", "one ."},                // and no run comes from nowhere
		{"one two three", "one invented two three", "one two three"},
	} {
		if got := kept(c.text, c.out); got != c.want {
			t.Errorf("%s -> %s: %q, want %q", c.text, c.out, got, c.want)
		}
	}
}

func TestLabelAt(t *testing.T) {
	for text, want := range map[string]int{
		"<ip>": 4, "<ip>x": 4, "<a-b_9>": 7, "<": 0, "<>": 0, "<Word>": 0, "<9>": 0, "<word": 0, "<a b>": 0,
		"<" + strings.Repeat("a", 30) + ">": 0,
	} {
		if got := labelAt(text); got != want {
			t.Errorf("%q: a label of %d bytes, want %d", text, got, want)
		}
	}
}
