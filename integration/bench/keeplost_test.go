//go:build linux

package bench

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// storeDir is where the store has its rows.
func (k *keeper) storeDir() string { return filepath.Join(k.s.Store.Data, "store") }

// loses takes the store's rows away, as a broken disk does.
func (k *keeper) loses(t *testing.T) {
	t.Helper()
	if err := os.RemoveAll(k.storeDir()); err != nil {
		t.Fatal(err)
	}
}

// restoresNewer brings back all that was stored, and restoresOlder all that was
// when the older backup was made, but for what was destroyed since.
func (k *keeper) restoresNewer(t *testing.T) {
	k.restores(t, k.newer)
	k.has(t, k.late.ID, k.late.Told)
}

func (k *keeper) restoresOlder(t *testing.T) {
	k.restores(t, k.older)
	k.has(t, k.late.ID, nil) // came after it
}

func (k *keeper) restores(t *testing.T, b backup) {
	k.loses(t)
	k.interrupt(t, []string{"store", "restore", b.file}, k.storeDir()+".partial")
	k.absent(t, k.storeDir()+".partial")
	k.loses(t) // a small one may have been faster than the interrupt
	var got struct {
		backed
		Erased, Recalled int
		Verified         bool
	}
	k.must(t, &got, "store", "restore", b.file, "--verify")
	if got.Rows != b.Rows || got.Digest != b.Digest || !got.Verified {
		t.Errorf("restored %+v of %+v", got, b.backed)
	}
	byID := k.gone - b.gone
	if got.Recalled != k.called-b.called || got.Erased < byID || got.Erased > byID+k.byHost-b.byHost {
		t.Errorf("the restore destroyed %d recalled and %d erased again, want %d, and %d with up to %d of the host",
			got.Recalled, got.Erased, k.called-b.called, byID, k.byHost-b.byHost)
	}
	k.verifies(t)
}

// absent wants nothing there.
func (k *keeper) absent(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is there: %v", path, err)
	}
}

// interrupts presses Ctrl-C in the middle of what only reads, or is done again
// from its beginning: nothing half done stays, and the store is as it was.
func (k *keeper) interrupts(t *testing.T) {
	k.interrupt(t, []string{"store", "verify"}, "")
	file := filepath.Join(k.dir, "interrupted")
	if k.interrupt(t, []string{"store", "backup", "--out", file}, filepath.Join(k.dir, ".interrupted.*")) {
		k.absent(t, file)
	}
	k.alone(t, k.newer.file)
	k.interrupt(t, []string{"store", "recall", "--agent", leakyBuild, "--from", k.first.String(), "--to", k.last.String(), "--dry-run"}, "")
	k.verifies(t)
}

// beginning is how long a command may take until it is in the middle of its
// work, where nothing shows that it is.
const beginning = 100 * time.Millisecond

// interrupt starts a command, presses Ctrl-C as soon as a path is there ("":
// after a moment), and says whether that came before its end. A command that
// was interrupted ends soon, fails, and says so.
func (k *keeper) interrupt(t *testing.T, args []string, path string) bool {
	t.Helper()
	var out, errs bytes.Buffer
	c := k.command(t.Context(), t, args...)
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	if !begun(t, path, ended) {
		return false
	}
	pressed := time.Now()
	_ = c.Process.Signal(syscall.SIGINT) // it may have ended
	select {
	case err := <-ended:
		k.note("^C "+strings.Join(args[:2], " "), ordered{rig.Result{Code: c.ProcessState.ExitCode()}, time.Since(pressed), 0})
		if err == nil || path == "" && c.ProcessState.ExitCode() < 0 { // it had not begun to listen for signals
			return false
		}
		if !errors.As(err, new(*exec.ExitError)) || c.ProcessState.ExitCode() != 1 || out.Len() > 0 ||
			!strings.HasPrefix(errs.String(), "error: ") || !strings.Contains(errs.String(), "interrupted") {
			t.Errorf("%v was interrupted: %v: %s%s", args, err, &out, &errs)
		}
		return true
	case <-time.After(rig.Patience):
		_ = c.Process.Kill()
		<-ended
		t.Fatalf("%v does not end", args)
	}
	return false
}

// begun waits until a command is under way. It is false when it ends before.
func begun(t *testing.T, path string, ended chan error) bool {
	t.Helper()
	moment := time.After(beginning)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return false
		case <-moment:
			if path == "" {
				return true
			}
		case <-tick.C:
			if there, _ := filepath.Glob(path); len(there) > 0 {
				return true
			}
		case <-t.Context().Done():
			return false
		}
	}
}

// startsAgain starts the store that was restored: it takes what comes.
func (k *keeper) startsAgain(t *testing.T) {
	k.s.Store.Start(t)
	k.s.Store.WaitReady(t)
	k.send(t, k.late)
	k.has(t, k.late.ID, k.late.Told[len(k.late.Told)-1:])
	k.verifies(t)
	k.costs = append(k.costs, k.memory())
}
