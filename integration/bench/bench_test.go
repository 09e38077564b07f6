//go:build linux

// Package bench measures what the design promises about Tacit as a user meets
// it: how long one full cycle takes, and what the agent costs while it waits.
// Figures are reported and never asserted.
package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

func TestMain(m *testing.M) {
	code := m.Run()
	rig.Cleanup()
	os.Exit(code)
}

// BenchmarkUpOnce is one full cycle from exec to the replies, on a fresh data
// directory each time.
func BenchmarkUpOnce(b *testing.B) {
	rig.Binary(b, "tacit")
	for b.Loop() {
		var cycle struct{ Batches, Replies int }
		rig.Tacit(b, "up", "--once", "--json", "--ports", "0", "--data", rig.Dir(b)).JSON(b, &cycle)
		if cycle.Replies == 0 || cycle.Replies != cycle.Batches {
			b.Fatalf("%d replies to %d batches", cycle.Replies, cycle.Batches)
		}
	}
}

// BenchmarkAgentIdle runs a tacit-agent that has sent its first envelopes, and
// reports what it costs while it waits for a minute.
func BenchmarkAgentIdle(b *testing.B) {
	site := rig.Dir(b)
	rig.Up(b, site)
	dir := rig.Dir(b)
	config := rig.AgentConfig(b, site, dir, "interval: 1h", "window: 1h")
	info, err := os.Stat(rig.Binary(b, "tacit-agent"))
	if err != nil {
		b.Fatal(err)
	}
	p := rig.Command{Path: rig.Binary(b, "tacit-agent"), Args: []string{"--config", config}}.Start(b, dir)
	p.WaitFor(b, "runs")
	rig.Eventually(b, "the agent's first envelopes are stored", func() bool {
		r := rig.Command{Path: rig.Binary(b, "tacit-agent"), Args: []string{"send", "--json", "--data", dir}}.Run(b)
		return strings.Contains(r.Stdout, `"replies"`) && !strings.Contains(r.Stdout, `"replies": 0`)
	})
	for range b.N {
		before := cpu(b, p.PID())
		start := time.Now()
		time.Sleep(time.Minute) // the time over which it is measured
		spent, wall := cpu(b, p.PID())-before, time.Since(start)
		b.ReportMetric(100*spent.Seconds()/wall.Seconds(), "%cpu")
		b.ReportMetric(rss(b, p.PID()), "MiB-rss")
		b.ReportMetric(float64(info.Size())/(1<<20), "MiB-binary")
		b.ReportMetric(0, "ns/op")
		return // one minute says it; b.N is for short things
	}
}

// cpu returns the processor time that a process has used, all its threads, in
// the kernel's nanoseconds.
func cpu(b *testing.B, pid int) time.Duration {
	b.Helper()
	files, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "*", "schedstat"))
	if err != nil || len(files) == 0 {
		b.Fatalf("no schedstat: %v", err)
	}
	var sum time.Duration
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // the thread has ended
		}
		var ns int64
		if _, err := fmt.Sscan(string(text), &ns); err != nil {
			b.Fatal(err)
		}
		sum += time.Duration(ns)
	}
	return sum
}

// rss returns a process's resident memory in MiB.
func rss(b *testing.B, pid int) float64 {
	b.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var kib float64
		if _, err := fmt.Sscanf(line, "VmRSS: %f kB", &kib); err == nil {
			return kib / 1024
		}
	}
	b.Fatal("no VmRSS")
	return 0
}
