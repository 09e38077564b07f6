//go:build !linux

package db

import "os"

// reserve takes n bytes of the disk for the file.
func reserve(f *os.File, n int64) error { return fill(f, n) }
