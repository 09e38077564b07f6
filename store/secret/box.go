package secret

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// MaxLen bounds a secret, in bytes.
const MaxLen = 1 << 20

var (
	// ErrPassphrase says that the secrets are sealed and this passphrase does
	// not open them, or that there is none. Give the passphrase file that they
	// were sealed under.
	ErrPassphrase = errors.New("the passphrase does not open the store's secrets")
	// ErrMixed says that some secrets are sealed and some are not, or not
	// under the same passphrase: sealing was interrupted, or a file was put
	// back from elsewhere. Run tacit store keys seal, which finishes it.
	ErrMixed = errors.New("not all secrets in the directory are sealed alike; tacit store keys seal finishes it")
	// ErrPlain says that no secret is sealed and a passphrase is given. Leave it
	// out, or run tacit store keys seal.
	ErrPlain = errors.New("a passphrase is given and the store's secrets are plain files")
	// ErrName says that a secret cannot have this name: it is one word that
	// ends in .json or .key.
	ErrName = errors.New("is no name for a secret")
)

// Box is a directory of secrets. It is safe for concurrent use; one process at
// a time writes, which the lock of the store's data sees to.
type Box struct {
	dir string

	mu  sync.RWMutex
	key *key // nil: plain
}

// Open opens the secrets in dir, sealed under the passphrase, or plain when
// pass is nil. A directory that is missing counts as empty; the first Write
// makes it. Errors wrap [ErrPassphrase], [ErrMixed], [ErrPlain], [durable.ErrExposed] or
// [durable.ErrDamaged].
func Open(dir string, pass Passphrase) (*Box, error) {
	b := &Box{dir: dir}
	files, err := scan(dir)
	if err == nil {
		b.key, err = choose(files, pass)
	}
	if err != nil {
		return nil, fmt.Errorf("open secrets: %w", err)
	}
	return b, nil
}

// Dir returns the directory.
func (b *Box) Dir() string { return b.dir }

// Sealed says whether the files are sealed under a passphrase.
func (b *Box) Sealed() bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.key != nil
}

// Read returns a secret. Errors wrap [fs.ErrNotExist] when there is none of
// that name, [durable.ErrDamaged] when it does not open although others do.
func (b *Box) Read(name string) ([]byte, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	f, err := readFile(b.dir, name)
	if err != nil {
		return nil, err
	}
	return f.open(b.key)
}

// Write keeps a secret in place of what was there under that name. It is on
// disk when the error is nil; otherwise the old one is.
func (b *Box) Write(name string, content []byte) error {
	if err := checkName(name); err != nil {
		return err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	if err := durable.MakeOwnerDir(b.dir); err != nil {
		return fmt.Errorf("write secret %s: %w", name, err)
	}
	return writeFile(b.dir, name, content, b.key)
}

// checkName takes a single word that names a file of the box.
func checkName(name string) error {
	if !ours(name) || name != filepath.Base(name) || strings.ContainsAny(name, `/\:`) {
		return fmt.Errorf("secret %q %w", name, ErrName)
	}
	return nil
}

// ours says whether a file of that name belongs to the box.
func ours(name string) bool {
	return !strings.HasPrefix(name, ".") && (strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".key"))
}

// scan reads the files of the box, sorted by name.
func scan(dir string) ([]*file, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = durable.MakeOwnerDir(dir) // it is there: only whether others can read it
	}
	if err != nil {
		return nil, err
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return !ours(e.Name()) || e.IsDir() })
	if len(entries) > maxFiles {
		return nil, fmt.Errorf("%s holds more than %d secrets; fix: give the store's secrets a directory of their own", dir, maxFiles)
	}
	files := make([]*file, 0, len(entries))
	for _, e := range entries {
		f, err := readFile(dir, e.Name())
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// choose returns the key that opens all files, nil when they are plain.
func choose(files []*file, pass Passphrase) (*key, error) {
	sealed := slices.IndexFunc(files, func(f *file) bool { return f.sealed() })
	switch {
	case sealed < 0 && (pass == nil || len(files) == 0):
		return newKey(pass)
	case sealed < 0:
		return nil, fmt.Errorf("%s: %w", files[0].path(), ErrPlain)
	case sealed >= 0 && pass == nil:
		return nil, fmt.Errorf("%s is sealed and no passphrase is given: %w", files[sealed].path(), ErrPassphrase)
	}
	for _, f := range files {
		if !f.sealed() {
			return nil, fmt.Errorf("%s is plain although a passphrase is given: %w", f.path(), ErrMixed)
		}
		if f.header != files[0].header {
			return nil, fmt.Errorf("%s and %s are sealed differently: %w", files[0].path(), f.name, ErrMixed)
		}
	}
	k, err := derive(files[0].header, pass)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(files, func(f *file) bool { _, err := f.open(k); return err == nil }) {
		return nil, fmt.Errorf("%s: %w", files[0].path(), ErrPassphrase)
	}
	return k, nil
}

// maxFiles bounds a box: a store has fewer than ten secrets.
const maxFiles = 64
