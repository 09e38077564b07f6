//go:build unix

package collect

import (
	"os"
	"path/filepath"
	"testing"
)

func TestZoneAt(t *testing.T) {
	for _, c := range []struct{ name, tz, link, timezone, want string }{
		{"TZ goes first", "Europe/Oslo", "/usr/share/zoneinfo/Asia/Tokyo", "Asia/Seoul", "Europe/Oslo"},
		{"TZ with a colon", ":Europe/Oslo", "", "", "Europe/Oslo"},
		{"TZ with a path", ":/usr/share/zoneinfo/Europe/Oslo", "", "", "Europe/Oslo"},
		{"TZ with rules", "CET-1CEST", "", "Asia/Seoul", "CET-1CEST"},
		{"link", "", "/usr/share/zoneinfo/Asia/Tokyo", "Asia/Seoul", "Asia/Tokyo"},
		{"relative link", "", "../usr/share/zoneinfo/posix/Asia/Tokyo", "", "Asia/Tokyo"},
		{"macOS", "", "/var/db/timezone/zoneinfo/America/Argentina/Buenos_Aires", "", "America/Argentina/Buenos_Aires"},
		{"Debian's file", "", "", "Asia/Seoul\n", "Asia/Seoul"},
		{"nothing", "", "", "", ""},
	} {
		dir := t.TempDir()
		localtime, timezone := filepath.Join(dir, "localtime"), filepath.Join(dir, "timezone")
		if c.link != "" {
			if err := os.Symlink(c.link, localtime); err != nil {
				t.Fatal(err)
			}
		}
		if c.timezone != "" {
			if err := os.WriteFile(timezone, []byte(c.timezone), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := zoneAt(c.tz, localtime, timezone)
		if err != nil || got != c.want {
			t.Errorf("%s: got %q and %v, want %q", c.name, got, err, c.want)
		}
	}
}
