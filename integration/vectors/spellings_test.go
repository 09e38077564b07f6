package vectors

import (
	"strings"

	"github.com/google/uuid"
)

// spellings returns how people and programs write an ID otherwise, and what
// looks like it and must be refused.
func spellings(id uuid.UUID, spoken string) (accepts, refuses []string) {
	bare := strings.ReplaceAll(spoken, "-", "")
	alike := strings.NewReplacer("0", "o", "1", "l")
	accepts = []string{
		bare,
		strings.ToLower(spoken),
		strings.ReplaceAll(spoken, "-", " "),
		alike.Replace(bare),
		strings.ReplaceAll(bare, "1", "I"),
		id.String(),
		strings.ToUpper(id.String()),
		strings.ReplaceAll(id.String(), "-", ""),
		"{" + id.String() + "}",
		"urn:uuid:" + id.String(),
	}
	refuses = []string{
		"",
		bare[:26],
		bare + bare[26:],
		"8" + bare[1:],
		bare[:12] + other(bare[12]) + bare[13:],
		bare[:26] + other(bare[26]),
		strings.Replace(bare, bare[3:4], "U", 1),
		id.String()[1:],
		id.String() + "0",
		"g" + id.String()[1:],
		"00000000-0000-0000-0000-000000000000", // not of version 4
		"0000-0000-0000-0000-0000-0000-000",
	}
	return accepts, refuses
}

// other returns another character of the alphabet.
func other(c byte) string {
	if c == 'X' {
		return "Y"
	}
	return "X"
}
