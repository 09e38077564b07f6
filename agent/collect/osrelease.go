package collect

import (
	"bufio"
	"bytes"
	"strings"
)

// release is what os-release(5) says of a Linux distribution.
type release struct {
	id      string // ID, such as "debian"
	version string // VERSION_ID, such as "12"
}

// parseRelease reads the two named fields of an os-release file; every other
// line is passed over. A field that stands twice has its last value, as for
// the shell that the format comes from.
func parseRelease(b []byte) release {
	var r release
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		key, value, _ := strings.Cut(strings.TrimSpace(lines.Text()), "=")
		switch key {
		case "ID":
			r.id = unquote(value)
		case "VERSION_ID":
			r.version = unquote(value)
		}
	}
	return r
}

// unquote takes the shell's quotes away. What needs an escape inside them is
// no ID or version that anybody lists, so that escapes stay as they are.
func unquote(s string) string {
	if n := len(s); n >= 2 && s[0] == s[n-1] && (s[0] == '"' || s[0] == '\'') {
		return s[1 : n-1]
	}
	return s
}

// versionText returns the version as the registry takes it. A distribution
// that names no version has none to name: it rolls (Arch, Debian unstable).
func (r release) versionText() string {
	if r.version == "" {
		return "rolling"
	}
	return versionOr(r.version, unknown)
}
