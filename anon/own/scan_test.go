package own

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestScanLooksEverywhere: what Scan passes by with its sets is what a look at
// every single position passes by, with short names and without.
func TestScanLooksEverywhere(t *testing.T) {
	looksEverywhere(t, "abc", "zoe-laptop", "4711", "k7", "Ærø", "10.1.2.3")
	looksEverywhere(t, "abcd", "zoe-laptop", "4711.abc")
}

func looksEverywhere(t *testing.T, words ...string) {
	t.Helper()
	ids := &Identifiers{never: map[string]struct{}{}}
	ids.clear()
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

// TestEscapeFarAway: a long value that begins plainly is found although its only
// escape is far behind its beginning, and a name that a word far before tells.
func TestEscapeFarAway(t *testing.T) {
	ids := of(t, found{class: User, value: "root"})
	value := strings.Repeat("Zq-7", 5) + strings.Repeat("kanal", 20)
	ids.Never(value)
	inHex, in64 := hex.EncodeToString([]byte(value)), base64.StdEncoding.EncodeToString([]byte(value))
	for name, text := range map[string]string{
		"URL": value[:92] + "%6e" + value[93:], "JSON": value[:92] + `\u006e` + value[93:], "HTML": value[:92] + "&#110;" + value[93:],
		"colour": value[:90] + "\x1b[0m" + value[90:], "unseen": value[:90] + "\u200b" + value[90:],
		"hex": inHex[:100] + "%0A" + inHex[100:], "base64": in64[:80] + "%0D%0A" + in64[80:],
		"word": `l\u006fgin` + strings.Repeat(" of a", 15) + " for root",
	} {
		if _, ok := ids.Scan([]byte("\x00\x07" + text + "\x01.")); !ok {
			t.Errorf("%s: no hit", name)
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

// TestColumnsOfNumbers: small numbers in a row are no address, however short the
// address is.
func TestColumnsOfNumbers(t *testing.T) {
	ids := of(t, found{class: IP, value: "fd00::2"}, found{class: MAC, value: "02:fc:00:00:00:01"})
	page := []byte("\x1a\x6c\xe3\x89\xfd" + strings.Repeat("\x00", 14) + "\x02\x00\x19\x02\xfc\x00\x00\x00\x01\x00")
	if class, hit := ids.Scan(page); hit {
		t.Errorf("taken for %s", class)
	}
	for _, text := range []string{"peer fd00::2 left", "peer fd00:0:0::2 left", "from 02:fc:00:00:00:01"} {
		if _, hit := ids.Scan([]byte(text)); !hit {
			t.Errorf("%q: no hit", text)
		}
	}
}

// The letter of an escaped end of a line is no digit of the base64 that goes on
// behind it, however little that is.
func TestEndOfLineInBase64(t *testing.T) {
	ids := of(t, found{class: Host, value: "planqx"})
	for _, text := range []string{`I3Bs\nYW5xeA==`, `I3Bs\r\nYW5xeA==`, "I3Bs\nYW5xeA==", "I3BsYW5xeA=="} {
		if _, ok := ids.Scan([]byte(text)); !ok {
			t.Errorf("no hit in %q", text)
		}
		if out := ids.Replace(text); !strings.Contains(out, "<host>") {
			t.Errorf("not replaced: %q", out)
		}
	}
}
