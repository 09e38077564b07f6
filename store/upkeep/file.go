package upkeep

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// WriteBackup orders a backup and writes it to a file. The file gets its name
// when all of it is on disk; what had the name before stays until then, and is
// replaced whatever it is: the caller has looked whether it may be.
func WriteBackup(ctx context.Context, t Tasks, path string, p Progress) (b Backed, err error) {
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
