package web

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Lengths of passwords in characters. There are no rules of composition (ASVS
// 5.0, 6.2.5), and passwords do not expire.
const (
	shortestPassword = 12
	longestPassword  = 128
)

// canonical makes the same password of the same keys on every system: macOS
// writes é as two characters, others as one.
func canonical(password string) string { return norm.NFKC.String(password) }

// checkPassword says what is wrong with a new password, or "": a key.
func checkPassword(password, name string) string {
	n := utf8.RuneCountInString(canonical(password))
	switch {
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		return "password.unreadable"
	case n < shortestPassword:
		return "password.short"
	case n > longestPassword:
		return "password.long"
	case sameName(password, name):
		return "password.name"
	case isCommon(password):
		return "password.common"
	}
	return ""
}

// isCommon says whether a password is one of the first that a guesser tries: on
// the list, or something on it several times over, or with digits around it.
func isCommon(password string) bool {
	list, err := commonPasswords()
	if err != nil {
		return false // the embedded list is read by a test
	}
	p := strings.ToLower(canonical(password))
	core := strings.TrimFunc(p, func(r rune) bool { return r < 'a' && r < 0x80 || r > 'z' && r < 0x80 })
	return list[p] || list[core] || core == "" && hasFew(p) || repeats(p, list)
}

// hasFew says that a password of digits and signs has fewer than six different
// ones, or is a run of neighbours.
func hasFew(p string) bool {
	seen, run := map[rune]bool{}, true
	var last rune
	for i, r := range p {
		step := r - last
		run = run && (i == 0 || step == 1 || step == -1 || step == 9 || step == -9)
		seen[r], last = true, r
	}
	return run || len(seen) < 6
}

// repeats says whether p is one short or common piece several times over.
func repeats(p string, list map[string]bool) bool {
	for n := 1; n <= len(p)/2; n++ {
		if piece := p[:n]; len(p)%n == 0 && strings.Repeat(piece, len(p)/n) == p && (n <= 4 || list[piece]) {
			return true
		}
	}
	return false
}

// commonPasswords reads the embedded list, once; its head says what it is.
var commonPasswords = sync.OnceValues(func() (map[string]bool, error) {
	b, err := assetFiles.ReadFile("assets/common.txt.gz")
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("read the common passwords: %w", err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("read the common passwords: %w", err)
	}
	list := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if word := strings.TrimSpace(line); word != "" && !strings.HasPrefix(word, "# ") {
			list[word] = true
		}
	}
	return list, nil
})
