package attack

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// choices returns the random choices of a test; TACIT_SEED=n repeats them.
func choices(t testing.TB) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("TACIT_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("TACIT_SEED is %q: set it to a number", text)
		}
		seed = n
	}
	t.Logf("TACIT_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// hostileWorld is a real store and real agents that know no relay but the
// attacker's.
type hostileWorld struct {
	edge   *hostileEdge
	store  *rig.Daemon
	agents []*debtor
}

func newHostileWorld(t testing.TB, agents int) *hostileWorld {
	t.Helper()
	w := &hostileWorld{edge: newHostileEdge(t)}
	w.startStore(t)
	site := rig.Site{
		Relay: strings.TrimPrefix(w.edge.server.ClientURL(), "nats://"), Credential: "of-the-channel-0123456789", VendorKey: w.store.Told(t, "vendor_key"),
	}
	for n := range agents {
		dir := rig.Dir(t)
		d := &debtor{n: n, owed: map[string]map[int64]bool{}}
		d.Daemon = &rig.Daemon{
			Data: dir, Config: site.AgentConfig(t, dir, "interval: 24h", "window: 1h"), Command: rig.Command{Path: rig.Binary(t, "tacit-agent")},
		}
		d.Command.Args = []string{"--config", d.Config}
		d.Start(t)
		rig.Eventually(t, "the agent hears that the site takes part", func() bool {
			var why struct {
				MaySend bool `json:"may_send"`
			}
			d.ask(t, "/v1/why", &why)
			return why.MaySend
		})
		w.agents = append(w.agents, d)
	}
	return w
}

// startStore starts a store and waits until the attacker has its key list.
func (w *hostileWorld) startStore(t testing.TB) {
	t.Helper()
	dir := rig.Dir(t)
	config := filepath.Join(t.TempDir(), "store.yaml")
	text := fmt.Sprintf("data: %s\nkeys: %s\nrelays: [%s]\ncredential: of-stores-0123456789\nmetrics: 127.0.0.1:0\n",
		dir, filepath.Join(rig.Dir(t), "keys"), w.edge.server.ClientURL())
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w.store = &rig.Daemon{
		Data: dir, Config: config, Command: rig.Command{Path: rig.Binary(t, "tacit"), Args: []string{"store", "--config", config}},
	}
	w.store.Start(t)
	rig.Eventually(t, "the store tells its key list", func() bool { return w.edge.keys.Load() != nil })
}

// debtor is an agent, and what it was told to count and has accepted. Every
// agent reports of versions that no other has, so that sums can be told apart.
type debtor struct {
	*rig.Daemon
	n     int
	value int64
	owed  map[string]map[int64]bool // values, by version
}

// offer offers one record of each of so many versions; each version makes a
// fragment of its own.
func (d *debtor) offer(t testing.TB, versions int) {
	t.Helper()
	for v := range versions {
		version := fmt.Sprintf("7.%d.%d", d.n, v)
		d.value++
		status, b, err := rig.API(t.Context(), d.Data, http.MethodPost, "/v1/records", object{
			"product": object{"name": "tacit", "version": version},
			"records": []object{{"metric": "tacit.operation.duration", "value": d.value, "labels": object{"operation": "commit"}}},
		})
		if err != nil || status != http.StatusOK || !strings.Contains(string(b), `"accepted"`) {
			t.Fatalf("offer a record: %d, %v: %s", status, err, b)
		}
		if d.owed[version] == nil {
			d.owed[version] = map[int64]bool{}
		}
		d.owed[version][d.value] = true
	}
}

// send has the agent gather and send now. It returns when the round is over, or
// after 30 s.
func (d *debtor) send(t testing.TB) {
	status, b, err := rig.API(t.Context(), d.Data, http.MethodPost, "/v1/send", nil)
	if t.Context().Err() == nil && (err != nil || status != http.StatusOK) {
		t.Errorf("send now: %d, %v: %s", status, err, b)
	}
}

// batches returns how many batches the agent has that no reply has ended.
func (d *debtor) batches(t testing.TB) int {
	t.Helper()
	var s struct{ Spool struct{ Batches int } }
	d.ask(t, "/v1/status", &s)
	return s.Spool.Batches
}

// ended counts the entries of the outbox that a reply has ended: those with an
// outcome that only a store says.
func (d *debtor) ended(t testing.TB) (n int) {
	t.Helper()
	var entries []struct{ Outcome string }
	d.ask(t, "/v1/outbox", &entries)
	for _, e := range entries {
		switch e.Outcome {
		case "stored", "done", "notes", "redate", "bad-form", "expired", "erased", "conflict":
			n++
		}
	}
	return n
}

func (d *debtor) ask(t testing.TB, path string, into any) {
	t.Helper()
	status, b, err := rig.API(t.Context(), d.Data, http.MethodGet, path, nil)
	if err == nil && status == http.StatusOK {
		err = json.Unmarshal(b, into)
	}
	if err != nil || status != http.StatusOK {
		t.Fatalf("%s: %d, %v: %s", path, status, err, b)
	}
}

// settle has every agent send until nothing of it is outstanding.
func (w *hostileWorld) settle(t testing.TB) {
	t.Helper()
	for _, d := range w.agents {
		rig.Eventually(t, "the true replies end every batch", func() bool {
			d.send(t)
			return d.batches(t) == 0
		})
	}
}
