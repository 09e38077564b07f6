package collect

import (
	"context"
	"runtime"
	"strings"
)

// maxVersionLen bounds a system's version, as the registry's format does.
const maxVersionLen = 16

// system reads what operating system runs, on which architecture.
func (c Config) system(context.Context) ([]Sample, error) {
	name, version, err := platform()
	samples := []Sample{
		text("os.type", c.listed("os.type", runtime.GOOS)),
		text("host.arch", c.listed("host.arch", runtime.GOARCH)),
	}
	if err != nil {
		return samples, readError("name and version of the system", err)
	}
	return append(samples,
		text("os.name", c.listed("os.name", name)),
		text("os.version", version),
	), nil
}

// versionOr returns the version if it is numbers with dots and short, and the
// other word if not: a distribution may write anything there.
func versionOr(version, word string) string {
	if version == "" || len(version) > maxVersionLen {
		return word
	}
	for part := range strings.SplitSeq(version, ".") {
		if part == "" || strings.Trim(part, "0123456789") != "" {
			return word
		}
	}
	return version
}
