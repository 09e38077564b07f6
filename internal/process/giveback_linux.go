package process

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// unmapFiles takes out of this process the pages of files that cannot differ
// from the file: code and constants, most of which only the start needs. They
// stay in the host's page cache, which may drop them now when it needs the room,
// and each comes back when it is touched.
func unmapFiles() {
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return // then it stays as it is
	}
	defer f.Close()
	for _, a := range unchanged(f) {
		_, _, _ = unix.RawSyscall(unix.SYS_MADVISE, a.from, a.to-a.from, unix.MADV_DONTNEED)
	}
}

// area is a part of this process's addresses.
type area struct{ from, to uintptr }

// unchanged returns the areas that are of a file, may not be written to, and
// have no page of their own, see proc_pid_smaps(5). A dynamic linker makes such
// pages, and a debugger that sets a breakpoint: they would be lost.
func unchanged(smaps io.Reader) (all []area) {
	var a area
	isFile := false
	for lines := bufio.NewScanner(smaps); lines.Scan(); {
		line := lines.Bytes()
		if own, ok := bytes.CutPrefix(line, []byte("Anonymous:")); ok {
			if isFile && string(bytes.TrimSpace(own)) == "0 kB" {
				all = append(all, a)
			}
		} else if len(line) > 0 && (line[0] < 'A' || line[0] > 'Z') {
			a, isFile = head(string(line))
		}
	}
	return all
}

// head reads the first line about an area: addresses, permissions, offset,
// device, inode and path.
func head(line string) (a area, isFile bool) {
	fields := strings.Fields(line)
	if len(fields) < 6 || fields[4] == "0" || strings.Contains(fields[1], "w") {
		return area{}, false
	}
	low, high, _ := strings.Cut(fields[0], "-")
	from, err := strconv.ParseUint(low, 16, strconv.IntSize)
	if err != nil {
		return area{}, false
	}
	to, err := strconv.ParseUint(high, 16, strconv.IntSize)
	return area{uintptr(from), uintptr(to)}, err == nil && to > from
}
