// Package cli is what Tacit's commands have in common: how they print, how
// they fail, and which data directory they mean.
//
// The rules of the terminal: what was asked for goes to stdout, as text or with
// --json as one JSON value; everything else goes to stderr. A failure is
// "error: what happened" and, where there is something to do, "hint: what to
// do", both lower case and without a full stop; the exit code is 1, or 2 when
// the command or the value of a flag was not understood. The home directory is
// written ~ wherever it would be printed.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/agent/client"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema"
)

// Version is the version of the commands. Releases set it when they link.
var Version = "0.1.0"

// Product is how the commands report themselves.
func Product() schema.Product { return schema.Product{Name: "tacit", Version: Version} }

// Exit codes.
const (
	exitFailure = 1
	exitUsage   = 2
)

// Hinted is an error with a way out.
type Hinted struct {
	Err  error
	Hint string
}

// Error returns the error without the hint.
func (h *Hinted) Error() string { return h.Err.Error() }

// Unwrap returns the error.
func (h *Hinted) Unwrap() error { return h.Err }

// WithHint adds a hint to an error.
func WithHint(err error, format string, args ...any) error {
	return &Hinted{Err: err, Hint: fmt.Sprintf(format, args...)}
}

// Env is what commands need of the process.
type Env struct {
	Out, Err io.Writer
	In       io.Reader
	JSON     bool
	data     string
}

// Data returns the data directory that the command means: --data, TACIT_DATA,
// or the default.
func (e *Env) Data() datadir.Dir {
	switch {
	case e.data != "":
		return datadir.Dir(e.data)
	case os.Getenv("TACIT_DATA") != "":
		return datadir.Dir(os.Getenv("TACIT_DATA"))
	}
	return datadir.Default()
}

// DefaultData names the data directory that a command means when neither --data
// nor TACIT_DATA does.
func (e *Env) DefaultData(dir string) {
	if e.data == "" && os.Getenv("TACIT_DATA") == "" {
		e.data = dir
	}
}

// DataOr returns the data directory that a configuration file names, "" for
// none: --data wins over the file, and the file over the rest.
func (e *Env) DataOr(fromFile string) datadir.Dir {
	if fromFile == "" || e.data != "" {
		return e.Data()
	}
	return datadir.Dir(fromFile)
}

// Shown returns a text as it is printed: the home directory in it is ~.
func Shown(path string) string {
	home, err := os.UserHomeDir()
	if err != nil || home == "" || home == "/" {
		return path
	}
	// A longer name that begins like it is another directory.
	whole := regexp.MustCompile(regexp.QuoteMeta(home) + `($|[^\pL\pN_.-]|\.($|[^\pL\pN]))`)
	return whole.ReplaceAllString(path, "~$1")
}

// Flag returns " --data DIR" as the user has to type it to mean the same
// directory, or nothing.
func (e *Env) Flag() string {
	if e.data == "" {
		return ""
	}
	return flagFor(e.data)
}

// DataFlag returns " --data DIR" as a user has to type it to mean dir, or
// nothing when that is meant without.
func DataFlag(dir datadir.Dir) string {
	if dir == datadir.Default() {
		return ""
	}
	return flagFor(string(dir))
}

func flagFor(path string) string { return " --data " + quoted(Shown(path)) }

// quoted returns a word as a shell takes it. The ~ of the home directory stays
// outside the quotes.
func quoted(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\n'\"\\$&;|<>()*?[]#!{}`", r) }) {
		return s
	}
	rest, home := strings.CutPrefix(s, "~/")
	s = "'" + strings.ReplaceAll(rest, "'", `'\''`) + "'"
	if home {
		return "~/" + s
	}
	return s
}

// Printf prints what was asked for.
func (e *Env) Printf(format string, args ...any) { fmt.Fprintf(e.Out, format, args...) }

// PrintJSON prints one JSON value.
func (e *Env) PrintJSON(v any) error {
	enc := json.NewEncoder(e.Out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// Client returns a client by which a command reports itself to the agent of
// the data directory. Without an agent it drops what it is given.
func (e *Env) Client() *client.Client {
	return client.New(client.Config{Product: Product().Name, Version: Version, Dir: e.Data().Run(), ErrorMetric: "tacit.error"})
}

// Count reports that a command is used, and waits at most a moment.
func (e *Env) Count(command string) {
	c := e.Client()
	c.Counter("tacit.command.used", client.Label{Name: "command", Value: command}).Add(1)
	c.Close()
}

// Run runs a command tree as a process does and returns its exit code. build
// adds the commands to root.
func Run(root *cobra.Command, build func(root *cobra.Command, env *Env)) int {
	env := &Env{Out: os.Stdout, Err: os.Stderr, In: os.Stdin}
	root.SilenceErrors, root.SilenceUsage = true, true
	root.Version = Version
	root.PersistentFlags().StringVar(&env.data, "data", "", "data directory (or TACIT_DATA)")
	root.PersistentFlags().BoolVar(&env.JSON, "json", false, "print one JSON value")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usage(c, err) })
	build(root, env)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, stop)() // a second signal ends the process at once
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	return fail(env, root, err)
}

type usageError struct {
	err     error
	command string
}

func (u *usageError) Error() string { return u.err.Error() }

func (u *usageError) Unwrap() error { return u.err }

func usage(c *cobra.Command, err error) error { return &usageError{err: err, command: c.CommandPath()} }

// Args turns a check of arguments, and of the values of flags, into a usage
// error.
func Args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usage(c, err)
		}
		return nil
	}
}

// Group makes a command that only holds others: alone it prints its help.
func Group(use, short string, children ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: Args(cobra.NoArgs), RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(children...)
	return c
}

func fail(env *Env, root *cobra.Command, err error) int {
	code, hint := exitFailure, ""
	var (
		hinted *Hinted
		used   *usageError
	)
	switch {
	case errors.As(err, &used):
		code, hint = exitUsage, "see "+used.command+" --help"
		if errors.As(err, &hinted) { // what to write instead is nearer than the help
			hint = hinted.Hint
		}
	case strings.HasPrefix(err.Error(), "unknown command"):
		code, hint = exitUsage, "see "+root.CommandPath()+" --help"
	case errors.As(err, &hinted):
		hint = hinted.Hint
	default:
		hint = hintFor(err)
	}
	fmt.Fprintf(env.Err, "error: %s\n", strings.ReplaceAll(Shown(textOf(err)), "\n", "; "))
	if hint != "" {
		fmt.Fprintf(env.Err, "hint: %s\n", Shown(hint))
	}
	return code
}

// interrupted is how an error says that Ctrl-C, or another signal to end, came:
// in words of the context, or of the signal that ended it.
var interrupted = regexp.MustCompile(`context canceled|\w+ signal received`)

// textOf returns an error as it is printed. Ctrl-C has a word that its user
// knows.
func textOf(err error) string {
	if !errors.Is(err, context.Canceled) {
		return err.Error()
	}
	return interrupted.ReplaceAllString(err.Error(), "interrupted")
}
