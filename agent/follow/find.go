package follow

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
)

// maxFound bounds the names that fit one pattern at once.
const maxFound = 4 * maxFiles

var (
	errTooMany = fmt.Errorf("more than %d files fit its pattern; the others are not read", maxFiles)
	errChanged = errors.New("a file was replaced while it was opened")
)

// found is a file that fits the pattern.
type found struct {
	name string // below the root
	info os.FileInfo
}

// find returns the files that fit the pattern, and the root that they are below;
// the caller closes it. A link that leads out of the root is none. The error is
// what kept some from being found; that there is nothing is no error.
func (fs *files) find() (out []found, root *os.Root, err error) {
	root, err = os.OpenRoot(fs.begin)
	if err != nil {
		return nil, nil, seen(err)
	}
	names := []string{"."}
	for _, element := range fs.rest {
		var below []string
		for _, dir := range names {
			more, e := fitting(root, dir, element)
			below, err = append(below, more...), first(err, seen(e))
		}
		names = below[:min(len(below), maxFound)]
	}
	for _, name := range names {
		info, e := root.Stat(name)
		err = first(err, seen(e))
		if e == nil && info.Mode().IsRegular() {
			out = append(out, found{name, info})
		}
	}
	return out, root, err
}

// fitting returns the names in a directory that fit one element of the pattern.
func fitting(root *os.Root, dir, element string) (out []string, err error) {
	if !isPattern(element) {
		return []string{path.Join(dir, element)}, nil
	}
	d, err := root.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close() // only read
	for len(out) < maxFound {
		names, err := d.Readdirnames(maxFound)
		for _, name := range names {
			if fits, _ := path.Match(element, name); fits {
				out = append(out, path.Join(dir, name))
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(out)
	return out, nil
}

// seen returns the errors that keep what is there from being seen.
func seen(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

// openFound opens what was found, if it still is that. Opening never waits: a
// pipe may have taken the file's place.
func openFound(root *os.Root, at found) (*file, error) {
	opened, err := root.OpenFile(at.name, os.O_RDONLY|dontWait, 0)
	if err != nil {
		return nil, err
	}
	info, err := opened.Stat()
	if err == nil && !(info.Mode().IsRegular() && os.SameFile(info, at.info)) {
		err = errChanged
	}
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	return &file{File: opened, info: info, named: true}, nil
}
