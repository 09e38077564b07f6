package scrub

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write words.bin from words.txt")

// The table in the binary is what words.txt says.
func TestPacked(t *testing.T) {
	text, err := os.ReadFile("words.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := pack(strings.Fields(string(text)))
	if *update {
		if err := os.WriteFile("words.bin", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if packed != string(want) {
		t.Fatal("words.bin is not what words.txt gives: go generate ./anon/scrub")
	}
}

// pack lays the words out: three slots for two of them, filled in order.
func pack(list []string) []byte {
	slots := len(list) * 3 / 2
	table := make([]byte, slots*slotLen)
	for _, line := range list {
		w := strings.TrimRight(line, "+*^")
		at, v := slot(hashOf(w), slots)
		v |= uint32(marked(w, line[len(w):]))
		for i := at; ; i = (i + 1) % slots {
			if there := table[i*slotLen : i*slotLen+slotLen]; there[0]|there[1]|there[2] == 0 {
				there[0], there[1], there[2] = byte(v), byte(v>>8), byte(v>>16)
				break
			}
		}
	}
	return table
}

func marked(w, marks string) role {
	r := technical
	switch {
	case strings.Contains(marks, "+"):
		r = english
	case strings.Contains(marks, "^"):
		r = known
	}
	switch strings.Count(marks, "*") {
	case 2:
		r |= given | named
	case 1:
		r |= named
	}
	if roles().of(hashOf(w), w) != 0 || keyRole(w, 0, 0)&^inTable != 0 {
		r |= special
	}
	return r
}

// About one in 100,000 made-up words is taken for one that is known.
func TestKnown(t *testing.T) {
	text, err := os.ReadFile("words.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.FieldsSeq(string(text)) {
		if w := strings.TrimRight(line, "+*^"); !Known(w) && line[len(line)-1] != '^' {
			t.Fatalf("%s is not known", w)
		}
	}
	false, all := 0, 0
	for a := range 26 * 26 * 26 * 26 {
		w := []byte("zxqvaaaa")
		for i := range 4 {
			w[4+i] += byte(a % 26)
			a /= 26
		}
		all++
		if Known(string(w)) {
			false++
		}
	}
	if false > all/50_000 {
		t.Errorf("%d of %d made-up words are known", false, all)
	}
}
