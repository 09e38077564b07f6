package fault

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// erasure is a receipt.
type erasure struct {
	State                string
	Envelopes, Confirmed int
	Refused              map[string]int
	Pages                int    `json:"pages_erased"`
	ForgottenBy          string `json:"brokers_forget_by"`
}

// receipt asks an agent how far the erasure is; it says nothing while nobody
// answers.
func receipt(t *testing.T, agent *rig.Daemon) (e erasure) {
	t.Helper()
	_, b, err := rig.API(t.Context(), agent.Data, http.MethodGet, "/v1/erase", nil)
	if err != nil || json.Unmarshal(b, &e) != nil {
		return erasure{}
	}
	return e
}

// whole says whether a receipt is of an erasure that the store has confirmed.
func (e erasure) whole(t *testing.T) {
	t.Helper()
	if _, err := time.Parse(time.DateOnly, e.ForgottenBy); err != nil || e.Confirmed != e.Envelopes || e.Envelopes == 0 || len(e.Refused) > 0 {
		t.Errorf("the receipt is %+v", e)
	}
}

// eraseUnderFire orders to erase, kills the store and then the agent at random
// moments, and waits until all is confirmed.
func eraseUnderFire(t *testing.T, r *rand.Rand, s *rig.Split, agent *rig.Daemon) {
	t.Helper()
	var wg sync.WaitGroup
	wg.Go(func() { _, _, _ = rig.API(t.Context(), agent.Data, http.MethodPost, "/v1/erase", nil) }) // it may not live to answer
	time.Sleep(time.Duration(r.Int64N(int64(time.Second))))                                         // a random moment of the erasure
	killed(t, r, s.Store)
	time.Sleep(time.Duration(r.Int64N(int64(time.Second) / 2)))
	killed(t, r, agent)
	wg.Wait()
	var got erasure
	rig.Eventually(t, "all is erased", func() bool {
		got = receipt(t, agent)
		if got.State == "none" { // the agent was killed before it took the order
			_, _, _ = rig.API(t.Context(), agent.Data, http.MethodPost, "/v1/erase", nil)
		}
		return got.State == "done"
	})
	got.whole(t)
}

// eraseByOperator erases by an ID that a user has read out.
func (e *erasable) eraseByOperator(t *testing.T) {
	t.Helper()
	c := rig.Tacit(t, "store", "erase", "-", "--config", e.s.Store.Config, "--json")
	c.In = e.operated + "\n"
	var got erasure
	c.JSON(t, &got)
	if n := len(e.before.batches[e.operated]); got.Pages != n || got.ForgottenBy == "" {
		t.Errorf("%d pages were stored, and the operator's receipt says %+v", n, got)
	}
}
