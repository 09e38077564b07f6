package collect

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// maxFile bounds what is read of a system's file.
const maxFile = 64 << 10

// platform reads the distribution's ID and version where os-release(5) says
// that they stand. A host without the file is unknown, which is no error.
func platform() (name, version string, err error) {
	for _, path := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		b, err := readBounded(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", "", err
		}
		r := parseRelease(b)
		return r.id, r.versionText(), nil
	}
	return unknown, unknown, nil
}

// sinceBoot reads how long the host is up.
func sinceBoot() (time.Duration, error) {
	b, err := readBounded("/proc/uptime")
	if err != nil {
		return 0, err
	}
	whole, _, _ := strings.Cut(string(b), ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("/proc/uptime does not begin with a number of seconds")
	}
	return time.Duration(seconds) * time.Second, nil
}

// residentMemory reads the bytes of memory that this process holds, from the
// second number of proc_pid_statm(5), which counts pages.
func residentMemory() (int64, error) {
	b, err := readBounded("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(b))
	if len(fields) < 2 {
		return 0, fmt.Errorf("/proc/self/statm has no second number")
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("/proc/self/statm has no second number")
	}
	return pages * int64(os.Getpagesize()), nil
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile))
}
