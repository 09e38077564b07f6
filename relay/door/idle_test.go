package door

import (
	"bufio"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// agentsSide, when it is set, makes this binary the agents of a benchmark, in
// a process of their own: "ADDRESS COUNT tls|plain".
const agentsSide = "TACIT_TEST_IDLE_AGENTS"

func TestMain(m *testing.M) {
	if order := os.Getenv(agentsSide); order != "" {
		if err := idleAgents(order); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// idleAgents connects as so many agents do, says so, and keeps still until
// its standard input ends.
func idleAgents(order string) error {
	var address, kind string
	var count int
	if _, err := fmt.Sscan(order, &address, &count, &kind); err != nil {
		return err
	}
	conns := make([]net.Conn, count)
	for i := range conns {
		var err error
		if conns[i], err = idleAgent(address, kind == "tls"); err != nil {
			return fmt.Errorf("agent %d: %w", i, err)
		}
	}
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, os.Stdin)
	runtime.KeepAlive(conns)
	return err
}

func idleAgent(address string, secure bool) (net.Conn, error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	if secure {
		c = tls.Client(c, &tls.Config{InsecureSkipVerify: true}) // a benchmark's
	}
	name := rand.Text()
	fmt.Fprintf(c, "CONNECT {\"user\":%q,\"pass\":%q,\"protocol\":1,\"headers\":true,\"no_responders\":true,\"echo\":false}\r\nPING\r\n", name, credential)
	fmt.Fprintf(c, "SUB %s 1\r\nSUB %s.* 2\r\nPING\r\n", wire.SubjectPolicy, wire.InboxPrefix(name))
	lines, pongs := bufio.NewReaderSize(c, 2048), 0
	for pongs < 2 {
		line, err := lines.ReadString('\n')
		if err != nil || strings.HasPrefix(line, "-ERR") {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
		if strings.HasPrefix(line, "PONG") {
			pongs++
		}
	}
	return c, nil
}

// BenchmarkIdle reports what an idle connection costs in this process, whose
// other side is a process of its own: resident memory, with what the runtime
// keeps free given back, and goroutines. TACIT_IDLE_AGENTS says how many
// connect; without it 2,000.
func BenchmarkIdle(b *testing.B) {
	count := 2000
	if s := os.Getenv("TACIT_IDLE_AGENTS"); s != "" {
		var err error
		if count, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	for _, kind := range []string{"plain", "tls"} {
		b.Run(kind, func(b *testing.B) {
			for b.Loop() {
				idle(b, kind, count)
			}
		})
	}
}

func idle(b *testing.B, kind string, count int) {
	cfg := config(b)
	cfg.MaxConns = count
	if kind == "tls" {
		cert, _ := ownCertificate(b)
		cfg.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	}
	d := open(b, cfg)
	before, routines := resident(b), runtime.NumGoroutine()
	began := time.Now()
	cmd := exec.CommandContext(b.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %s", agentsSide, d.Addr(), count, kind))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "ready\n" {
		b.Fatalf("%q: %v", line, err)
	}
	b.ReportMetric(time.Since(began).Seconds(), "s-to-connect")
	for range 10 {
		runtime.GC()
	}
	runtime.GC()
	runtime.GC()
	b.ReportMetric(float64(resident(b)-before)/float64(count), "B-RSS/conn")
	b.ReportMetric(float64(runtime.NumGoroutine()-routines)/float64(count), "goroutines/conn")
	_ = stdin.Close()
	if err := cmd.Wait(); err != nil {
		b.Error(err)
	}
	eventually(b, "all have left", func() bool { return d.Stats().Connections == 0 })
}

// resident returns this process's resident memory in bytes.
func resident(b *testing.B) int {
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip("this system does not say how much memory is resident")
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		b.Fatal(err)
	}
	return pages * os.Getpagesize()
}
