package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

// outHelp ends the help of commands that write a file with --out.
const outHelp = "FILE is a new file, or a regular one that is replaced: a directory, a link or a device is refused, and so\n" +
	"is a place within the directories of data and keys. Nothing is written to stdout: '-' is refused too."

// outFile is the file that a command writes; "": none.
type outFile struct{ path string }

func (o *outFile) flag(c *cobra.Command, usage string) {
	c.Flags().StringVar(&o.path, "out", "", usage)
}

// errStdout says that a file is needed where many tools take "-" for stdout.
var errStdout = errors.New("--out - names no file, and nothing is written to stdout")

// typed refuses what cannot be meant, wherever the store is.
func (o *outFile) typed() error {
	if o.path == "-" {
		return errStdout
	}
	return nil
}

// check refuses to write over what is no regular file, and into the store. It
// comes before anything is asked of the store, and not when all is written. A
// link is refused and not followed: replacing its target in one step would need
// a new file beside that, in a directory that nobody named.
func (o *outFile) check(at foundStore) error {
	if o.path == "" {
		return nil
	}
	info, err := os.Lstat(o.path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return cli.WithHint(fmt.Errorf("--out %s: it is %s, and only a regular file is replaced", o.path, kindOf(info.Mode())),
			"name a file that is not there yet, or a regular one; instead of a link, what it leads to")
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return o.explain(fmt.Errorf("--out: %w", err))
	}
	if within(string(at.data), o.path) || within(at.keys, o.path) {
		return cli.WithHint(fmt.Errorf("--out %s: it lies within the store's directory of data or of keys", o.path),
			"name a file elsewhere, best on another volume: what is in there is the store's own, and may be lost with it")
	}
	return nil
}

// explain says what to do when the file cannot be written. Errors about another
// place stay as they are.
func (o *outFile) explain(err error) error {
	path, ok := errors.AsType[*fs.PathError](err)
	if !ok || filepath.Dir(path.Path) != filepath.Dir(o.path) {
		return err
	}
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return cli.WithHint(err, "free space on the volume of %s, or name a file on another; no file was written", o.path)
	case errors.Is(err, syscall.EROFS):
		return cli.WithHint(err, "the volume of %s can only be read: name a file on another; no file was written", o.path)
	case errors.Is(err, fs.ErrPermission):
		return cli.WithHint(err, "you may not write beside %s: name a file in a directory of your own; no file was written", o.path)
	}
	return err
}

// kindOf names what is no regular file.
func kindOf(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a directory"
	case m&fs.ModeSymlink != 0:
		return "a link"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "no file that keeps what is written" // a pipe, a socket, what a system has else
}
