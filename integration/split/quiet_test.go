package split

import (
	"fmt"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// watched is what somebody who looks from outside has seen of a split that
// speaks without TLS between agents and the site's relay.
type watched struct {
	t       *testing.T
	s       *rig.Split
	ledgers map[*rig.Daemon]*rig.Ledger
	// silent says that not even a question may be asked: what agents say to
	// each relay is a greeting and a subscription.
	silent bool

	puts, published []int
	passed          float64
}

// resting notes what was sent until now, after which nothing may be.
func resting(t *testing.T, s *rig.Split, ledgers map[*rig.Daemon]*rig.Ledger) *watched {
	t.Helper()
	w := &watched{t: t, s: s, ledgers: ledgers, silent: true, passed: s.Edge.Metric(t, passed)}
	for _, wire := range s.Wires {
		puts, published := said(wire)
		w.puts, w.published = append(w.puts, puts), append(w.published, published)
	}
	return w
}

// said counts the envelopes, and everything, that an agent has said.
func said(wire *rig.Proxy) (puts, published int) {
	for subject, p := range wire.Seen().Published {
		published += p.Count
		if subject == rig.Put {
			puts += p.Count
		}
	}
	return puts, published
}

// check offers records and asks for sending, again and again, and looks whether
// anything left.
func (w *watched) check(what string) {
	w.t.Helper()
	for a, ledger := range w.ledgers {
		for range 3 {
			answers, err := ledger.Offer(w.t.Context(), a.Data, 1)
			if err != nil || answers[0].Accepted() {
				w.t.Errorf("%s: a record was answered %v, %v", what, answers, err)
			}
			if got := send(w.t, a); got.Sent != 0 || got.Reason == "" {
				w.t.Errorf("%s: send says %+v", what, got)
			}
		}
	}
	if err := w.nothing(); err != nil {
		w.t.Errorf("%s: %v", what, err)
	}
}

// nothing returns what was sent though nothing may be.
func (w *watched) nothing() error {
	for i, wire := range w.s.Wires {
		puts, published := said(wire)
		if puts != w.puts[i] {
			return fmt.Errorf("agent %d put %d envelopes", i, puts-w.puts[i])
		}
		if w.silent && published != w.published[i] {
			return fmt.Errorf("agent %d asked for something: %v", i, wire.Seen().Published)
		}
	}
	if n := w.s.Edge.Metric(w.t, passed); n != w.passed {
		return fmt.Errorf("the edge passed %v envelopes", n-w.passed)
	}
	return nil
}

// resumes waits until an agent's records arrive again, and checks that all that
// it ever accepted did, once.
func (w *watched) resumes() {
	w.t.Helper()
	for a, ledger := range w.ledgers {
		offer(w.t, a, ledger)
		ledger.CheckExact(w.t, arrived(w.t, w.s, a, ledger))
	}
}
