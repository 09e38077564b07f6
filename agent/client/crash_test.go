package client_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/agent/client"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/schema"
)

// Settings of a process that crashes: the agent's directory, and how.
const (
	crashDirVariable = "TACIT_TEST_CRASH_DIR"
	crashHowVariable = "TACIT_TEST_CRASH_HOW"
)

// crashHere crashes in a process that TestMonitorCrashes starts, as a product
// would.
func crashHere() {
	dir := os.Getenv(crashDirVariable)
	if dir == "" {
		return
	}
	alive, err := net.Dial("unix", filepath.Join(dir, "alive.sock")) // while this process lives
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer alive.Close()
	cfg := config(dir)
	cfg.Getenv = os.Getenv
	c := client.New(cfg)
	if err := c.MonitorCrashes(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	switch os.Getenv(crashHowVariable) {
	case "panic":
		go panicIn()
		select {}
	case "nil":
		trapHere(nil)
	case "exit":
		c.Close()
		os.Exit(3)
	}
	os.Exit(0)
}

func panicIn() {
	line("panicIn")
	panicHere("goroutine 1 [running]:\nmain.main()\n\t/" + secret + ".go:1 +0x1 pc=0x1\n" + secret)
}

// trapHere is stopped by the processor, at an instruction that is no call.
//
//go:noinline
func trapHere(e *nilError) {
	line("trapHere")
	e.code = secret
}

// line prints the function and the line that crash, for the test to compare.
func line(function string) {
	_, _, n, _ := runtime.Caller(1)
	fmt.Printf("client_test.%s crash_test.go:%d\n", function, n+1)
}

// TestMonitorCrashes lets real processes die.
func TestMonitorCrashes(t *testing.T) {
	for _, c := range []struct {
		how   string
		code  int
		first string // function of the first frame
	}{
		{"panic", 2, "panicHere"}, {"nil", 2, "trapHere"}, {"exit", 3, ""}, {"end", 0, ""},
	} {
		t.Run(c.how, func(t *testing.T) {
			dir, a := runDir(t), new(taker)
			var sent bytes.Buffer // read when all processes have ended
			h := local.Handler(a)
			serve(t, dir, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.Body = io.NopCloser(io.TeeReader(r.Body, &sent))
				h.ServeHTTP(w, r)
			}))
			out := crashingProcess(t, dir, 2, c.code, crashHowVariable+"="+c.how)
			switch took := a.records(); {
			case c.first == "" && len(took) == 0:
			case c.first != "" && len(took) == 1:
				checkCrash(t, took[0], c.first, out)
			default:
				t.Errorf("reported %+v", took)
			}
			if bytes.Contains(sent.Bytes(), []byte(secret)) {
				t.Errorf("%s was sent: %s", secret, &sent)
			}
		})
	}
}

// TestNoMonitorWhenOff: who does not want to be tracked has no second process.
func TestNoMonitorWhenOff(t *testing.T) {
	dir, a := runDir(t), new(taker)
	serve(t, dir, local.Handler(a))
	crashingProcess(t, dir, 1, 2, crashHowVariable+"=panic", "DO_NOT_TRACK=1")
	if got := a.records(); len(got) != 0 {
		t.Errorf("reported %+v", got)
	}
}

// crashingProcess runs this test as a product, waits until that many processes
// have begun and all have ended, and returns what the product printed.
func crashingProcess(t *testing.T, dir string, processes, code int, env ...string) string {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(dir, "alive.sock"))
	if err != nil {
		t.Fatal(err)
	}
	began := make(chan net.Conn, 8)
	go func() {
		defer close(began)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			began <- conn
		}
	}()
	temp := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	cmd.Dir = temp
	cmd.Env = append(append(os.Environ(), crashDirVariable+"="+dir, "TMPDIR="+temp, "TMP="+temp), env...)
	out, err := cmd.Output()
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Errorf("exit code %d, %v, want %d", got, err, code)
	}
	for range processes {
		conn := <-began
		if _, err := io.Copy(io.Discard, conn); err != nil {
			t.Error(err)
		}
		_ = conn.Close() // the other end is gone
	}
	_ = l.Close() // once; it has no more to do
	for range began {
		t.Errorf("there were more than %d processes", processes)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("files are left: %v, %v", left, err)
	}
	return string(out)
}

func checkCrash(t *testing.T, r schema.Record, first, out string) {
	t.Helper()
	if r.Metric != "fault" || r.Value != schema.Text("crash") || len(r.Labels) != 1 {
		t.Fatalf("reported %+v", r)
	}
	frames := r.Labels[0].Value
	lines := strings.Split(frames, "\n")
	if !strings.HasPrefix(lines[0], "github.com/tacit-telemetry/tacit/agent/client_test."+first+" ") {
		t.Errorf("the first of the frames %s is not in %s", frames, first)
	}
	place := strings.TrimSpace(out)
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasSuffix(l, place) }) {
		t.Errorf("%s is not in the frames %s", place, frames)
	}
}
