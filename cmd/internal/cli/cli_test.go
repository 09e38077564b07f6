//go:build unix

package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/identity"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/durable"
)

// asTool makes the test binary a command of the house.
const asTool = "TACIT_TEST_TOOL"

func TestMain(m *testing.M) {
	if os.Getenv(asTool) != "" {
		os.Exit(cli.Run(&cobra.Command{Use: "tool"}, build))
	}
	os.Exit(m.Run())
}

// build makes commands that do one thing each.
func build(root *cobra.Command, env *cli.Env) {
	home, err := os.UserHomeDir()
	if err != nil {
		panic(err) // the test sets it
	}
	add := func(use string, args cobra.PositionalArgs, run func(c *cobra.Command, args []string) error) {
		root.AddCommand(&cobra.Command{Use: use, Args: cli.Args(args), RunE: run})
	}
	add("print", cobra.NoArgs, func(*cobra.Command, []string) error {
		if env.JSON {
			return env.PrintJSON(map[string]string{"is": "<json>"})
		}
		env.Printf("is %s\n", "text")
		return nil
	})
	add("data", cobra.NoArgs, func(*cobra.Command, []string) error {
		env.Printf("%s|%s\n", env.Data(), env.Flag())
		return nil
	})
	add("wait", cobra.NoArgs, func(c *cobra.Command, _ []string) error {
		env.Printf("ready\n")
		<-c.Context().Done()
		env.Printf("ended\n")
		return nil
	})
	add("value", func(*cobra.Command, []string) error { // as a check of a flag
		return cli.WithHint(errors.New("--since \"abc\" is no time"), "write it as 7d")
	}, func(*cobra.Command, []string) error { return errors.New("it ran") })
	add("fail", cobra.ExactArgs(1), func(_ *cobra.Command, args []string) error { return failures(home)[args[0]] })
}

// failures are errors as they come from the parts.
func failures(home string) map[string]error {
	return map[string]error{
		"hinted":     cli.WithHint(fmt.Errorf("read %s", filepath.Join(home, "x")), "look into %s", home),
		"wrapped":    fmt.Errorf("up: %w", cli.WithHint(errors.New("port is taken"), "use another")),
		"lines":      errors.Join(errors.New("one"), errors.New("two")),
		"plain":      errors.New("plain"),
		"held":       fmt.Errorf("up: %w", &datadir.HeldError{PID: 4711}),
		"exposed":    fmt.Errorf("%s: %w", filepath.Join(home, "d"), durable.ErrExposed),
		"corrupt":    fmt.Errorf("open: %w", identity.ErrCorrupt),
		"nobody":     local.ErrNotRunning,
		"signature":  fmt.Errorf("fetch: %w", envelope.ErrSignature),
		"full":       &fs.PathError{Op: "write", Path: filepath.Join(home, "d"), Err: syscall.ENOSPC},
		"read-only":  &fs.PathError{Op: "open", Path: "/d", Err: syscall.EROFS},
		"permission": &fs.PathError{Op: "open", Path: "/d", Err: syscall.EACCES},
		"ctrl-c":     fmt.Errorf("verify: %w", context.Canceled),
		"problem":    fmt.Errorf("ask: %w", &local.Problem{Message: "too long", Hint: "send less"}),
	}
}

// tool is a command that has not run yet, in a home of its own.
func tool(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], args...)
	c.Env = append(os.Environ(), append([]string{asTool + "=1", "HOME=/home/zoe", "TACIT_DATA="}, env...)...)
	return c
}

func run(t *testing.T, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	c := tool(t, env, args...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	var exit *exec.ExitError
	if err := c.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), c.ProcessState.ExitCode()
}

func TestCommands(t *testing.T) {
	for name, c := range map[string]struct {
		args           []string
		stdout, stderr string
		code           int
	}{
		"text":            {[]string{"print"}, "is text\n", "", 0},
		"JSON":            {[]string{"print", "--json"}, "{\n  \"is\": \"<json>\"\n}\n", "", 0},
		"version":         {[]string{"--version"}, "tool version " + cli.Version + "\n", "", 0},
		"unknown command": {[]string{"prnt"}, "", "error: unknown command \"prnt\" for \"tool\"", 2},
		"unknown flag":    {[]string{"print", "--jsn"}, "", "error: unknown flag: --jsn\nhint: see tool print --help\n", 2},
		"too many words":  {[]string{"print", "more"}, "", "hint: see tool print --help\n", 2},
		"too few words":   {[]string{"fail"}, "", "error: accepts 1 arg(s), received 0\nhint: see tool fail --help\n", 2},
		"wrong value":     {[]string{"value"}, "", "error: --since \"abc\" is no time\nhint: write it as 7d\n", 2},
		"hinted":          {[]string{"fail", "hinted"}, "", "error: read ~/x\nhint: look into ~\n", 1},
		"wrapped":         {[]string{"fail", "wrapped"}, "", "error: up: port is taken\nhint: use another\n", 1},
		"lines":           {[]string{"fail", "lines"}, "", "error: one; two\n", 1},
		"plain":           {[]string{"fail", "plain"}, "", "error: plain\n", 1},
		"held":            {[]string{"fail", "held"}, "", "error: up: process 4711 holds the data directory\nhint: ", 1},
		"exposed":         {[]string{"fail", "exposed"}, "", "error: ~/d: others can read it\nhint: ", 1},
		"corrupt":         {[]string{"fail", "corrupt"}, "", "\nhint: ", 1},
		"nobody":          {[]string{"fail", "nobody"}, "", "error: the agent is not running\nhint: ", 1},
		"signature":       {[]string{"fail", "signature"}, "", "\nhint: ", 1},
		"full":            {[]string{"fail", "full"}, "", "error: write ~/d: no space left on device\nhint: free space", 1},
		"read-only":       {[]string{"fail", "read-only"}, "", "\nhint: that volume can only be read: name a place on another", 1},
		"permission":      {[]string{"fail", "permission"}, "", "\nhint: ", 1},
		"interrupted":     {[]string{"fail", "ctrl-c"}, "", "error: verify: interrupted\nhint: run the same command again\n", 1},
		"problem":         {[]string{"fail", "problem"}, "", "error: ask: too long\nhint: send less\n", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, code := run(t, nil, c.args...)
			if code != c.code || stdout != c.stdout || !strings.Contains(stderr, c.stderr) || c.stderr == "" && stderr != "" {
				t.Errorf("exit %d, stdout %q, stderr %q, want %d, %q and %q", code, stdout, stderr, c.code, c.stdout, c.stderr)
			}
			if strings.Contains(stdout+stderr, "zoe") {
				t.Error("the home directory is printed")
			}
			for line := range strings.Lines(stderr) {
				if !strings.HasPrefix(line, "error: ") && !strings.HasPrefix(line, "hint: ") || strings.HasSuffix(line, ".\n") {
					t.Errorf("line %q is neither an error nor a hint without a full stop", line)
				}
			}
		})
	}
}

func TestData(t *testing.T) {
	for name, c := range map[string]struct {
		env, args []string
		want      string
	}{
		"flag":                 {nil, []string{"--data", "/srv/tacit"}, "/srv/tacit| --data /srv/tacit\n"},
		"flag below the home":  {nil, []string{"--data", "/home/zoe/d"}, "/home/zoe/d| --data ~/d\n"},
		"environment":          {[]string{"TACIT_DATA=/srv/other"}, nil, "/srv/other|\n"},
		"flag and environment": {[]string{"TACIT_DATA=/srv/other"}, []string{"--data", "/srv/tacit"}, "/srv/tacit| --data /srv/tacit\n"},
	} {
		if stdout, stderr, code := run(t, c.env, append([]string{"data"}, c.args...)...); stdout != c.want || code != 0 {
			t.Errorf("%s: %q %q, want %q", name, stdout, stderr, c.want)
		}
	}
}

// TestInterrupt: Ctrl-C and an orderly end reach the command, which ends well.
func TestInterrupt(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		c := tool(t, nil, "wait")
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		r := bufio.NewReader(out)
		if line, err := r.ReadString('\n'); line != "ready\n" {
			t.Fatalf("%q, %v", line, err)
		}
		if err := c.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		rest, err := io.ReadAll(r)
		if werr := c.Wait(); err != nil || werr != nil || string(rest) != "ended\n" {
			t.Errorf("%v: %q, %v, %v", signal, rest, err, werr)
		}
	}
}

func TestShown(t *testing.T) {
	t.Setenv("HOME", "/home/zoe")
	for in, want := range map[string]string{
		"/home/zoe": "~", "/home/zoe/a/b": "~/a/b", "open /home/zoe/a: no": "open ~/a: no", "/home/zoe:/home/zoe/x": "~:~/x", "in /home/zoe.": "in ~.",
		"/home/zoetrope/a": "/home/zoetrope/a", "/home/zoe-2/a": "/home/zoe-2/a", "/home/zoe.bak/a": "/home/zoe.bak/a", "/srv": "/srv",
	} {
		if got := cli.Shown(in); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
	t.Setenv("HOME", "/")
	if got := cli.Shown("/srv/x"); got != "/srv/x" {
		t.Errorf("without a home of its own: %q", got)
	}
}

func TestWords(t *testing.T) {
	for want, got := range map[string]string{
		"1 envelope": cli.Count(1, "envelope"), "2 envelopes": cli.Count(2, "envelope"), "100,157 pages": cli.Count(100157, "page"), "0 replies": cli.Count(0, "reply"),
		"1 entry": cli.Count(1, "entry"), "3 entries": cli.Count(3, "entry"), "90 days": cli.Count(90, "day"), "1 day": cli.Count(1, "day"),
		"0 B": cli.Sizes(nil), "1,024 B each": cli.Sizes([]int{1024, 1024}), "1,024 to 16,384 B": cli.Sizes([]int{16384, 1024, 4096}),
		"0": cli.Thousands(0), "999": cli.Thousands(999), "1,000": cli.Thousands(1000), "12,345,678": cli.Thousands(12345678),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
