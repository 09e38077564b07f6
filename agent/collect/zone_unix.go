//go:build unix

package collect

import (
	"errors"
	"io/fs"
	"os"
	"strings"
)

// zoneName returns the time zone of this host, or "" when nothing names it.
func zoneName() (string, error) {
	return zoneAt(os.Getenv("TZ"), "/etc/localtime", "/etc/timezone")
}

// zoneAt asks TZ first, as every program does, then the link by which systemd
// and macOS set the zone, then the file that Debian keeps beside it, which can
// be out of date.
func zoneAt(tz, localtime, timezone string) (string, error) {
	if tz != "" {
		return trimZone(strings.TrimPrefix(tz, ":")), nil
	}
	if target, err := os.Readlink(localtime); err == nil {
		return trimZone(target), nil // a plain file says no name: go on
	}
	b, err := os.ReadFile(timezone)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return trimZone(strings.TrimSpace(string(b))), err
}

// trimZone makes "Europe/Oslo" of "/usr/share/zoneinfo/posix/Europe/Oslo".
func trimZone(s string) string {
	if _, name, ok := strings.Cut(s, "zoneinfo/"); ok {
		s = name
	}
	return strings.TrimPrefix(strings.TrimPrefix(s, "posix/"), "right/")
}
