package sim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats-server/v2/server/ats"

	"github.com/tacit-telemetry/tacit/integration/sim/simrand"
)

// verdict is what a seed's simulation says.
type verdict struct {
	Seed    uint64
	Plan    string // hash of what the seed decided
	Trace   string // hash of what passed on the wires, and when
	Passed  time.Duration
	Drained time.Duration // from the repair until nothing waited
	Account *account
	Failed  bool

	// Of an outage: envelopes in the worst minute to the mean one, and
	// connections in the worst second.
	Peak     float64 `json:",omitempty"`
	Connects int     `json:",omitempty"`
}

// seedVariable asks for one seed; the scenario is the test's.
const seedVariable = "TACIT_SEED"

// perSeed bounds one seed's simulation.
const perSeed = 10 * time.Minute

// verbose says whether somebody looks at one seed.
func verbose() bool { return testing.Verbose() && inside }

// simulate runs the seeds 1 to n of a scenario, each in a process of its own,
// and returns what they say. A failing one prints the line that repeats it. In
// the simulation's binary it runs the one seed that is asked for.
func simulate(t *testing.T, n int, scenario func(t *testing.T, seed uint64, dir string) *verdict) []*verdict {
	t.Helper()
	if inside {
		live(t, scenario)
		return nil
	}
	first, last := uint64(1), uint64(n)
	if s := os.Getenv(seedVariable); s != "" {
		seed, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("%s is %q: set it to the number of a seed", seedVariable, s)
		}
		first, last = seed, seed
	}
	t.Logf("seeds %d to %d", first, last)
	binary := simulation(t)
	seeds := make(chan uint64)
	var (
		mu  sync.Mutex
		out []*verdict
		wg  sync.WaitGroup
	)
	for range min(runtime.NumCPU(), int(last-first)+1) {
		wg.Go(func() {
			for seed := range seeds {
				v := one(t, binary, seed)
				mu.Lock()
				out = append(out, v)
				mu.Unlock()
			}
		})
	}
	for seed := first; seed <= last && failures(&mu, out) < tooMany; seed++ {
		seeds <- seed
	}
	close(seeds)
	wg.Wait()
	return out
}

// atOnce lets tests run side by side; their seeds share the machine. In the
// simulation's binary there is one, and it seeds what the whole process uses.
func atOnce(t *testing.T) {
	if !inside {
		t.Parallel()
	}
}

// turns bounds how many seeds are simulated at a time, by all tests.
var turns = make(chan struct{}, runtime.NumCPU())

// built is the simulation's binary, for all tests of this run.
var built struct {
	sync.Once
	path string
}

func simulation(t *testing.T) string {
	t.Helper()
	built.Do(func() { built.path = buildSimulation(t, buildDir) })
	if built.path == "" {
		t.Fatal("the simulation was not built; an earlier test says why")
	}
	return built.path
}

// one runs one seed in a process of its own.
func one(t *testing.T, binary string, seed uint64) *verdict {
	turns <- struct{}{}
	defer func() { <-turns }()
	ctx, cancel := context.WithTimeout(t.Context(), perSeed)
	defer cancel()
	dir, remove := memoryDir(t)
	defer remove()
	args := []string{"-test.run", "^" + t.Name() + "$"}
	if os.Getenv(seedVariable) != "" {
		args = append(args, "-test.v")
	}
	c := exec.CommandContext(ctx, binary, args...)
	c.Env = append(os.Environ(), fmt.Sprintf("%s=%d", seedVariable, seed), dirVariable+"="+dir, "DO_NOT_TRACK=", "TACIT_TELEMETRY=",
		"GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1", // one goroutine at a time, as long as it wants: so that a seed replays
		"GOGC=off", "GOMEMLIMIT=1GiB") // the processes are short
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGQUIT) } // it says where it hangs
	c.WaitDelay = 5 * time.Second
	out, err := c.CombinedOutput()
	if os.Getenv(seedVariable) != "" {
		t.Logf("%s", out)
	}
	_, after, found := bytes.Cut(out, []byte(verdictMark))
	v := &verdict{}
	line, _, _ := bytes.Cut(after, []byte("\n"))
	told := found && json.Unmarshal(line, v) == nil
	if told && err == nil {
		return v
	}
	t.Errorf("seed %d: %v\n%s\nagain: %s=%d go test ./integration/sim -run '^%s$' -v", seed, err, tail(out), seedVariable, seed, t.Name())
	if !told {
		return nil
	}
	v.Failed = true
	return v
}

// tail returns the last of what a process said.
func tail(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.Join(lines[max(0, len(lines)-60):], "\n")
}

// tooMany failing seeds end a run.
const tooMany = 5

func failures(mu *sync.Mutex, out []*verdict) (n int) {
	mu.Lock()
	defer mu.Unlock()
	for _, v := range out {
		if v == nil || v.Failed {
			n++
		}
	}
	return n
}

// verdictMark begins the line with a verdict.
const verdictMark = "verdict "

// live runs one seed here: all randomness comes from it, all time is the
// bubble's, and the verdict is printed.
func live(t *testing.T, scenario func(t *testing.T, seed uint64, dir string) *verdict) {
	seed, err := strconv.ParseUint(os.Getenv(seedVariable), 10, 64)
	if err != nil {
		t.Fatalf("no seed: %v", err)
	}
	dir := os.Getenv(dirVariable)
	// The server's clock of last accesses is the process's: it must not belong
	// to the bubble, which it would keep from ever being idle.
	ats.Register()
	defer ats.Unregister()
	cryptotest.SetGlobalRandom(t, seed)
	simrand.Seed(seed)
	var v *verdict
	synctest.Test(t, func(t *testing.T) { v = scenario(t, seed, dir) })
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("\n%s%s\n", verdictMark, b)
	for _, note := range v.Account.Notes {
		t.Log(note)
	}
	if v.Account.wrong() {
		t.Errorf("%d of %d lost, %d of these dropped for their age or for room, %d double, %d leaked, sums of %d agents wrong, %d batches wrongly expired",
			v.Account.Lost, v.Account.Accepted, v.Account.Dropped, v.Account.Double, v.Account.Leaked, v.Account.Sums, v.Account.Expired)
	}
}

// dirVariable tells the process of a seed where its world lies. Who started it
// removes that, however the process ended.
const dirVariable = "TACIT_SIM_DIR"

// memoryDir makes a directory in memory where there is such a volume: syncs are
// real and cost nothing there.
func memoryDir(t *testing.T) (dir string, remove func()) {
	dir, err := os.MkdirTemp("/dev/shm", "tacit-sim-")
	if err != nil {
		dir = t.TempDir()
	}
	return dir, func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	}
}
