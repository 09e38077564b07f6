package fleet

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// perProcess is how many connections one process holds at most: a process may
// have a limited number of open files.
const perProcess = 5000

// Fleet is processes that hold connections.
type Fleet struct {
	parts []*part
}

// part is one process.
type part struct {
	cmd     *exec.Cmd
	orders  io.WriteCloser
	answers *bufio.Reader
}

// Start connects a fleet, in as many processes as that takes, and returns when
// all connections are in. It is ended with the test.
func Start(t testing.TB, o Order) *Fleet {
	t.Helper()
	f := &Fleet{}
	t.Cleanup(f.end)
	last := o.First + o.Connections
	for ; o.First < last; o.First += perProcess {
		o.Connections = min(perProcess, last-o.First)
		p, err := startPart(o)
		if err != nil {
			t.Fatalf("start the fleet: %v", err)
		}
		f.parts = append(f.parts, p)
	}
	for _, p := range f.parts {
		if line, err := p.answers.ReadString('\n'); line != "ready\n" {
			t.Fatalf("start the fleet: %q, %v", line, err)
		}
	}
	return f
}

func startPart(o Order) (*part, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	p := &part{cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append(os.Environ(), variable+"="+string(text))
	p.cmd.Stderr = os.Stderr
	if p.orders, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.answers = bufio.NewReader(out)
	return p, p.cmd.Start()
}

// end ends the processes and waits for them.
func (f *Fleet) end() {
	for _, p := range f.parts {
		_ = p.orders.Close()
		kill := time.AfterFunc(10*time.Second, func() { _ = p.cmd.Process.Kill() })
		_ = p.cmd.Wait() // what went wrong it has said
		kill.Stop()
	}
}

// Put has every connection put an envelope now and then, for good.
func (f *Fleet) Put(t testing.TB) {
	t.Helper()
	f.do(t, "put")
}

// Rest ends that.
func (f *Fleet) Rest(t testing.TB) {
	t.Helper()
	f.do(t, "rest")
}

// Reset forgets what was seen.
func (f *Fleet) Reset(t testing.TB) {
	t.Helper()
	f.do(t, "reset")
}

// Await waits until every connection has heard last that the site refuses both
// programmes (off), or that it does not.
func (f *Fleet) Await(t testing.TB, off bool) {
	t.Helper()
	if off {
		f.do(t, "heard off")
		return
	}
	f.do(t, "heard on")
}

func (f *Fleet) do(t testing.TB, command string) {
	t.Helper()
	for _, answer := range f.ask(t, command) {
		if answer != "done\n" {
			t.Fatalf("fleet, %s: %s", command, answer)
		}
	}
}

// Report returns what all connections saw since the last reset.
func (f *Fleet) Report(t testing.TB) (all Report) {
	t.Helper()
	for _, answer := range f.ask(t, "report") {
		var r Report
		if err := json.Unmarshal([]byte(answer), &r); err != nil {
			t.Fatalf("fleet, report: %v in %.200s", err, answer)
		}
		all.Members = append(all.Members, r.Members...)
		all.Strange = append(all.Strange, r.Strange...)
		all.Lost += r.Lost
	}
	return all
}

// ask gives all processes a command and returns their answers.
func (f *Fleet) ask(t testing.TB, command string) []string {
	t.Helper()
	answers, errs := make([]string, len(f.parts)), make([]error, len(f.parts))
	var wg sync.WaitGroup
	for i, p := range f.parts {
		wg.Go(func() {
			if _, errs[i] = fmt.Fprintln(p.orders, command); errs[i] == nil {
				answers[i], errs[i] = p.answers.ReadString('\n')
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatalf("fleet, %s: %v", command, err)
		}
	}
	return answers
}
