package db

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Size is how much the store holds.
type Size struct {
	Rows  int64 // as the manifests list them
	Bytes int64 // on disk, without the holes of sparse files and without the ballast
}

// Size adds up all months, without opening any.
func (d *DB) Size() (Size, error) {
	var s Size
	err := filepath.Walk(d.cfg.Dir, func(path string, info os.FileInfo, err error) error {
		if errors.Is(err, os.ErrNotExist) {
			return nil // Badger removes files as it goes
		}
		if err != nil || info.IsDir() || path == filepath.Join(d.cfg.Dir, ballastName) {
			return err
		}
		s.Bytes += allocated(info)
		switch {
		case filepath.Ext(path) == manifestExt:
			s.Rows += max(0, info.Size()-int64(headerLen)) / entryLen
		case strings.Contains(filepath.Base(path), tailExt):
			s.Rows += max(0, info.Size()-int64(len(tailMagic))) / entryLen
		}
		return nil
	})
	if err != nil {
		return Size{}, fmt.Errorf("size of store data: %w", err)
	}
	return s, nil
}
