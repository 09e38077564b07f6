package scrub

import (
	"encoding/binary"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write words.bin from words.txt")

// The table in the binary is what words.txt and lists.go say.
func TestPacked(t *testing.T) {
	text, err := os.ReadFile("words.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := pack(t, strings.Fields(string(text)))
	if *update {
		if err := os.WriteFile("words.bin", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if packed != string(want) {
		t.Fatal("words.bin is not what words.txt and lists.go give: go generate ./anon/scrub")
	}
}

// entry is one word of the table.
type entry struct {
	hash uint64
	slot uint32 // what its slot holds
}

// pack lays the words out, and those of the lists: the fullest bucket first,
// each with a number that gives its words slots that are free. Of a hundred slots
// four are left free.
func pack(t *testing.T, list []string) []byte {
	t.Helper()
	entries := entriesOf(list)
	n := len(entries)*100/(96*bucketSlots) + 1
	in := make([][]entry, n)
	for _, e := range entries {
		b := bucketOf(e.hash, n)
		in[b] = append(in[b], e)
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(in[b]) - len(in[a]) })
	table, taken := make([]byte, n*bucketLen), make([]bool, n*bucketSlots)
	for _, b := range order {
		number := numberOf(t, in[b], taken)
		binary.LittleEndian.PutUint16(table[b*numberLen:], number)
		for _, e := range in[b] {
			at := slotOf(e.hash, uint64(number), len(taken))
			taken[at] = true
			at = n*numberLen + at*slotLen
			table[at], table[at+1], table[at+2] = byte(e.slot), byte(e.slot>>8), byte(e.slot>>16)
		}
	}
	return table
}

func entriesOf(list []string) []entry {
	var entries []entry
	have := map[string]bool{}
	add := func(w string, m role) {
		if h := hashOf(w); !have[w] {
			have[w] = true
			entries = append(entries, entry{h, uint32(h)&(1<<(8*slotLen)-1)&^(1<<markBits-1) | uint32(m)})
		}
	}
	for _, line := range list {
		w := strings.TrimRight(line, "+*^")
		add(w, marked(w, line[len(w):]))
	}
	for _, w := range roles().words {
		add(w, special)
	}
	return entries
}

// numberOf returns the first number that gives each word of a bucket a slot of
// its own.
func numberOf(t *testing.T, bucket []entry, taken []bool) uint16 {
	t.Helper()
	for number := range uint16(1<<16 - 1) {
		at := map[int]bool{}
		for _, e := range bucket {
			if i := slotOf(e.hash, uint64(number), len(taken)); !taken[i] {
				at[i] = true
			}
		}
		if len(at) == len(bucket) {
			return number
		}
	}
	t.Fatal("a bucket finds no slots: leave more of them free")
	return 0
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

// About one in 400,000 made-up words is taken for one that is known.
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
	if false > all/100_000 { // twice what is to be expected, and more
		t.Errorf("%d of %d made-up words are known", false, all)
	}
}
