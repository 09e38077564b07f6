package relay

import (
	"fmt"
	"io/fs"
	"path/filepath"
)

// defaultMaxStore returns the stream's default size: 1 GiB, or half of what
// the disk has for it, which is what is free and what the stream has already.
func defaultMaxStore(dir, stream string) (int64, error) {
	free, err := freeBytes(dir)
	if err != nil {
		return 0, fmt.Errorf("read the free space of %s: %w", dir, err)
	}
	return min(1<<30, max(leastStore, (free+usedBytes(stream))/2)), nil
}

// usedBytes returns the size of the files below dir. What cannot be read
// counts as nothing: it is a guess for a default.
func usedBytes(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil
		}
		if info, err := e.Info(); err == nil {
			n += info.Size()
		}
		return nil
	})
	return n
}
