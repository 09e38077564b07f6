package datadir

import (
	"errors"
	"os"
	"path/filepath"
)

// ErrDemo says that a data directory is a demo's. Real installations have one of
// their own.
var ErrDemo = errors.New("is the directory of a demo: all in it is simulated")

// DemoFile marks a data directory whose fleet is simulated, and says what was
// made up.
const DemoFile = "demo.json"

// Demo returns the path of the mark.
func (d Dir) Demo() string { return filepath.Join(string(d), DemoFile) }

// IsDemo says whether the fleet of this data directory is a simulated one. What
// cannot be looked at is not taken for a demo's.
func (d Dir) IsDemo() bool {
	_, err := os.Lstat(d.Demo())
	return err == nil
}
