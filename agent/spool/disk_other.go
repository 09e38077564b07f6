//go:build !linux

package spool

import "os"

// preallocate does nothing here: the file grows as it is written.
func preallocate(*os.File, int64) error { return nil }

func syncData(f *os.File) error { return f.Sync() }
