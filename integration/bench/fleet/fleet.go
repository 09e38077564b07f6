// Package fleet is the agents' side of a benchmark, in processes of its own:
// many connections to a site's relay, each with a name and an address of
// loopback of its own. Each subscribes what an agent does, answers pings, sends
// some, and when it is told to, puts envelopes that look like an agent's and
// open nowhere. It speaks NATS by itself and shares no code with Tacit, nor with
// its libraries.
//
// A test binary that calls [Main] first in its TestMain is such a process when
// [Start] runs it again. It ends with its standard input.
package fleet

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// variable is where a process finds its [Order].
const variable = "TACIT_TEST_FLEET"

// Order says what one process of the fleet does.
type Order struct {
	Relay       string        // host and port
	Fingerprint string        // of the certificate that the relay must show, AB:CD:…; "": without TLS
	Credential  string        // of the channel
	First       int           // number of the first connection; it gives the address
	Connections int           // how many
	Every       time.Duration // between two puts of one connection; 0: one second
	Ping        time.Duration // between two pings of one connection; 0: two minutes, as nats.go
}

// Member is what one connection saw since the last reset. Times are Unix
// nanoseconds, of the moment when its process read the answer.
type Member struct {
	HeardOff   int64 // when it first heard that the site refuses both programmes; 0: it did not
	LastQueued int64 // when the last put was answered "queued"; 0: none was
	Queued     int64 // puts that were answered so
	Refused    int64 // puts that were answered "off"
	Late       int64 // of those queued, puts that were sent when it had heard that the site refuses
}

// Report is what a process of the fleet saw.
type Report struct {
	Members []Member
	Lost    int      // connections that ended
	Strange []string // answers that are neither "queued" nor "off", some of them
}

// Main does what the order in the environment says, and ends the process. It
// returns when there is none.
func Main() {
	text := os.Getenv(variable)
	if text == "" {
		return
	}
	var o Order
	err := json.Unmarshal([]byte(text), &o)
	if err == nil {
		err = o.run(os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fleet:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// dialing is how many connections are made at a time: a relay gives each a few
// seconds to come in.
const dialing = 32

// run connects, says "ready", and obeys one command a line, each with one line
// as answer, until the commands end.
func (o Order) run(commands io.Reader, answers io.Writer) error {
	o.Every, o.Ping = cmp.Or(o.Every, time.Second), cmp.Or(o.Ping, 2*time.Minute)
	f := &force{order: o, members: make([]*member, o.Connections), end: make(chan struct{})}
	defer f.leave()
	if err := f.connect(); err != nil {
		return err
	}
	fmt.Fprintln(answers, "ready")
	lines := bufio.NewScanner(commands)
	for lines.Scan() {
		fmt.Fprintln(answers, f.obey(lines.Text()))
	}
	return lines.Err()
}

// force is the connections of this process.
type force struct {
	order   Order
	members []*member
	end     chan struct{}  // closed when they are to leave
	loops   sync.WaitGroup // of the members
}

func (f *force) connect() error {
	var wg sync.WaitGroup
	slots, errs := make(chan struct{}, dialing), make(chan error, 1)
	for i := range f.members {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			m, err := f.order.join(f.order.First + i)
			if err != nil {
				select {
				case errs <- fmt.Errorf("connection %d: %w", f.order.First+i, err):
				default: // the first is enough
				}
				return
			}
			f.members[i] = m
			f.loops.Go(m.listen)
			f.loops.Go(func() { m.speak(f.order, f.end) })
		})
	}
	wg.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

func (f *force) leave() {
	close(f.end)
	for _, m := range f.members {
		if m != nil {
			_ = m.conn.Close() // its loops see it
		}
	}
	f.loops.Wait()
}

// patience is how long the fleet waits until everybody has heard.
const patience = 60 * time.Second

// obey does what a command says and returns the answer.
func (f *force) obey(command string) string {
	switch command {
	case "put", "rest":
		for _, m := range f.members {
			m.putting.Store(command == "put")
		}
	case "reset":
		for _, m := range f.members {
			m.reset()
		}
	case "heard off", "heard on":
		return f.await(command == "heard off")
	case "report":
		return f.report()
	default:
		return "no such command: " + command
	}
	return "done"
}

// await waits until all members have heard last that the site refuses, or that
// it does not.
func (f *force) await(off bool) string {
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		not := 0
		for _, m := range f.members {
			if m.off.Load() != off {
				not++
			}
		}
		if not == 0 {
			return "done"
		}
		if time.Now().After(deadline) {
			return fmt.Sprintf("%d of %d connections have not heard it in %v", not, len(f.members), patience)
		}
	}
}

func (f *force) report() string {
	r := Report{Members: make([]Member, len(f.members))}
	for i, m := range f.members {
		r.Members[i] = m.seen()
		if m.ended.Load() {
			r.Lost++
		}
		if s := m.strange.Load(); s != nil && len(r.Strange) < 5 {
			r.Strange = append(r.Strange, *s)
		}
	}
	b, err := json.Marshal(r)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
