// Package rig runs Tacit's real binaries for the integration tests: it builds
// them once, starts them on data directories of the tests' own, and talks to
// them as a user or a product does, over the command line and the socket. It
// shares no code with Tacit, so that what a test sees is what anybody sees.
package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Patience is how long a test waits for a condition before it fails.
const Patience = time.Minute

// BinariesVariable names a directory that holds the commands already: for a
// test that runs itself again in namespaces of its own.
const BinariesVariable = "TACIT_TEST_BINARIES"

// built is where the commands were built, or "".
var built string

// BinariesEnv returns the setting that names where the commands are.
func BinariesEnv(t testing.TB) string {
	t.Helper()
	return BinariesVariable + "=" + filepath.Dir(Binary(t, "tacit"))
}

var build = sync.OnceValues(func() (string, error) {
	if dir := os.Getenv(BinariesVariable); dir != "" {
		return dir, nil
	}
	dir, err := os.MkdirTemp("", "tacit-bin")
	if err != nil {
		return "", err
	}
	built = dir
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	if err := track(root); err != nil {
		return "", err
	}
	return dir, compile(root, dir, "-s -w")
})

// compile builds the commands, and the example of a product, into a directory.
func compile(root, dir, flags string) error {
	c := exec.Command("go", "build", "-trimpath", "-ldflags", flags, "-o", dir, "./cmd/...", "./integration/example/finder")
	c.Dir = root
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := c.CombinedOutput(); err != nil {
		return errors.New(string(text))
	}
	return nil
}

// releases are directories with the commands, by version.
var releases = struct {
	sync.Mutex
	dirs map[string]string
}{dirs: map[string]string{}}

// Release builds the commands as a release of that version does, once, and
// returns the directory that they are in.
func Release(t testing.TB, version string) string {
	t.Helper()
	releases.Lock()
	defer releases.Unlock()
	if dir, ok := releases.dirs[version]; ok {
		return dir
	}
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "tacit-bin")
	if err != nil {
		t.Fatal(err)
	}
	releases.dirs[version] = dir
	if err := compile(root, dir, "-s -w -X github.com/tacit-telemetry/tacit/cmd/internal/cli.Version="+version); err != nil {
		t.Fatalf("build: %v", err)
	}
	return dir
}

// moduleRoot returns the directory of go.mod.
var moduleRoot = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	return filepath.Dir(strings.TrimSpace(string(out))), err
})

// track looks at every file that a command may be built from, so that go test
// runs a test again after a change instead of answering from its cache: the
// test imports nothing of what it tests.
func track(root string) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "bin" || entry.Name() == "testdata" || entry.Name() == "node_modules" || strings.HasPrefix(entry.Name(), ".") && path != root):
			return fs.SkipDir
		case entry.IsDir() || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		_, err = os.Stat(path)
		return err
	})
}

// Binary returns the path of a freshly built command: "tacit", "tacit-agent" or
// "finder", a product that reports.
func Binary(t testing.TB, name string) string {
	t.Helper()
	dir, err := build()
	if err != nil {
		t.Fatalf("build: %v", err)
	}
	return filepath.Join(dir, name)
}

// Cleanup removes the binaries, and what the commands kept outside their data
// directories. Call it at the end of TestMain.
func Cleanup() {
	if built != "" {
		_ = os.RemoveAll(built)
	}
	for _, dir := range releases.dirs {
		_ = os.RemoveAll(dir)
	}
}

// Dir returns a fresh data directory with a path short enough for a socket.
func Dir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "td")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = os.RemoveAll(dir), os.RemoveAll(dir+".witness") })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Result is how a command ended.
type Result struct {
	Stdout, Stderr string
	Code           int
}

// Command is a command that has not run yet.
type Command struct {
	Path string
	Args []string
	Dir  string   // to run in; "": the test's own
	Env  []string // added to the test's own
	In   string
	Attr *syscall.SysProcAttr // nil: as the test itself
}

// Tacit returns the command tacit with arguments.
func Tacit(t testing.TB, args ...string) Command {
	return Command{Path: Binary(t, "tacit"), Args: args}
}

// Run runs the command to its end.
func (c Command) Run(t testing.TB) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.Path, c.Args...)
	cmd.Dir = c.Dir
	cmd.Env = append(os.Environ(), c.Env...)
	cmd.SysProcAttr = c.Attr
	cmd.Stdin = strings.NewReader(c.In)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run %s: %v", filepath.Base(c.Path), err)
	}
	return Result{Stdout: out.String(), Stderr: errs.String(), Code: cmd.ProcessState.ExitCode()}
}

// JSON runs the command, which must succeed, and decodes what it prints.
func (c Command) JSON(t testing.TB, into any) {
	t.Helper()
	r := c.Run(t)
	if r.Code != 0 {
		t.Fatalf("%v: exit %d: %s", c.Args, r.Code, r.Stderr)
	}
	if err := json.Unmarshal([]byte(r.Stdout), into); err != nil {
		t.Fatalf("%v: %v in %s", c.Args, err, r.Stdout)
	}
}

// Process is a command that runs.
type Process struct {
	cmd  *exec.Cmd
	dir  string
	mu   sync.Mutex
	text bytes.Buffer
	done chan struct{}
	err  error
}

// Start starts a command on a data directory. It is ended with the test.
func (c Command) Start(t testing.TB, dir string) *Process {
	t.Helper()
	p := &Process{cmd: exec.Command(c.Path, c.Args...), dir: dir, done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), c.Env...)
	p.cmd.SysProcAttr = c.Attr
	p.cmd.Dir = c.Dir
	p.cmd.Stdout, p.cmd.Stderr = p, p
	hearCtrlC()
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start: %v", err)
	}
	go func() { p.err = p.cmd.Wait(); close(p.done) }()
	t.Cleanup(func() { p.Kill() })
	return p
}

// hearCtrlC has processes begin as in a terminal. A shell that runs the tests in
// the background has them ignore Ctrl-C, and what they start too, until it asks
// for it: one that came before was lost.
var hearCtrlC = sync.OnceFunc(func() {
	if signal.Ignored(os.Interrupt) {
		signal.Notify(make(chan os.Signal, 1), os.Interrupt) // what is heard here is as at first in what is started
	}
})

// Up starts `tacit up` on dir and waits for its banner.
func Up(t testing.TB, dir string, env ...string) *Process {
	t.Helper()
	c := Tacit(t, "up", "--ports", "0", "--data", dir)
	c.Env = env
	p := c.Start(t, dir)
	p.WaitFor(t, "Ctrl-C ends it")
	return p
}

// Write collects what the process prints.
func (p *Process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

// Text returns what the process has printed so far.
func (p *Process) Text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// WaitFor waits until the process has printed a text.
func (p *Process) WaitFor(t testing.TB, text string) {
	t.Helper()
	Eventually(t, "the process prints "+text, func() bool {
		if p.ended() {
			t.Fatalf("the process ended: %v\n%s", p.err, p.Text())
		}
		return strings.Contains(p.Text(), text)
	})
}

// ended says whether the process has ended.
func (p *Process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Kill ends the process as a power cut would, and waits.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.done
}

// Interrupt presses Ctrl-C and returns how long the process took to end, and
// its exit code.
func (p *Process) Interrupt(t testing.TB) (time.Duration, int) {
	t.Helper()
	start := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.done:
	case <-time.After(Patience):
		t.Fatal("the process does not end")
	}
	return time.Since(start), p.cmd.ProcessState.ExitCode()
}

// PID returns the process ID.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// API calls the local API of the agent that runs on dir, as a product in any
// language would, and returns the status and the body.
func API(ctx context.Context, dir, method, path string, body any) (int, []byte, error) {
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", filepath.Join(dir, "run", "agent.sock"))
		},
	}}
	var send io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		send = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://tacit"+path, send)
	if err != nil {
		return 0, nil, err
	}
	resp, err := client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

// Eventually waits until a condition holds, for [Patience].
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	Within(t, Patience, what, holds)
}

// Pauses between two looks at a condition. They grow with what was waited, to a
// twentieth of it: a look may cost something, and a store takes only so many
// lookups of one history in a day.
const (
	leastPause = 20 * time.Millisecond
	mostPause  = 500 * time.Millisecond
)

// Within waits until a condition holds, for as long as it may take.
func Within(t testing.TB, patience time.Duration, what string, holds func() bool) {
	t.Helper()
	for begun := time.Now(); !holds(); {
		waited := time.Since(begun)
		if waited > patience {
			t.Fatalf("not within %v: %s", patience, what)
		}
		time.Sleep(min(max(leastPause, waited/20), mostPause))
	}
}
