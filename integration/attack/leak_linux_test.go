package attack

import (
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/figures"
)

// seedVariable holds the seed of an earlier run, to do the same again.
const seedVariable = "TACIT_SEED"

// seeded returns the source of a test's choices, and prints its seed.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv(seedVariable); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("%s is %q: set it to the number that an earlier run printed", seedVariable, text)
		}
		seed = n
	}
	t.Logf("%s=%d", seedVariable, seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// TestLeak has agent, relays and store in processes of their own on a planted
// host, with debug logging, without TLS so that the wire is searched and not its
// ciphertext only, and gives them planted identifiers through every input there
// is: what a product reports, its crashes, what it emits for OpenTelemetry, labels,
// names and versions, values that must never leave, requests that are malformed
// or too long at every door and socket, the console's forms, configurations, arguments, the environment, names of directories. Disks are
// filled up, files damaged, and everything dies of signals that leave a core
// file, where one may be as large as it wants.
//
// Every byte on every disk, every log, answer, page, metric, backup, and what
// crossed the wire at each hop, is searched. Something may hold something:
//
//   - the administrator's account name: the site's console and policy, whose
//     history says who changed what;
//   - who opened a history on the store's machine: the audit log, under "by";
//   - the installation ID: DIR/agent/installation.json, and lines that show it;
//   - a data directory's name: the line by which a daemon says where it runs, and
//     what the user is told to type to mean the same directory;
//   - what somebody typed himself: the answer to him;
//   - a name that a product emits and no registry maps: GET /v1/status and `why`,
//     for the host's own eyes.
//
// What the test says itself, from addresses of its own, is left out of the wire;
// the answers to it are searched one by one.
func TestLeak(t *testing.T) { onPlantedHost(t, leak) }

func leak(t *testing.T) {
	rounds, random := figures.Size(t, 1, 10, 0), seeded(t)
	plant(t)
	wire := listen(t)
	host := thisHost(t, "the planted host")
	f := newPlantedField(t, host)
	f.setUp()
	for range rounds {
		f.says()
		f.visited()
		f.typed(random)
		f.keptWaiting()
		f.full()
		f.dies(random)
		f.damaged(random)
	}
	f.arrives()
	f.keepAll("at the end")
	f.ends()
	spoken := wire.stop(t, stranger.at, admin.at, reporter.at)
	for _, stream := range spoken {
		f.seen.add("the wire", stream)
	}
	found := f.seen.search(append(host, allSecrets()...), installationID(t, f.id, f.spoken))
	found = append(found, f.administrator()...)
	report(t, found)
	f.sinksAreSeen()
	figures.Report(t, figures.Leak, "agent, relays and store, %d rounds: %s", rounds, f.seen.figure(host, found))
}

// administrator looks for the administrator's name where it does not belong.
func (f *plantedField) administrator() (found []finding) {
	s := newSearcher([]identifier{{class: "the administrator's name", place: "the console", text: account}})
	for _, x := range f.seen.exhibits {
		if !slices.ContainsFunc([]string{"D/relay/policy/", "D/relay/console/", "the console's "}, func(at string) bool { return strings.HasPrefix(x.name, at) }) {
			found = append(found, s.find(x.name, x.data)...)
		}
	}
	return found
}

// sinksAreSeen is the control: what must be there is found by the same search,
// in every kind of place.
func (f *plantedField) sinksAreSeen() {
	for _, c := range []struct{ place, text string }{
		{"the log of the edge", "relay is open"}, {"the log of the site", "tacit relay"}, {"the log of the store", "tacit store"},
		{"the log of the agent", "tacit-agent"}, {"the log of the agent until", "goroutine "}, {"the log of the store until", "goroutine "},
		{"the log of the site until", "goroutine "}, {"the log of the edge until", "goroutine "},
		{"D/relay/stream/", canary}, {"the wire", canary}, {"the wire", "MSG tacit.crate"}, {"the wire", "PUB tacit.put"}, {"the wire", "tacit.reply"},
		{"D/relay/policy/policy.log", account}, {"D/relay/console/", account}, {"the console's /cloud-services", account},
		{"/metrics of the site", "tacit_relay_passed_total"}, {"/metrics of the edge", "tacit_relay"}, {"/metrics of the store", "tacit_store"},
		{"the names of files of the store", "MANIFEST"}, {"D/agent/installation.json", f.id},
		{"stdout of tacit lookup", "permission denied"}, {"D/agent/outbox/", "permission"}, {"the answer to POST /v1/records", "dropped"},
		{"what a damaged", " runs; "}, {"the answers at the store's socket", "HTTP/1.1 4"},
	} {
		s := newSearcher([]identifier{{class: "control", text: c.text}})
		if !slices.ContainsFunc(f.seen.exhibits, func(x exhibit) bool {
			return strings.HasPrefix(x.name, c.place) && len(s.find(x.name, x.data)) > 0
		}) {
			f.t.Errorf("%q is not found in %s: nothing would be", c.text, c.place)
		}
	}
}
