package split

import (
	"net/http"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestChain is a day of a site. What two agents offer arrives through both
// relays, and the replies come back. While the boxes are not ticked nothing
// leaves the site, not even what its relay held already, and a put by hand is
// refused; what was accepted before is kept, and arrives once they are ticked.
func TestChain(t *testing.T) {
	t.Parallel()
	s := begin(t, rig.Plan{Agents: 2})
	admin := s.Administrator(t)
	ledgers := [2]rig.Ledger{}
	for i, a := range s.Agents {
		offer(t, a, &ledgers[i])
		arrived(t, s, a, &ledgers[i])
		stored(t, a)
	}
	for _, relay := range []*rig.Daemon{s.Site, s.Edge} {
		if relay.Metric(t, passed) == 0 || relay.Metric(t, replies) == 0 {
			t.Errorf("a relay counts %v envelopes and %v replies", relay.Metric(t, passed), relay.Metric(t, replies))
		}
	}
	siteDoor(s).answers(t, fragment, queued)
	holdBack(t, s, &ledgers)
	admin.Decide(t, both("off"))
	if n, held := s.Site.Metric(t, shut), s.Site.Metric(t, inPool); n == 0 || held != 0 {
		t.Errorf("after saving, %v envelopes were taken out of the pool and %v are in it", n, held)
	}
	s.Uplink.Mend()
	s.Wires[1].Mend()
	s.Site.WaitReady(t)
	nothingArrives(t, s, &ledgers)
	admin.Decide(t, both("on"))
	for i, a := range s.Agents {
		ledgers[i].CheckExact(t, arrived(t, s, a, &ledgers[i]))
		offer(t, a, &ledgers[i])
		ledgers[i].CheckExact(t, arrived(t, s, a, &ledgers[i]))
	}
}

// stored waits until the store's reply to all that an agent sent is in its
// outbox.
func stored(t *testing.T, agent *rig.Daemon) {
	t.Helper()
	rig.Eventually(t, "the store's reply is in the outbox", func() bool {
		var entries []struct{ Outcome string }
		call(t, agent, http.MethodGet, "/v1/outbox", &entries)
		for _, e := range entries {
			if e.Outcome != "stored" {
				return false
			}
		}
		return len(entries) > 0 && waiting(t, agent) == 0
	})
}

// holdBack makes each agent accept a record that cannot get to the store: that
// of the first waits in the pool of the site's relay, that of the second is
// still on its host.
func holdBack(t *testing.T, s *rig.Split, ledgers *[2]rig.Ledger) {
	t.Helper()
	s.Uplink.Cut()
	s.Wires[1].Cut()
	for i, a := range s.Agents {
		offer(t, a, &ledgers[i])
	}
	rig.Eventually(t, "one record is in the relay's pool and one on its host", func() bool {
		return s.Site.Metric(t, inPool) > 0 && waiting(t, s.Agents[0]) > 0 && waiting(t, s.Agents[1]) > 0
	})
}

// nothingArrives looks whether anything leaves the site that refuses: counts of
// both relays, rows of the store, and what agents and a stranger are told.
func nothingArrives(t *testing.T, s *rig.Split, ledgers *[2]rig.Ledger) {
	t.Helper()
	for _, a := range s.Agents {
		if w := says(t, a, "off", "site_policy"); w.MaySend || !w.MayListen {
			t.Errorf("the agent says %+v", w)
		}
	}
	edge, site, turned := s.Edge.Metric(t, passed), s.Site.Metric(t, passed), s.Site.Metric(t, refusedOff)
	before := s.Store.Metric(t, rows)
	const times = 2
	for range times {
		for i, a := range s.Agents {
			if answers, err := ledgers[i].Offer(t.Context(), a.Data, 1); err != nil || answers[0].Accepted() || answers[0].Reason != "off" {
				t.Errorf("a record was answered %v, %v", answers, err)
			}
			if got := send(t, a); got.Sent != 0 || got.Reason == "" {
				t.Errorf("send says %+v", got)
			}
			if waiting(t, a) == 0 {
				t.Error("the agent did not keep what it had accepted")
			}
		}
		siteDoor(s).answers(t, fragment, off)
		fence(t, s)
	}
	if n := s.Site.Metric(t, refusedOff) - turned; n != times || s.Site.Metric(t, passed) != site {
		t.Errorf("the site's relay refused %v puts and passed %v, want the %d by hand and none", n, s.Site.Metric(t, passed)-site, times)
	}
	if n := s.Edge.Metric(t, passed) - edge; n != times {
		t.Errorf("the edge passed %v envelopes, want the %d of the fence", n, times)
	}
	if n := s.Store.Metric(t, rows); n != before {
		t.Errorf("the store has %v rows, want %v", n, before)
	}
	for i, a := range s.Agents {
		if missing := rig.Missing(s.Lookup(t, a), ledgers[i].Accepted()); len(missing) != 1 {
			t.Errorf("%d records are missing, want the one that was held back", len(missing))
		}
	}
	siteDoor(s).answers(t, byUser, queued) // what a user orders passes
}
