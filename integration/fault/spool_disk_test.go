package fault

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"

	"github.com/tacit-telemetry/tacit/agent/spool"
)

// change is one thing that was done to a volume, in the order in which it was
// done. Exactly one of its parts is set.
type change struct {
	name    *nameChange
	content *contentChange
	synced  int    // a file's content, up to here
	syncDir string // the names in a directory, up to here
	told    func() // no change of the volume: what its user was told meanwhile
}

// nameChange binds or unbinds names. Of a move within one directory no part
// comes without the other.
type nameChange struct {
	dirs   []string // whose sync makes it last: each its own part
	bind   string
	unbind string
	file   int // 0: a directory
}

// contentChange is a write, or a change of a file's size.
type contentChange struct {
	file int
	at   int64
	data []byte
	size int64 // of a change of the size; -1: a write
}

// volume is a disk in memory that remembers every change. It is what a process
// sees of a disk: all that was written, synced or not.
type volume struct {
	mu      sync.Mutex
	names   map[string]int // path to file; 0: a directory
	files   map[int][]byte
	changes []change
	first   *platter              // what it began with; nil: nothing
	fail    func(op string) error // nil: nothing fails
}

var _ spool.Disk = (*volume)(nil)

var errDisk = errors.New("the disk failed, as the test wanted")

func newVolume() *volume { return &volume{names: map[string]int{}, files: map[int][]byte{0: nil}} }

// tell notes what the user of the disk was told.
func (v *volume) tell(f func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.changes = append(v.changes, change{told: f})
}

func (v *volume) failing(op string) error {
	if v.fail == nil {
		return nil
	}
	return v.fail(op)
}

// MakeDir implements [spool.Disk].
func (v *volume) MakeDir(path string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, ok := v.names[path]; !ok {
		v.names[path] = 0
		v.changes = append(v.changes, change{name: &nameChange{dirs: []string{filepath.Dir(path)}, bind: path}})
	}
	return nil
}

// List implements [spool.Disk].
func (v *volume) List(dir string) ([]string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var names []string
	for path := range v.names {
		if filepath.Dir(path) == dir {
			names = append(names, filepath.Base(path))
		}
	}
	slices.Sort(names)
	return names, nil
}

// Create implements [spool.Disk].
func (v *volume) Create(path string, size int64) (spool.File, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.failing("create"); err != nil {
		return nil, err
	}
	if _, ok := v.names[path]; ok {
		return nil, fs.ErrExist
	}
	n := len(v.files)
	v.files[n], v.names[path] = make([]byte, size), n
	v.changes = append(v.changes,
		change{name: &nameChange{dirs: []string{filepath.Dir(path)}, bind: path, file: n}},
		change{content: &contentChange{file: n, size: size}})
	return &volumeFile{v, n}, nil
}

// Open implements [spool.Disk].
func (v *volume) Open(path string) (spool.File, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	n, ok := v.names[path]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return &volumeFile{v, n}, nil
}

// Rename implements [spool.Disk].
func (v *volume) Rename(from, to string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	n, ok := v.names[from]
	if !ok {
		return fs.ErrNotExist
	}
	v.names[to] = n
	delete(v.names, from)
	if a, b := filepath.Dir(from), filepath.Dir(to); a != b { // two directories, two changes
		v.changes = append(v.changes,
			change{name: &nameChange{dirs: []string{b}, bind: to, file: n}},
			change{name: &nameChange{dirs: []string{a}, unbind: from}})
		return nil
	}
	v.changes = append(v.changes, change{name: &nameChange{dirs: []string{filepath.Dir(to)}, bind: to, unbind: from, file: n}})
	return nil
}

// Remove implements [spool.Disk].
func (v *volume) Remove(path string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, ok := v.names[path]; !ok {
		return fs.ErrNotExist
	}
	delete(v.names, path)
	v.changes = append(v.changes, change{name: &nameChange{dirs: []string{filepath.Dir(path)}, unbind: path}})
	return nil
}

// SyncDir implements [spool.Disk].
func (v *volume) SyncDir(path string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.failing("syncdir"); err != nil {
		return err
	}
	v.changes = append(v.changes, change{syncDir: path})
	return nil
}

// volumeFile is an open file of a volume.
type volumeFile struct {
	*volume
	file int
}

// ReadAt implements [spool.File].
func (f *volumeFile) ReadAt(b []byte, at int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	content := f.files[f.file]
	if at >= int64(len(content)) {
		return 0, io.EOF
	}
	n := copy(b, content[at:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt implements [spool.File]. A write that fails wrote half.
func (f *volumeFile) WriteAt(b []byte, at int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	err := f.failing("write")
	if err != nil {
		b = b[:len(b)/2]
	}
	f.files[f.file] = writeInto(f.files[f.file], b, at)
	f.changes = append(f.changes, change{content: &contentChange{file: f.file, at: at, data: bytes.Clone(b), size: -1}})
	return len(b), err
}

// writeInto returns content with bytes written into it. Contents are shared:
// none is changed.
func writeInto(content, b []byte, at int64) []byte {
	out := make([]byte, max(int64(len(content)), at+int64(len(b))))
	copy(out, content)
	copy(out[at:], b)
	return out
}

// resize returns content with a length.
func resize(content []byte, size int64) []byte {
	out := make([]byte, size)
	copy(out, content)
	return out
}

// Size implements [spool.File].
func (f *volumeFile) Size() (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return int64(len(f.files[f.file])), nil
}

// Truncate implements [spool.File].
func (f *volumeFile) Truncate(size int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.failing("truncate"); err != nil {
		return err
	}
	f.files[f.file] = resize(f.files[f.file], size)
	f.changes = append(f.changes, change{content: &contentChange{file: f.file, size: size}})
	return nil
}

// Sync implements [spool.File].
func (f *volumeFile) Sync() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.failing("sync"); err != nil {
		return err
	}
	f.changes = append(f.changes, change{synced: f.file})
	return nil
}

// Close implements [spool.File].
func (f *volumeFile) Close() error { return nil }
