//go:build linux

package bench

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// productRuns is how often each product runs with each kind of agent: a program
// takes some milliseconds more or less each time.
const productRuns = 60

// found is what a product may find where its agent should be.
type found struct {
	name string
	dir  string // its data directory
}

// agents makes one of each kind. The first is the one to compare with.
func agents(t testing.TB) []found {
	t.Helper()
	live, killed := rig.Dir(t), rig.Dir(t)
	rig.UpExample(t, live)
	rig.UpExample(t, killed).Kill()
	return []found{
		{"live", live}, {"none", rig.Dir(t)}, {"killed", killed}, {"black-hole", hole(t, true)}, {"hanging", hole(t, false)},
	}
}

// hole returns a data directory whose agent takes connections, or lets them
// wait, and never reads or answers.
func hole(t testing.TB, accept bool) string {
	t.Helper()
	dir := rig.Dir(t)
	if err := os.Mkdir(filepath.Join(dir, "run"), 0o755); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, "run", "agent.sock"))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var taken []net.Conn
		for accept {
			conn, err := l.Accept()
			if err != nil {
				break
			}
			taken = append(taken, conn)
		}
		for _, conn := range taken {
			_ = conn.Close() // nothing was read from it
		}
	}()
	t.Cleanup(func() {
		_ = l.Close() // once
		<-ended
	})
	return dir
}

// TestProductExits: whatever the agent does, a product ends as it would and says
// nothing.
func TestProductExits(t *testing.T) {
	kinds := agents(t)
	for _, p := range rig.Products(t) {
		for _, kind := range kinds {
			if r := p.On(kind.dir).Run(t); r.Code != p.Code || r.Stderr != "" {
				t.Errorf("%s, agent %s: exit code %d, want %d; %s", p.Name, kind.name, r.Code, p.Code, r.Stderr)
			}
		}
	}
}

// BenchmarkProduct reports how long a product runs beside a live agent, in the
// median of interleaved runs, and how much longer when there is none, when it
// was killed, and when it hangs.
func BenchmarkProduct(b *testing.B) {
	kinds := agents(b)
	for _, p := range rig.Products(b) {
		b.Run(p.Name, func(b *testing.B) {
			took, order := make([][]time.Duration, len(kinds)), rand.New(rand.NewPCG(1, 1))
			for range productRuns {
				for _, at := range order.Perm(len(kinds)) { // none always follows the same one
					start := time.Now()
					if r := p.On(kinds[at].dir).Run(b); r.Code != p.Code {
						b.Fatalf("agent %s: exit code %d: %s", kinds[at].name, r.Code, r.Stderr)
					}
					took[at] = append(took[at], time.Since(start))
				}
			}
			with := median(took[0])
			b.ReportMetric(ms(with), "ms-"+kinds[0].name)
			for i, kind := range kinds[1:] {
				b.ReportMetric(ms(median(took[i+1])-with), fmt.Sprintf("ms-more-%s", kind.name))
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

func median(of []time.Duration) time.Duration {
	slices.Sort(of)
	return (of[(len(of)-1)/2] + of[len(of)/2]) / 2
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
