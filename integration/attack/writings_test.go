package attack

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
)

// shortest is the length of the shortest needle, in bytes: shorter ones stand
// in other text by chance.
const shortest = 6

// digestPart is how much of a digest is looked for, so that one that was cut
// short is found too.
const digestPart = 8

// identifier is one thing that must not be found.
type identifier struct {
	class  string // what it is: "host name", "licence key"
	place  string // where it was put, of planted ones
	text   string // empty: only binary
	binary []byte // its own bytes, of addresses and IDs
	part   bool   // a part of another one: look for it as it is only
}

// needle is one writing of an identifier.
type needle struct {
	of    *identifier
	form  string
	bytes []byte
}

// writings returns every writing of an identifier that a careless program
// would use.
func writings(id *identifier) []needle {
	w := writer{of: id, seen: map[string]bool{}}
	if id.text != "" {
		for _, c := range cases(id.text) {
			w.all(c.name, []byte(c.text), !id.part)
		}
		w.add("URL-escaped", []byte(url.QueryEscape(id.text)))
	}
	if len(id.binary) > 0 && distinct(id.binary) {
		w.all("its own bytes", id.binary, true)
		w.all("its own bytes reversed", reversed(id.binary), true)
	}
	return w.needles
}

// distinct refuses bytes that structures hold by chance, as a MAC of mostly
// zeros: its text and digests are looked for all the same.
func distinct(b []byte) bool {
	zeros := 0
	for _, c := range b {
		if c == 0 {
			zeros++
		}
	}
	return len(b) >= 8 || zeros < 3
}

type spelling struct{ name, text string }

// cases returns a text in both cases, and all of that reversed.
func cases(text string) (out []spelling) {
	for _, c := range []spelling{{"as it is", text}, {"lower case", strings.ToLower(text)}, {"upper case", strings.ToUpper(text)}} {
		out = append(out, c, spelling{c.name + " reversed", string(reversed([]byte(c.text)))})
	}
	return out
}

func reversed(b []byte) []byte {
	b = slices.Clone(b)
	slices.Reverse(b)
	return b
}

type writer struct {
	of      *identifier
	needles []needle
	seen    map[string]bool
}

func (w *writer) add(form string, b []byte) {
	if len(b) < shortest || w.seen[string(b)] {
		return
	}
	w.seen[string(b)] = true
	w.needles = append(w.needles, needle{of: w.of, form: form, bytes: b})
}

// all adds b itself, and when encoded is set also its encodings and digests.
func (w *writer) all(name string, b []byte, encoded bool) {
	if len(b) < shortest {
		return
	}
	w.add(name, b)
	if !encoded {
		return
	}
	w.encoded(name, b)
	for _, d := range digests(b) {
		w.add(d.name+" of it "+name, d.sum[:digestPart])
		w.encoded(d.name+" of it "+name, d.sum[:digestPart])
	}
	for _, d := range digests(append(slices.Clone(b), '\n')) { // as the content of a file
		w.add(d.name+" of its line "+name, d.sum[:digestPart])
		w.encoded(d.name+" of its line "+name, d.sum[:digestPart])
	}
}

func (w *writer) encoded(name string, b []byte) {
	w.add(name+" in hex", []byte(hex.EncodeToString(b)))
	w.add(name+" in upper hex", []byte(strings.ToUpper(hex.EncodeToString(b))))
	for shift := range 3 {
		w.add(name+" in base64", aligned(base64.RawStdEncoding, b, shift))
		w.add(name+" in URL base64", aligned(base64.RawURLEncoding, b, shift))
	}
}

// aligned returns the characters that b has in base64 whatever stands before
// and after it, when shift bytes stand before it.
func aligned(e *base64.Encoding, b []byte, shift int) []byte {
	text := []byte(e.EncodeToString(append(make([]byte, shift), b...)))
	first := (shift*8 + 5) / 6
	last := (shift + len(b)) * 8 / 6
	return text[first:last]
}

type digest struct {
	name string
	sum  []byte
}

func digests(b []byte) []digest {
	m, s1, s2 := md5.Sum(b), sha1.Sum(b), sha256.Sum256(b)
	return []digest{{"MD5", m[:]}, {"SHA-1", s1[:]}, {"SHA-256", s2[:]}}
}
