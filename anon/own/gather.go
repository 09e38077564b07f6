package own

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
)

// gather asks every source; its error joins what could not be read. All of them
// are files, names of files, and calls that answer at once: nothing is asked on
// the network and no process is started. What is not there, or not ours to read,
// is no error: without root there are no serials of the firmware.
func gather(ctx context.Context, c Config) ([]found, error) {
	var all []found
	var problems []error
	for _, source := range []func(Config) ([]found, error){
		hostNames, accounts, homes, currentUser, addresses, machineIDs, diskIDs, containerIDs, hostKeys, platform,
	} {
		if err := ctx.Err(); err != nil {
			return all, err
		}
		some, err := source(c)
		all = append(all, some...)
		problems = append(problems, err)
	}
	for _, v := range c.Installation {
		all = append(all, found{class: Installation, value: v})
	}
	return all, errors.Join(problems...)
}

// maxLines bounds how much of a file is read, and how many names of a directory.
const maxLines = 1024

// lines yields a file's first lines; nothing if it cannot be read.
func lines(root fs.FS, name string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		f, err := root.Open(name)
		if err != nil {
			return
		}
		defer f.Close()
		n := 0
		for s := bufio.NewScanner(f); n < maxLines && s.Scan(); n++ {
			if !yield(s.Text()) {
				return
			}
		}
	}
}

// names returns the first names in a directory; none if it cannot be read.
func names(root fs.FS, dir string) []fs.DirEntry {
	entries, err := fs.ReadDir(root, dir)
	if err != nil {
		return nil
	}
	return entries[:min(len(entries), maxLines)]
}
