package follow

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

const (
	maxFiles = 64               // of one pattern
	silence  = 10 * time.Second // after which a file without a name is left
	farewell = time.Minute      // after which it is left in any case
)

// files are those that fit one pattern.
type files struct {
	source *source
	begin  string   // the directory that the pattern begins in
	rest   []string // the elements below it
	open   []*file
	looked bool          // all was looked at: what comes now is new
	closed []os.FileInfo // of what was there and could not be opened
}

// newFiles returns the files of a log; nil: its pattern is for another system.
func newFiles(s *source) *files {
	if !filepath.IsAbs(s.log.Path) {
		return nil
	}
	fs := &files{source: s, begin: s.log.Path}
	for len(fs.rest) == 0 || isPattern(fs.begin) {
		fs.rest = append([]string{filepath.Base(fs.begin)}, fs.rest...)
		fs.begin = filepath.Dir(fs.begin)
	}
	return fs
}

func isPattern(s string) bool { return strings.ContainsAny(s, "*?[") }

// look finds files that came, and reads what is new in all of them. Files are
// read from their beginning when they came after the first look.
func (fs *files) look(now time.Time, buf []byte) {
	found, root, err := fs.find()
	if root != nil {
		defer root.Close() // only read
	}
	for _, f := range fs.open {
		f.named = false
	}
	closed, all := fs.closed, err == nil
	fs.closed = nil
	for _, at := range found {
		err = first(err, fs.meet(root, at, closed))
	}
	fs.looked = all
	fs.source.trouble(words(err))
	fs.open = slices.DeleteFunc(fs.open, func(f *file) bool {
		if f.goesOn(f.read(buf, fs.source), now) {
			return false
		}
		_ = f.Close() // only read
		return true
	})
}

// meet takes what was found among the files, unless it is there already.
func (fs *files) meet(root *os.Root, at found, closed []os.FileInfo) error {
	same := func(info os.FileInfo) bool { return os.SameFile(info, at.info) }
	if i := slices.IndexFunc(fs.open, func(f *file) bool { return same(f.info) }); i >= 0 {
		fs.open[i].named = true
		return nil
	}
	if len(fs.open) >= maxFiles {
		fs.closed = append(fs.closed, at.info)
		return errTooMany
	}
	f, err := openFound(root, at)
	if errors.Is(err, errChanged) {
		return nil // what took its place is found by the next look
	}
	if err != nil {
		fs.closed = append(fs.closed, at.info)
		return err
	}
	if (!fs.looked || slices.ContainsFunc(closed, same)) && !f.toEnd() {
		fs.closed = append(fs.closed, at.info)
		return f.Close()
	}
	fs.open = append(fs.open, f)
	return nil
}

// goesOn says whether a file is followed further, after it was read.
func (f *file) goesOn(fresh bool, now time.Time) bool {
	if f.named {
		f.lost = time.Time{}
	} else if f.lost.IsZero() {
		f.lost = now
	}
	if f.named || fresh {
		f.fresh = now
	}
	return f.named || !f.other && now.Sub(f.fresh) < silence && now.Sub(f.lost) < farewell
}

func (fs *files) close() {
	for _, f := range fs.open {
		_ = f.Close() // only read
	}
	fs.open = nil
}

func first(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// words says what went wrong, without where.
func words(err error) string {
	if err == nil {
		return ""
	}
	return durable.Bare(err).Error()
}
