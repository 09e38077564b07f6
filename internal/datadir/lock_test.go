package datadir_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
)

// holdVariable makes the test binary a process that holds a lock until its
// input ends or it is killed.
const holdVariable = "TACIT_TEST_HOLD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(holdVariable); dir != "" {
		if _, err := datadir.TakeLock(dir, "tacit"); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("held")
		_, _ = io.Copy(io.Discard, os.Stdin) // until the test lets go
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// hold runs another process that holds the lock.
func hold(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), holdVariable+"="+dir)
	if _, err := c.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if strings.TrimSpace(line) != "held" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	return c
}

func TestLockOfAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	other := hold(t, dir)
	_, err := datadir.TakeLock(dir, "tacit")
	var held *datadir.HeldError
	if !errors.As(err, &held) || held.PID != other.Process.Pid {
		t.Fatalf("%v, want process %d", err, other.Process.Pid)
	}
	if want := fmt.Sprintf("process %d holds the data directory", other.Process.Pid); err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
	if _, err := datadir.TakeLock(dir, "another"); err != nil {
		t.Errorf("a lock of another name: %v", err)
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait() // killed: it tells nothing new
	lock := take(t, dir)
	if err := lock.Release(); err != nil {
		t.Error(err)
	}
}

// take takes the lock as soon as the system has buried its last holder.
func take(t *testing.T, dir string) *datadir.Lock {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		lock, err := datadir.TakeLock(dir, "tacit")
		if err == nil {
			return lock
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func TestLockIsTakenOnce(t *testing.T) {
	dir := t.TempDir()
	lock, err := datadir.TakeLock(dir, "tacit")
	if err != nil {
		t.Fatal(err)
	}
	var held *datadir.HeldError
	if _, err := datadir.TakeLock(dir, "tacit"); !errors.As(err, &held) || held.PID != os.Getpid() {
		t.Errorf("%v, want this process", err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	again, err := datadir.TakeLock(dir, "tacit")
	if err != nil {
		t.Fatal(err)
	}
	// Who holds it cannot be read: said without a number.
	for _, damaged := range []string{"", "who knows"} {
		if err := os.WriteFile(filepath.Join(dir, "tacit.lock.pid"), []byte(damaged), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := datadir.TakeLock(dir, "tacit"); !errors.As(err, &held) || held.PID != 0 || strings.Contains(err.Error(), "process 0") {
			t.Errorf("%v, want no number", err)
		}
	}
	if err := again.Release(); err != nil {
		t.Error(err)
	}
}

func TestLockWithoutDirectory(t *testing.T) {
	_, err := datadir.TakeLock(filepath.Join(t.TempDir(), "none"), "tacit")
	if err == nil || !strings.Contains(err.Error(), "tacit.lock") {
		t.Errorf("%v, want an error that names the file", err)
	}
}
