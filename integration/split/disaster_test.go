package split

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// kill ends daemons as a power cut would, in this order.
func kill(daemons ...*rig.Daemon) {
	for _, d := range daemons {
		d.Kill()
	}
}

// start starts daemons, in this order.
func start(t *testing.T, daemons ...*rig.Daemon) {
	t.Helper()
	for _, d := range daemons {
		d.Start(t)
	}
}

// upgrade starts a newer build of daemons on what the older one left.
func upgrade(t *testing.T, dir string, daemons ...*rig.Daemon) {
	t.Helper()
	kill(daemons...)
	for _, d := range daemons {
		d.Command.Path = filepath.Join(dir, filepath.Base(d.Command.Path))
	}
	start(t, daemons...)
}

// install puts the command of a daemon where an administrator would, apart from
// that of others.
func install(t *testing.T, d *rig.Daemon) {
	t.Helper()
	d.Command.Path = copyTo(t, d.Command.Path, t.TempDir())
}

// reinstall removes what a package brought: the command, its configuration and
// what is for this run only, and brings them back.
func reinstall(t *testing.T, d *rig.Daemon) {
	t.Helper()
	kept := t.TempDir()
	command, config := copyTo(t, d.Command.Path, kept), copyTo(t, d.Config, kept)
	kill(d)
	for _, path := range []string{d.Command.Path, d.Config, filepath.Join(d.Data, "run")} {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
	copyTo(t, command, filepath.Dir(d.Command.Path))
	copyTo(t, config, filepath.Dir(d.Config))
	start(t, d)
}

// copyTo copies a file or directory into a directory and returns its new path.
func copyTo(t *testing.T, path, dir string) string {
	t.Helper()
	if text, err := exec.Command("cp", "-a", path, dir).CombinedOutput(); err != nil {
		t.Fatalf("copy: %v: %s", err, text)
	}
	return filepath.Join(dir, filepath.Base(path))
}

// backup returns a copy of a daemon's data directory as it is while nobody uses
// it.
func backup(t *testing.T, d *rig.Daemon) string {
	t.Helper()
	if _, code := d.Interrupt(t); code != 0 {
		t.Fatalf("the daemon ended with %d: %s", code, d.Text())
	}
	copied := copyTo(t, d.Data, t.TempDir())
	start(t, d)
	return copied
}

// laden returns a copy of the directory of the first agent with a batch in it
// that was not sent. It arrives later.
func laden(t *testing.T, s *rig.Split, ledger *rig.Ledger) string {
	t.Helper()
	agent := s.Agents[0]
	s.Wires[0].Cut()
	offer(t, agent, ledger)
	if got := send(t, agent); got.Sent != 0 || waiting(t, agent) == 0 {
		t.Fatalf("over a cut wire, send says %+v, and %d batches wait", got, waiting(t, agent))
	}
	copied := backup(t, agent)
	s.Wires[0].Mend()
	arrived(t, s, agent, ledger)
	return copied
}

// putBack replaces the data directory of a daemon, which does not run, by a
// copy of it.
func putBack(t *testing.T, d *rig.Daemon, copied string) {
	t.Helper()
	empty(t, d)
	if text, err := exec.Command("cp", "-a", copied+"/.", d.Data).CombinedOutput(); err != nil {
		t.Fatalf("copy: %v: %s", err, text)
	}
}

// empty removes everything from a data directory.
func empty(t *testing.T, d *rig.Daemon) {
	t.Helper()
	entries, err := os.ReadDir(d.Data)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(d.Data, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
}
