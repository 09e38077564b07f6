package participation

import (
	"os"
	"regexp"
	"strings"
	"sync"
)

// homes matches a home directory at the beginning of a path, on the three
// systems.
var homes = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(/home/[^/]+|/Users/[^/]+|/root|(?i:[a-z]:\\Users\\[^\\]+))([/\\]|$)`)
})

// shown returns a path as it may be printed: a home directory says who lives
// there, and is written "~".
func shown(path string) string {
	if home, err := os.UserHomeDir(); err == nil && len(home) > 1 {
		if rest, ok := strings.CutPrefix(path, home); ok && (rest == "" || os.IsPathSeparator(rest[0])) {
			return "~" + rest
		}
	}
	return homes().ReplaceAllString(path, "~$2")
}
