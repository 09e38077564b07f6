package attack

import (
	"encoding/hex"
	"strings"
	"testing"
)

// spokenChars are the characters of a spoken ID without its check character
// and the last two: one mistyped at the end is found all the same.
const spokenChars = 24

// installationID returns the writings of an installation ID, from its UUID and
// its spoken form as printed.
func installationID(t testing.TB, uuid, spoken string) []identifier {
	t.Helper()
	bare := strings.ReplaceAll(uuid, "-", "")
	raw, err := hex.DecodeString(bare)
	if err != nil || len(raw) != 16 || len(uuid) != 36 {
		t.Fatalf("the installation ID is not a UUID: %d characters", len(uuid))
	}
	said := strings.ReplaceAll(spoken, "-", "")
	if len(said) != 27 {
		t.Fatalf("the spoken ID has %d characters", len(said))
	}
	const class = "installation ID"
	return []identifier{
		{class: class, text: uuid, binary: raw},
		{class: class, text: bare},
		{class: class, text: spoken},
		{class: class, text: said},
		{class: class, text: said[:spokenChars]},
		{class: class, text: spoken[:spokenChars]},
	}
}

// mistyped swaps two neighbours in the middle of a spoken ID.
func mistyped(spoken string) string {
	b := []byte(spoken)
	for i := len(b) / 2; i+1 < len(b); i++ {
		if b[i] != b[i+1] && b[i] != '-' && b[i+1] != '-' {
			b[i], b[i+1] = b[i+1], b[i]
			break
		}
	}
	return string(b)
}
