package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/insights"
)

// TestInsightsNeedACrowd: of 19 hosts nothing is said but that, over the socket
// and with nobody running, and of 20 there are numbers.
func TestInsightsNeedACrowd(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	s := start(t, h.config(e))
	host := newHost(t, s)
	send := func(n int) {
		t.Helper()
		var envelopes []*envelope.Sealed
		for range n {
			envelopes = append(envelopes, host.seal(host.fragment(today, 2)))
		}
		for _, status := range e.send(envelopes...) {
			if status != wire.Stored {
				t.Fatalf("reply %v", status)
			}
		}
	}
	check := func(how string, fewer int, events uint64) {
		t.Helper()
		src, err := insights.Open(t.Context(), home.Home{Dir: h.data, KeysDir: h.keys, RunDir: h.run}, registry.BaseSet())
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := src.Close(); err != nil {
				t.Error(err)
			}
		}()
		a, err := src.Answer(t.Context(), insights.Question{Metric: "tacit.command.used", Days: 2})
		if err != nil || len(a.Cells) != 1 || a.Cells[0].Fewer != fewer {
			t.Fatalf("%s: %+v, %v", how, a, err)
		}
		if fewer == 0 && (a.Cells[0].Installations != 20 || a.Cells[0].Series[0].Events != events) {
			t.Errorf("%s: %+v", how, a)
		}
		p, err := src.Population(t.Context())
		if got, ok := p.Of("tacit.command.used"); err != nil || !ok || !slices.Equal(got.By, []string{"service.version"}) {
			t.Errorf("%s: %+v, %v", how, p, err)
		}
		_, err = src.Answer(t.Context(), insights.Question{Metric: "command.used", Days: 2})
		if !errors.Is(err, insights.ErrNoMetric) || !strings.Contains(err.Error(), "there is tacit.command.used") {
			t.Errorf("%s: %v", how, err)
		}
	}
	send(19)
	check("19 over the socket", 20, 0)
	send(1)
	check("20 over the socket", 0, 40)
	stop(t, s)
	check("20 with nobody running", 0, 40)
}
