package rig

import (
	"os"
	"sync"
	"testing"
)

// home is where Tacit keeps what it keeps outside its data directories, for
// all commands of this test run, so that nothing is left with the user who
// runs the tests.
var home = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "tacit-home") })

// environment returns what a command finds in its environment.
func environment(t testing.TB, added []string) []string {
	t.Helper()
	dir, err := home()
	if err != nil {
		t.Fatal(err)
	}
	return append(append(os.Environ(), "XDG_CONFIG_HOME="+dir), added...)
}
