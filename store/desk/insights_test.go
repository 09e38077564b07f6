package desk_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/store/insights"
)

// somePeople are three versions of a product; too few run the newest.
func somePeople() insights.Population {
	used := func(events uint64) []insights.Series {
		return []insights.Series{{Labels: map[string]string{"menu": "open"}, Events: events}, {Labels: map[string]string{"menu": "rare"}, Fewer: 20}}
	}
	took := func(low, high int64) []insights.Series {
		return []insights.Series{{Labels: map[string]string{"operation": "open"}, Events: 1000, Spread: &insights.Spread{Middle: insights.Range{Low: low, High: high}}}}
	}
	failed := func(events uint64) []insights.Series {
		return []insights.Series{{Labels: map[string]string{"operation": "search", "value": "search_timeout"}, Events: events}}
	}
	answer := func(metric, unit string, older, newer []insights.Series) insights.Answer {
		return insights.Answer{Metric: metric, Unit: unit, By: []string{"service.version"}, From: "2026-10-24", To: "2026-11-22", Cells: []insights.Cell{
			{Facets: []string{"5.2.0"}, Installations: 120, Days: 2000, Series: older},
			{Facets: []string{"5.3.0"}, Installations: 60, Days: 1000, Series: newer},
			{Facets: []string{"5.4.0"}, Fewer: 20},
		}}
	}
	return insights.Population{Answers: []insights.Answer{
		answer("finder.error", "", failed(20), failed(200)),
		answer("finder.menu.used", "", used(4000), used(9000)),
		answer("finder.operation.duration", "us", took(100_000, 500_000), took(500_000, 2_000_000)),
	}}
}

// TestInsights: analysts see what is used, slow and breaks by version, and of too few
// nothing but that.
func TestInsights(t *testing.T) {
	o := open(t, true)
	analyst := o.with("alice", web.Analyst)
	analyst.get("/insights").says(http.StatusOK, "Nothing of this kind")
	o.set(func() { o.people = somePeople() })
	p := analyst.get("/insights")
	p.says(http.StatusOK, "finder.menu.used", "at least 120 installations", "1 version is not shown", "open 200 900 rare fewer than 20 times", "2026-10-24 to 2026-11-22")
	if strings.Contains(p.main(), "5.4.0") || strings.Contains(p.main(), "finder.error") || strings.Contains(p.main(), "more often") {
		t.Errorf("what is used says %s", p.main())
	}
	analyst.get(p.link("What is slow")).says(http.StatusOK, "open 100 ms to 500 ms 500 ms to 2 s slower")
	analyst.get(p.link("What breaks")).says(http.StatusOK, "search · search_timeout 1 20 more often")
	if body := p.body; strings.Contains(body, "private-id") || strings.Contains(body, "/case") {
		t.Error("from here a history can be opened")
	}
	o.set(func() { o.nobody = context.DeadlineExceeded })
	analyst.get("/insights").says(http.StatusServiceUnavailable, "Load the page again")
	if o.times() != 0 {
		t.Error("a history was asked for")
	}
}
