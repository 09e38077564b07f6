package sim_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// copyTree copies a directory as it is now, for the next life of what is killed
// in it. One that is not there stays so.
func copyTree(from, to string) error {
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if d.IsDir() {
			return os.MkdirAll(target, info.Mode().Perm())
		}
		return copyFile(path, target, info)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// copyFile copies what a file holds and leaves its holes: the store's files are
// long and nearly empty.
func copyFile(from, to string, info fs.FileInfo) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, info.Mode().Perm())
	if err != nil {
		return err
	}
	if runtime.GOOS == "linux" {
		err = copyData(out, in)
	} else {
		_, err = io.Copy(out, in)
	}
	if err == nil {
		err = out.Truncate(info.Size())
	}
	return errors.Join(err, out.Close())
}

// Linux tells where a file has data and where a hole.
const (
	seekData = 3
	seekHole = 4
)

func copyData(out, in *os.File) error {
	for at := int64(0); ; {
		start, err := in.Seek(at, seekData)
		if errors.Is(err, syscall.ENXIO) {
			return nil // nothing but a hole up to the end
		}
		if err != nil {
			return err
		}
		if at, err = in.Seek(start, seekHole); err != nil {
			return err
		}
		if _, err := in.Seek(start, io.SeekStart); err != nil {
			return err
		}
		if _, err := out.Seek(start, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.CopyN(out, in, at-start); err != nil {
			return err
		}
	}
}
