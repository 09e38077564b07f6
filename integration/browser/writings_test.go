package browser

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// secret is what must stand nowhere, and how it may be written.
type secret struct {
	name  string
	texts [][]byte // in capitals: found in any case, and in UTF-16
	exact [][]byte
}

// secretOf returns a secret that is an installation ID or a support code, by all the
// texts in which people write it.
func secretOf(name string, spellings ...string) secret {
	s := secret{name: name}
	for _, spelling := range spellings {
		bare := strings.ReplaceAll(spelling, "-", "")
		for _, gap := range []string{"-", "", " ", "+", "_", "%20", "%2D"} {
			text := strings.ReplaceAll(spelling, "-", gap)
			s.texts = append(s.texts, []byte(strings.ToUpper(text)))
			for _, cased := range []string{strings.ToUpper(text), strings.ToLower(text)} {
				s.texts = append(s.texts, []byte(strings.ToUpper(hex.EncodeToString([]byte(cased)))))
				s.exact = append(s.exact, inBase64([]byte(cased))...)
			}
		}
		raw := rawOf(bare)
		s.exact = append(append(s.exact, raw...), inBase64(raw[0])...)
		s.texts = append(s.texts, []byte(strings.ToUpper(hex.EncodeToString(raw[0]))))
	}
	return s
}

// rawOf returns the bytes that a text stands for: of a UUID its hexadecimal digits, of
// others Crockford's, without the check character, from the left and from the right.
func rawOf(bare string) [][]byte {
	if b, err := hex.DecodeString(bare); err == nil {
		return [][]byte{b}
	}
	n := new(big.Int)
	digits := bare[:len(bare)-1]
	for _, c := range strings.ToUpper(digits) {
		n.Add(n.Lsh(n, 5), big.NewInt(int64(strings.IndexRune("0123456789ABCDEFGHJKMNPQRSTVWXYZ", c))))
	}
	right := n.Bytes()
	left := new(big.Int).Lsh(n, uint(-5*len(digits)&7)).Bytes()
	return [][]byte{right, left}
}

// inBase64 returns what stands of some bytes in a longer text in base64, wherever in
// it they begin.
func inBase64(b []byte) (out [][]byte) {
	for shift := range 3 {
		padded := append(make([]byte, shift), b...)
		text := base64.RawStdEncoding.EncodeToString(padded[:len(padded)/3*3])[(shift*8+5)/6:]
		out = append(out, []byte(text), []byte(base64Alphabet.Replace(text)), []byte(url.QueryEscape(text)))
	}
	return out
}

// base64Alphabet changes from that of base64 to that of addresses.
var base64Alphabet = strings.NewReplacer("+", "-", "/", "_")

// in says whether a text or a file holds the secret.
func (s *secret) in(b []byte) bool {
	holds := func(in []byte) func([]byte) bool {
		return func(text []byte) bool { return len(text) > 7 && bytes.Contains(in, text) }
	}
	if slices.ContainsFunc(s.exact, holds(b)) {
		return true
	}
	capitals := bytes.ToUpper(b)
	return slices.ContainsFunc(s.texts, holds(capitals)) || slices.ContainsFunc(s.texts, holds(bytes.ReplaceAll(capitals, []byte{0}, nil)))
}

// nowhere fails the test for every secret that stands in a text.
func nowhere(t *testing.T, where string, b []byte, secrets []secret) {
	t.Helper()
	for i := range secrets {
		if secrets[i].in(b) {
			t.Errorf("%s holds %s", where, secrets[i].name)
		}
	}
}

// nowhereBelow reads every file below a directory, and its name; except are left out.
func nowhereBelow(t *testing.T, dir string, secrets []secret, except ...string) {
	t.Helper()
	files, size := 0, 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case slices.Contains(except, path) && entry.IsDir():
			return fs.SkipDir
		case slices.Contains(except, path) || !entry.Type().IsRegular():
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files, size = files+1, size+len(b)
		nowhere(t, "the name "+path, []byte(path), secrets)
		nowhere(t, path, b, secrets)
		return nil
	})
	if err != nil || files == 0 {
		t.Errorf("%d files in %s, %v", files, dir, err)
	}
	t.Logf("%d files of %d bytes below %s were read", files, size, filepath.Base(dir))
}

// TestWritings: a secret is found in whatever it is written.
func TestWritings(t *testing.T) {
	s := []secret{
		secretOf("the ID", "144N-1FT8-3R8Q-XBH7-WZFM-KBSW-W6C", "0921587e-8371-4c7a-ae27-e7fd4d2f3c32"),
		secretOf("the code", "7XK2M-9QD3F-0VTB5-R1NHE"),
	}
	bare := "144n1ft83r8qxbh7wzfmkbsww6c"
	for name, text := range map[string]string{
		"spoken": "of 144N-1FT8-3R8Q-XBH7-WZFM-KBSW-W6C", "bare": "x" + bare, "escaped": "?q=144n%201ft8%203r8q%20xbh7%20wzfm%20kbsw%20w6c",
		"form": "144n+1ft8+3r8q+xbh7+wzfm+kbsw+w6c", "UUID": "0921587E83714C7AAE27E7FD4D2F3C32", "wide": wide("144N1FT83R8QXBH7WZFMKBSWW6C"),
		"bytes": "\t\x21\x58\x7e\x83\x71\x4c\x7a\xae\x27\xe7\xfd\x4d\x2f\x3c\x32", "base64": base64.StdEncoding.EncodeToString([]byte("id=" + bare + "&")),
		"base64, begun elsewhere": base64.URLEncoding.EncodeToString([]byte(`{"id":"` + bare + `"}`)), "hex": hex.EncodeToString([]byte(bare)),
		"bytes in base64": base64.StdEncoding.EncodeToString([]byte("\t\x21\x58\x7e\x83\x71\x4c\x7a\xae\x27\xe7\xfd\x4d\x2f\x3c\x32")),
		"code":            "7XK2M9QD3F0VTB5R1NHE", "code in base64": base64.StdEncoding.EncodeToString([]byte("7xk2m-9qd3f-0vtb5-r1nhe")),
	} {
		if s[0].in([]byte(text)) == s[1].in([]byte(text)) {
			t.Errorf("%s is not found, or taken for the other: %q", name, text)
		}
	}
	if s[0].in([]byte("144N-1FT8 and others")) {
		t.Error("a few letters are taken for an ID")
	}
}

// wide is a text of one-byte letters in UTF-16, as browsers keep some.
func wide(text string) (out string) {
	for _, c := range text {
		out += string(c) + "\x00"
	}
	return out
}
