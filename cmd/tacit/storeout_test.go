package main

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

// TestOutReplacesFilesOnly: whatever else --out names stays as it is.
func TestOutReplacesFilesOnly(t *testing.T) {
	store := newPages(t, 1)
	at := wayTo(t, store)
	dir, err := os.MkdirTemp("", "t") // short: a socket's path is bounded
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	name := func(name string) string { return filepath.Join(dir, name) }
	socket, err := net.Listen("unix", name("socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	err = errors.Join(
		os.Mkdir(name("directory"), 0o700),
		os.WriteFile(name("target"), []byte("of a link"), 0o600),
		os.Symlink(name("target"), name("link")),
		os.Symlink(name("none"), name("dangling")),
		os.Symlink(string(store), name("way")),
	)
	if err != nil {
		t.Fatal(err)
	}
	for command, make := range map[string]func(*cli.Env) *cobra.Command{"backup": storeBackupCommand, "publish": keysPublishCommand} {
		for _, c := range []struct{ out, want string }{
			{name("directory"), "it is a directory"},
			{name("link"), "it is a link"},
			{name("dangling"), "it is a link"},
			{name("socket"), "it is no file"},
			{filepath.Join(string(store), "file"), "lies within"},
			{filepath.Join(store.Keys(), "vendor.key"), "lies within"},
			{filepath.Join(name("way"), "file"), "lies within"},
		} {
			was, _ := os.Lstat(c.out)
			_, _, err := storeOrder(t, make, append(at, "--out", c.out)...)
			if err == nil {
				t.Errorf("%s --out %s: no error", command, c.out)
			} else {
				wantHinted(t, err, c.want)
			}
			is, err := os.Lstat(c.out)
			if was == nil && !errors.Is(err, fs.ErrNotExist) || was != nil && (is == nil || !os.SameFile(was, is)) {
				t.Errorf("%s --out %s: it was %v and is %v", command, c.out, was, is)
			}
		}
		if _, _, err := storeOrder(t, make, append(at, "--out", "-")...); !errors.Is(err, errStdout) {
			t.Errorf("%s to stdout: %v", command, err)
		}
	}
	if got := readFile(t, name("target")); got != "of a link" {
		t.Errorf("behind the link is %q", got)
	}
	out := name("target")
	if _, _, err := storeOrder(t, storeBackupCommand, append(at, "--out", out)...); err != nil || strings.Contains(readFile(t, out), "of a link") {
		t.Errorf("a regular file is not replaced: %v", err)
	}
}

func TestKindOf(t *testing.T) {
	for mode, want := range map[fs.FileMode]string{
		fs.ModeDir: "a directory", fs.ModeSymlink: "a link", fs.ModeDevice: "a device", fs.ModeDevice | fs.ModeCharDevice: "a device",
	} {
		if got := kindOf(mode); got != want {
			t.Errorf("%v is %s, want %s", mode, got, want)
		}
	}
}
