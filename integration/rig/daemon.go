package rig

import (
	"net/http"
	"strings"
	"testing"
)

// Daemon is one of Tacit's daemons in a process of its own.
type Daemon struct {
	*Process
	Data   string // its data directory
	Config string // path of its configuration file

	// Command is how Start starts it: with another path, another build of it.
	Command Command
}

// startDaemon starts a daemon and waits until it says that it runs.
func startDaemon(t testing.TB, command Command, data, config string) *Daemon {
	t.Helper()
	command.Args = append(command.Args, "--config", config)
	d := &Daemon{Data: data, Config: config, Command: command}
	d.Start(t)
	return d
}

// Start starts the daemon, again after it has ended, and waits until it says
// that it runs.
func (d *Daemon) Start(t testing.TB) {
	t.Helper()
	d.Process = d.Command.Start(t, d.Data)
	Eventually(t, "the daemon says where it runs", func() bool {
		if d.ended() {
			t.Fatalf("the daemon ended: %v\n%s", d.err, d.Text())
		}
		return d.startLine() != ""
	})
}

// startLine returns the line by which a daemon says that it runs, or "".
func (d *Daemon) startLine() string {
	for line := range strings.Lines(d.Text()) {
		if strings.HasPrefix(line, "tacit") && strings.Contains(line, " runs; ") && strings.HasSuffix(line, "\n") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// Told returns what the start line says of something: the rest of the part
// that begins with these words.
func (d *Daemon) Told(t testing.TB, words string) string {
	t.Helper()
	for part := range strings.SplitSeq(d.startLine(), "; ") {
		if rest, ok := strings.CutPrefix(part, words+" "); ok {
			return rest
		}
	}
	t.Fatalf("the start line says nothing of %q: %s", words, d.startLine())
	return ""
}

// WaitReady waits until /readyz answers 200.
func (d *Daemon) WaitReady(t testing.TB) {
	t.Helper()
	address := d.Told(t, "health")
	Eventually(t, "it is ready: "+address, func() bool {
		if d.ended() {
			t.Fatalf("the daemon ended: %v\n%s", d.err, d.Text())
		}
		r, err := http.Get(address)
		if err != nil {
			return false
		}
		defer r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
}
