package attack

import (
	"os"
	"strings"
	"testing"
)

// public takes out the names of this host that say nothing, because they are
// words of the registry, as a user called ubuntu, or of the scrubber's list, as
// a host called workstation: texts hold them by themselves. A planted host has
// no such names.
func public(t testing.TB, ids []identifier) (out []identifier) {
	t.Helper()
	words := publicWords(t)
	registry, err := os.ReadFile("../../schema/registry/base.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		low := strings.ToLower(id.text)
		named := id.class == "host name" || id.class == "user name"
		if named && (strings.Contains(strings.ToLower(string(registry)), low) || allWords(low, words)) {
			t.Logf("a %s of this host is a common word and cannot be searched for", id.class)
			continue
		}
		out = append(out, id)
	}
	return out
}

// allWords says whether every part of a name is a common word or a number.
func allWords(name string, words map[string]bool) bool {
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return strings.ContainsRune("-_.", r) }) {
		if strings.Trim(part, "0123456789") != "" && !words[part] {
			return false
		}
	}
	return true
}

func publicWords(t testing.TB) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("../../anon/scrub/words.txt")
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{}
	for word := range strings.FieldsSeq(string(text)) {
		words[word] = true
	}
	return words
}
