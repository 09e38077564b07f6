package own

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestScanLooksEverywhere: what Scan passes by with its sets is what a look at
// every single position passes by.
func TestScanLooksEverywhere(t *testing.T) {
	ids := &Identifiers{never: map[string]struct{}{}}
	ids.clear()
	words := []string{"abc", "zoe-laptop", "4711", "k7", "Ærø", "10.1.2.3"}
	for i, w := range words {
		ids.add(found{class: []Class{Host, User, IP}[i%3], value: w})
		ids.addNever(w)
	}
	const letters = "abc 47.1\x60\x64-"
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		text := make([]byte, random.IntN(12))
		for i := range text {
			text[i] = letters[random.IntN(len(letters))]
		}
		if random.IntN(3) == 0 {
			at := random.IntN(len(text) + 1)
			text = fmt.Appendf(nil, "%s%s%s", text[:at], words[random.IntN(len(words))], text[at:])
		}
		s := ids.search(scanning)
		l := layer{text: text}
		for i := range text {
			s.candidate(&l, i)
		}
		want := s.stop
		s.stop = false
		if s.look(&l); s.stop != want {
			t.Fatalf("%q: found %v, want %v", text, s.stop, want)
		}
	}
}

// TestHexEverywhere: the shortest value that is found in hex is found wherever
// its digits begin.
func TestHexEverywhere(t *testing.T) {
	ids := &Identifiers{never: map[string]struct{}{}}
	ids.clear()
	ids.addNever("quartz")
	for before := range 40 {
		text := strings.Repeat("z", before) + hex.EncodeToString([]byte("quartz")) + "zzz"
		if _, ok := ids.Scan([]byte(text)); !ok {
			t.Errorf("not found behind %d bytes", before)
		}
	}
}
