package collect

import (
	"fmt"
	"time"

	"golang.org/x/sys/windows"
)

// platform reads the release of Windows as three numbers, such as
// "10.0.22631". The fourth, the patch of the month, is left out.
func platform() (name, version string, err error) {
	v := windows.RtlGetVersion()
	dotted := fmt.Sprintf("%d.%d.%d", v.MajorVersion, v.MinorVersion, v.BuildNumber)
	return "windows", versionOr(dotted, unknown), nil
}

// sinceBoot reads how long the host is up.
func sinceBoot() (time.Duration, error) { return windows.DurationSinceBoot(), nil }
