package linkage

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

func TestMain(m *testing.M) {
	code := m.Run()
	rig.Cleanup()
	os.Exit(code)
}

// TestSizes reads on the wire what a real agent sends: fragments and pages have
// one length.
func TestSizes(t *testing.T) {
	t.Parallel()
	dir, own := rig.Dir(t), rig.Dir(t)
	rig.Up(t, dir)
	site := rig.ReadSite(t, dir)
	w := newTap(t, site.Relay)
	site.Relay = w.listener.Addr().String()
	agent := rig.Command{Path: rig.Binary(t, "tacit-agent"), Args: []string{"--config", site.AgentConfig(t, own, "interval: 1s", "window: 100ms")}}
	agent.Start(t, own)
	kinds := map[string]int{}
	rig.Eventually(t, "the agent has sent fragments and pages", func() bool {
		clear(kinds)
		r := rig.Command{Path: agent.Path, Args: []string{"outbox", "list", "--json", "--data", own}}.Run(t)
		var entries []struct{ Kind, Outcome string }
		if json.Unmarshal([]byte(r.Stdout), &entries) != nil {
			return false // it is not there yet
		}
		for _, e := range entries {
			if e.Outcome == "stored" {
				kinds[e.Kind]++
			}
		}
		return kinds["page"] > 0 && kinds["fragment"] > 0
	})
	sizes := w.seen()
	if len(sizes) < 2 {
		t.Fatalf("the wire has shown %d envelopes of %v: it is not read right", len(sizes), kinds)
	}
	for _, n := range sizes {
		if n != sizes[0] {
			t.Fatalf("envelopes of %v bytes: their size tells them apart", sizes)
		}
	}
	t.Logf("%d envelopes of %d bytes each: %v", len(sizes), sizes[0], kinds)
}

// tap passes a connection on and reads the lengths of what is put.
type tap struct {
	listener net.Listener
	mu       sync.Mutex
	sizes    []int
}

func newTap(t *testing.T, target string) *tap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &tap{listener: l}
	var running sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); running.Wait() })
	running.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { w.pass(from, target) })
		}
	})
	return w
}

// pass passes one connection on until one of its ends closes.
func (w *tap) pass(from net.Conn, target string) {
	defer from.Close()
	to, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	var back sync.WaitGroup
	defer back.Wait()
	defer to.Close() // which ends it
	back.Go(func() {
		_, _ = io.Copy(from, to)
		_ = from.Close()
	})
	in := bufio.NewReaderSize(from, 1<<16)
	for {
		line, err := in.ReadString('\n')
		if _, err2 := io.WriteString(to, line); err != nil || err2 != nil {
			return
		}
		words := strings.Fields(line)
		if len(words) < 3 || !strings.EqualFold(words[0], "PUB") {
			continue
		}
		n, err := strconv.Atoi(words[len(words)-1])
		if err != nil {
			return
		}
		if words[1] == rig.Put {
			w.mu.Lock()
			w.sizes = append(w.sizes, n)
			w.mu.Unlock()
		}
		if _, err := io.CopyN(to, in, int64(n)+2); err != nil {
			return
		}
	}
}

// seen returns the lengths of the envelopes so far.
func (w *tap) seen() []int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]int(nil), w.sizes...)
}
