package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// crashVariable tells a process that it is there to watch the one that started
// it.
const crashVariable = "TACIT_CRASH_MONITOR"

// MonitorCrashes reports when this process dies of a panic that nobody caught,
// or of a fatal error of Go's runtime, in any goroutine: as the code "crash",
// with functions and lines. Call it once, first in main, right after [New]:
// it starts the same program again, with the same arguments, as a process that
// does nothing but wait for the end of this one. There [New] does not return, so
// that nothing that stands below it runs twice; what stands above does, as do
// functions called init.
//
// The runtime writes the crash's text into a pipe to that process. Of it only
// program counters are read, which name places in the program and nothing of
// its data; the text is kept in memory only and written nowhere. The text that
// the crashing process itself prints gets longer: it has the runtime's own
// frames too.
//
// An error says that nobody watches; the product may go on. Starting takes a
// few milliseconds. Where telemetry is off nothing is started.
func (c *Client) MonitorCrashes() error {
	if c == nil {
		return nil
	}
	if err := startMonitor(); err != nil {
		return fmt.Errorf("monitor crashes: %w", err)
	}
	return nil
}

// isMonitor says whether this process is the second one.
func isMonitor() bool { return os.Getenv(crashVariable) == "1" }

// startMonitor starts the second process and has the runtime write crashes into
// its input.
func startMonitor() error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	in, out, err := os.Pipe()
	if err != nil {
		return err
	}
	defer in.Close()
	defer out.Close() // the runtime has a duplicate
	monitor := &exec.Cmd{Path: program, Args: os.Args, Env: append(os.Environ(), crashVariable+"=1"), Stdin: in}
	if err := monitor.Start(); err != nil {
		return err
	}
	go func() { _ = monitor.Wait() }() // it ends after this process, or somebody killed it
	if _, err := fmt.Fprintf(out, "%s%x\n", anchorLine, anchor()); err != nil {
		return err
	}
	debug.SetTraceback("system") // with program counters
	return debug.SetCrashOutput(out, debug.CrashOptions{})
}

// maxCrash is how much of a crash's text is looked at: the goroutine that
// crashed comes first.
const maxCrash = 1 << 20

// monitor is the second process from here on: it waits until the other has
// ended and reports its crash.
func (c *Client) monitor() {
	if c != nil {
		c.watch(os.Stdin)
	}
	os.Exit(0)
}

func (c *Client) watch(pipe io.Reader) {
	signal.Ignore(os.Interrupt, syscall.SIGHUP) // they are the other's, who may live on
	text, err := io.ReadAll(io.LimitReader(pipe, maxCrash))
	_, drained := io.Copy(io.Discard, pipe)
	if errors.Join(err, drained) != nil {
		return
	}
	pcs, crashed := countersOf(string(text))
	if !crashed {
		return
	}
	c.fail(c.config.ErrorMetric, codeCrash, framesOf(pcs[:min(len(pcs), maxStack)], c.config.Modules), nil)
	c.Flush(context.Background())
}
