package identity

import (
	"os"
	"strings"
)

// systemMachineID returns what systemd or D-Bus call the machine ID, or "".
func systemMachineID() string {
	for _, path := range []string{"/etc/machine-id", "/var/lib/dbus/machine-id"} {
		if b, err := os.ReadFile(path); err == nil {
			if id := strings.TrimSpace(string(b)); id != "" && id != "uninitialized" {
				return id
			}
		}
	}
	return ""
}
