package split

import (
	"encoding/json"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// Counts of a store that is not of the agents' registry release.
const (
	foreign        = "tacit_store_fragments_foreign_total"
	refusedMetrics = `tacit_store_fragments_refused_total{reason="unknown_metric"}`
	refusedTuples  = `tacit_store_fragments_refused_total{reason="unknown_tuple"}`
)

// TestReleases: an agent and a store of two releases of a product's registry lose
// nothing that both know, in sums and on pages. What only the agent's release has
// is refused by the store, which says why, and on pages it is counted as not
// understood until its registry is named.
func TestReleases(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		agent, store string // registries
		only         string // what only the agent's has
		refused      string // the count of it
	}{
		"an old agent": {"app-1.yaml", "app-2.yaml", "app.old", refusedTuples},
		"a new agent":  {"app-2.yaml", "app-1.yaml", "app.new", refusedMetrics},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			agents, stores := registryFile(t, c.agent), registryFile(t, c.store)
			s := begin(t, rig.Plan{
				Agents: 1, Agent: rig.Edits{"registry": []string{agents}}, Site: rig.Edits{"registry": []string{agents}},
				Store: rig.Edits{"registries": [][]string{{stores}}},
			})
			var first rig.Ledger
			offer(t, s.Agents[0], &first) // the site was heard
			reportApp(t, s.Agents[0], c.only)
			tl := answered(t, s)
			if got := byMetric(tl); got[c.only] != 0 || got["app.used"] != 3 || got["app.took"] != 2 || tl.Unknown != 4 {
				t.Errorf("the lookup has %v and %d records not understood", got, tl.Unknown)
			}
			var known rig.Timeline
			rig.Tacit(t, "lookup", rig.ID(t, s.Agents[0].Data), "--data", s.Store.Data, "--registry", agents, "--json").JSON(t, &known)
			if byMetric(known)[c.only] != 4 || known.Unknown != 0 {
				t.Errorf("with its registry named, it has %v and %d not understood", byMetric(known), known.Unknown)
			}
			if n := s.Store.Metric(t, c.refused); n != 1 {
				t.Errorf("the store says that it refused %v fragments, want the one of %s", n, c.only)
			}
			if s.Store.Metric(t, foreign) == 0 {
				t.Error("the store does not say that fragments are of another release")
			}
			both := map[string]sum{"app.used": {6, 6}, "app.took": {2, 505_000}}
			if sums := appSums(t, s.Store); !maps.Equal(sums, both) {
				t.Errorf("the sums are %v, want %v", sums, both)
			}
			given(t, s, agents, stores, c.only)
		})
	}
}

// given gives the store the agent's release as well, for one start, and looks
// whether it goes on knowing it: in the end its configuration names its own only.
func given(t *testing.T, s *rig.Split, agents, stores, only string) {
	t.Helper()
	rig.EditFile(t, s.Store.Config, rig.Edits{"registries": [][]string{{stores}, {agents}}})
	s.Store.Start(t)
	if _, code := s.Store.Interrupt(t); code != 0 {
		t.Fatalf("the store ended with %d: %s", code, s.Store.Text())
	}
	rig.EditFile(t, s.Store.Config, rig.Edits{"registries": [][]string{{stores}}})
	s.Store.Start(t)
	reportApp(t, s.Agents[0], only)
	var tl rig.Timeline
	rig.Eventually(t, "what is reported again is in the lookup, and all of it answered", func() bool {
		tl = s.Lookup(t, s.Agents[0])
		return byMetric(tl)["app.used"] == 6 && waiting(t, s.Agents[0]) == 0
	})
	if got := byMetric(tl); got[only] != 8 || tl.Unknown != 0 {
		t.Errorf("given the release, the lookup has %v and %d records not understood", got, tl.Unknown)
	}
	if n := s.Store.Metric(t, foreign); n != 0 {
		t.Errorf("given the release, it finds %v fragments of another one", n)
	}
	if r := rig.Tacit(t, "store", "config", "check", "--config", s.Store.Config).Run(t); r.Code != 0 || !strings.Contains(r.Stdout, filepath.Base(stores)) {
		t.Errorf("check: exit %d: %s%s", r.Code, r.Stdout, r.Stderr)
	}
	want := map[string]sum{"app.used": {12, 12}, "app.took": {4, 1_010_000}, only: {4, 4}}
	if sums := appSums(t, s.Store); !maps.Equal(sums, want) {
		t.Errorf("given the release, the sums are %v, want %v", sums, want)
	}
}

// appSums ends a store and returns what it holds of the tests' product.
func appSums(t *testing.T, store *rig.Daemon) map[string]sum {
	t.Helper()
	sums := sumsOf(t, store)
	maps.DeleteFunc(sums, func(metric string, _ sum) bool { return !strings.HasPrefix(metric, "app.") })
	return sums
}

func registryFile(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// reportApp reports three uses that count six times, two durations, and four of what
// only the agent's release has.
func reportApp(t *testing.T, agent *rig.Daemon, only string) {
	t.Helper()
	records := []rig.Offered{
		{Metric: "app.used", Value: 1}, {Metric: "app.used", Value: 2}, {Metric: "app.used", Value: 3},
		{Metric: "app.took", Value: 5_000}, {Metric: "app.took", Value: 500_000},
	}
	for range 4 {
		records = append(records, rig.Offered{Metric: only, Value: 1})
	}
	body := map[string]any{"product": map[string]string{"name": "app", "version": "7.1"}, "records": records}
	status, answer, err := rig.API(t.Context(), agent.Data, http.MethodPost, "/v1/records", body)
	if err != nil || status != http.StatusOK {
		t.Fatalf("report: %d, %v: %s", status, err, answer)
	}
	var got struct{ Results []rig.Answer }
	if err := json.Unmarshal(answer, &got); err != nil || len(got.Results) != len(records) {
		t.Fatalf("%v in %s", err, answer)
	}
	for _, a := range got.Results {
		if !a.Accepted() {
			t.Fatalf("a record is %s: %s", a.Status, a.Reason)
		}
	}
}

// answered waits until what the agent reported is in the lookup, and the store has
// answered all that was gathered with it. It returns the timeline.
func answered(t *testing.T, s *rig.Split) (tl rig.Timeline) {
	t.Helper()
	rig.Eventually(t, "what was reported is in the lookup, and all of it answered", func() bool {
		tl = s.Lookup(t, s.Agents[0])
		return byMetric(tl)["app.used"] > 0 && waiting(t, s.Agents[0]) == 0
	})
	return tl
}

// byMetric counts the records of a timeline.
func byMetric(tl rig.Timeline) map[string]int {
	out := map[string]int{}
	for _, r := range tl.Records {
		out[r.Metric]++
	}
	return out
}
