//go:build linux

package bench

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/bench/fleet"
	"github.com/tacit-telemetry/tacit/integration/rig"
)

// window is the time over which a process that waits is measured. It has
// several of the policy's heartbeats in it.
const window = time.Minute

// BenchmarkIdle reports what each daemon costs while it waits: an agent that
// has sent its first envelopes, listens to the policy over TLS, and whose next
// round is an hour away; its relay, the edge and the store.
func BenchmarkIdle(b *testing.B) {
	s := rig.StartSplit(b, rig.Plan{Agents: 1, Agent: rig.Edits{"interval": "1h", "window": "1h"}})
	agent := s.Agents[0]
	rig.Eventually(b, "the agent's first envelopes are stored", func() bool {
		r := rig.Command{Path: rig.Binary(b, "tacit-agent"), Args: []string{"send", "--json", "--data", agent.Data}}.Run(b)
		return strings.Contains(r.Stdout, `"replies"`) && !strings.Contains(r.Stdout, `"replies": 0`)
	})
	costs := watch(b, agent.PID(), s.Site.PID(), s.Edge.PID(), s.Store.PID())
	for i, name := range []string{"agent", "site", "edge", "store"} {
		b.ReportMetric(costs[i].cpu, "%cpu-"+name)
		b.ReportMetric(costs[i].rss, "MiB-"+name)
	}
	for _, name := range []string{"tacit", "tacit-agent"} {
		info, err := os.Stat(rig.Binary(b, name))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Size())/(1<<20), "MiB-binary-"+name)
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkIdleAgents has 20,000 agents connected to one relay and waiting, or
// as many as the machine lets one process have, and reports what the relay
// costs: every connection is an open file of it.
func BenchmarkIdleAgents(b *testing.B) {
	for _, secure := range []bool{false, true} {
		b.Run(kind(secure), func(b *testing.B) {
			count := min(20000, openFiles(b)-spareFiles)
			s := &site{Split: rig.StartSplit(b, rig.Plan{Plain: !secure, Site: rig.Edits{"max_connections": count}})}
			alone := watch(b, s.Site.PID())[0]
			began := time.Now()
			s.fleet = fleet.Start(b, s.order(count, time.Hour))
			b.ReportMetric(time.Since(began).Seconds(), "s-to-connect")
			s.fleet.Await(b, false)
			connected := rss(b, s.Site.PID())
			costs := watch(b, s.Site.PID())[0]
			if here := s.Site.Metric(b, "tacit_relay_agents"); here != float64(count) {
				b.Errorf("%.0f agents are connected after a minute, want %d", here, count)
			}
			b.ReportMetric(float64(count), "agents")
			b.ReportMetric(connected, "MiB-when-connected")
			b.ReportMetric(costs.rss, "MiB")
			b.ReportMetric((costs.rss-alone.rss)*1024/float64(count), "KiB/agent")
			b.ReportMetric(costs.cpu, "%cpu")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// spareFiles is how many files a relay has open besides its agents'
// connections, amply: database, logs, console, the next relay.
const spareFiles = 64

// openFiles returns how many files a process may have open here, once it has
// raised its limit as far as it may, which Go's runtime does at the start.
func openFiles(b *testing.B) int {
	b.Helper()
	text, err := os.ReadFile("/proc/self/limits")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var soft, hard int
		if _, err := fmt.Sscanf(line, "Max open files %d %d", &soft, &hard); err == nil {
			return hard
		}
	}
	b.Fatal("the system does not say how many files may be open")
	return 0
}

// cost is what a process took.
type cost struct{ cpu, rss float64 } // % of a core, MiB at the end

// watch lets a minute pass and returns what processes took in it.
func watch(b *testing.B, pids ...int) []cost {
	b.Helper()
	before := make([]time.Duration, len(pids))
	for i, pid := range pids {
		before[i] = cpu(b, pid)
	}
	start := time.Now()
	time.Sleep(window) // what is measured is how they wait
	wall, costs := time.Since(start), make([]cost, len(pids))
	for i, pid := range pids {
		costs[i] = cost{100 * (cpu(b, pid) - before[i]).Seconds() / wall.Seconds(), rss(b, pid)}
	}
	return costs
}
