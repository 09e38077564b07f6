package collect

import (
	"errors"
	"os"

	"golang.org/x/sys/windows/registry"
)

// zoneName returns the name that Windows has for the time zone of this host,
// such as "Korea Standard Time", or "" when nothing names it. TZ goes first,
// as Go's own library has it.
func zoneName() (string, error) {
	if tz := os.Getenv("TZ"); tz != "" {
		return tz, nil
	}
	const path = `SYSTEM\CurrentControlSet\Control\TimeZoneInformation`
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, path, registry.QUERY_VALUE)
	if err != nil {
		return "", err
	}
	defer key.Close()
	name, _, err := key.GetStringValue("TimeZoneKeyName")
	if errors.Is(err, registry.ErrNotExist) {
		return "", nil
	}
	return name, err
}
