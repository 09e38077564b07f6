package follow

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tacit-telemetry/tacit/schema/registry"
)

// FuzzLines: however a log comes in pieces, its lines are the same, none is too
// long, and each that is too long is told once.
func FuzzLines(f *testing.F) {
	f.Add([]byte("one\ntwo\n\nthree"), uint16(2))
	f.Add(bytes.Repeat([]byte("x"), maxLine+1), uint16(1000))
	f.Add(append(bytes.Repeat([]byte("y"), maxLine), "\nz\n"...), uint16(maxLine))
	f.Add([]byte("a\r\n\x00\xff\n"), uint16(1))
	f.Fuzz(func(t *testing.T, b []byte, size uint16) {
		var got []string
		long := 0
		var l lines
		for piece := range slices.Chunk(b, max(1, int(size))) {
			l.feed(piece, func(line []byte) { got = append(got, string(line)) }, func() { long++ })
		}
		all := strings.Split(string(b), "\n")
		begun := all[len(all)-1]
		var want []string
		wantLong := 0
		for i, line := range all {
			switch {
			case len(line) > maxLine:
				wantLong++
			case i < len(all)-1:
				want = append(want, line)
			}
		}
		if !slices.Equal(got, want) || long != wantLong {
			t.Fatalf("%d lines and %d long ones, want %d and %d", len(got), long, len(want), wantLong)
		}
		if len(begun) <= maxLine && string(l.begun) != begun || len(l.begun) > maxLine {
			t.Fatalf("keeps %d bytes of the last line of %d", len(l.begun), len(begun))
		}
	})
}

// FuzzEntry: nothing that a journal holds ends the agent, and what is taken is
// lines of text.
func FuzzEntry(f *testing.F) {
	for _, s := range []string{`{"MESSAGE":"a\nb"}`, `{"MESSAGE":[104,105,300]}`, `{"MESSAGE":null}`, `{"MESSAGE":{"a":1}}`, `[]`, `{"MESSAGE":"\ud800"}`, "{"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		tap := new(tap)
		c := Config{Treater: tap}
		c.defaults()
		s := (&follower{Config: c, all: newBudget(c.InAll, c.Poll)}).source(registry.Log{Product: "acme", Unit: "acme.service"})
		s.entry(b)
		for _, line := range tap.seen() {
			if line == "" || !utf8.ValidString(line) || strings.ContainsAny(line, "\n\x00") {
				t.Fatalf("took %q", line)
			}
		}
	})
}
