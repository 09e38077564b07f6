package collect

import (
	"time"

	"golang.org/x/sys/unix"
)

// platform reads the version of macOS, such as "15.2".
func platform() (name, version string, err error) {
	v, err := unix.Sysctl("kern.osproductversion")
	if err != nil {
		return "", "", err
	}
	return "macos", versionOr(v, unknown), nil
}

// sinceBoot reads how long the host is up.
func sinceBoot() (time.Duration, error) {
	boot, err := unix.SysctlTimeval("kern.boottime")
	if err != nil {
		return 0, err
	}
	return time.Since(time.Unix(boot.Unix())), nil
}
