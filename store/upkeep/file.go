package upkeep

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// errNoFile says that what is there under the name of a backup is none that one
// could replace.
var errNoFile = errors.New("it is a directory, or no file at all")

// WriteBackup orders a backup and writes it to a file. The file gets its name
// when all of it is on disk; one that had the name before stays until then.
func WriteBackup(ctx context.Context, t Tasks, path string, p Progress) (b Backed, err error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // found out now, and not when all is written
		return Backed{}, fmt.Errorf("write backup: %w", &fs.PathError{Op: "replace", Path: path, Err: errNoFile})
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return Backed{}, fmt.Errorf("write backup: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // the first error matters
		}
	}()
	buf := bufio.NewWriterSize(f, 1<<20)
	if b, err = t.Backup(ctx, buf, p); err == nil {
		err = buf.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return Backed{}, fmt.Errorf("write backup: %w", err)
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return Backed{}, fmt.Errorf("write backup: %w", err)
	}
	return b, durable.SyncDir(filepath.Dir(path))
}
