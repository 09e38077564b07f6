package participation

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// looks are what the files of all inputs look like from outside. The
// environment of a process does not change.
type looks [7]fileLook

type fileLook struct {
	info fs.FileInfo // nil when there is none
	err  error       // it cannot be told
}

// young is how long a file that was written can be written again without
// looking otherwise: the time stamps of file systems are coarse.
const young = 2 * time.Second

func (r *Resolver) looks() (out looks) {
	for i, path := range [...]string{
		r.c.KillFile, filepath.Join(r.dir, refusalFile), // anything of these names counts, also a dead link
		r.c.MachinePolicy, r.c.Witness, filepath.Join(r.dir, historyFile), filepath.Join(r.dir, memoryFile), filepath.Join(r.dir, siteFile),
	} {
		if path == "" {
			continue
		}
		stat := os.Stat
		if i < 2 {
			stat = os.Lstat
		}
		info, err := stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		out[i] = fileLook{info, err}
	}
	return out
}

// as says whether the files surely hold what they held at another look.
func (l looks) as(other looks) bool {
	for i, a := range l {
		if !a.as(other[i]) {
			return false
		}
	}
	return true
}

func (l fileLook) as(other fileLook) bool {
	switch a, b := l.info, other.info; {
	case l.err != nil || other.err != nil:
		return false
	case a == nil || b == nil:
		return a == nil && b == nil
	default:
		age := time.Since(a.ModTime())
		return sameFile(a, b) && a.Mode() == b.Mode() && (age > young || age < 0)
	}
}
