package desk_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

type node = html.Node

// rows returns the rows of the time line, without the lines of minutes.
func (p page) rows() []string {
	var out []string
	for _, n := range p.find(func(n *node) bool { return n.Data == "tr" && attr(n, "class") != "minute" }) {
		if table := n.Parent.Parent; strings.HasPrefix(attr(table, "class"), "line") && n.Parent.Data == "tbody" {
			out = append(out, text(n))
		}
	}
	return out
}

// TestLine pages, filters and zooms.
func TestLine(t *testing.T) {
	o := open(t, true)
	p := o.admin.look(theID)
	rows := p.rows()
	if len(rows) != 41 || !strings.Contains(rows[40], "E217") { // the last page of 541
		t.Fatalf("%d rows, the last %q", len(rows), rows[len(rows)-1])
	}
	p.says(http.StatusOK, "541 records; page 6 of 6")
	if rows = o.admin.get(p.link("First")).rows(); len(rows) != 100 || !strings.Contains(rows[0], "00:00:05") {
		t.Errorf("first page: %d rows, %q", len(rows), rows[0])
	}
	if rows = o.admin.get(p.link("Before")).rows(); len(rows) != 100 {
		t.Errorf("the page before: %d rows", len(rows))
	}
	errors := o.admin.get(p.link("Error reports"))
	if rows = errors.rows(); len(rows) != 1 || !strings.Contains(rows[0], "operation query") {
		t.Errorf("errors: %q", rows)
	}
	if !strings.Contains(errors.class("code copy"), "finder.error\tE217") && !strings.Contains(errors.class("code copy"), "finder.error E217") {
		t.Errorf("as text: %q", errors.class("code copy"))
	}
	day := o.admin.get(p.link("2026-11-21"))
	if day.says(http.StatusOK, "180 records"); day.link("09:00") == "" {
		t.Fatalf("the day has no hours: %s", day.byID("timeline"))
	}
	hour := o.admin.get(day.link("09:00"))
	hour.says(http.StatusOK, "18 records")
	minute := o.admin.get(hour.link("09:10"))
	if rows = minute.rows(); len(rows) != 3 || !strings.Contains(rows[1], "340 ms") {
		t.Errorf("a minute: %q", rows)
	}
	if back := o.admin.get(minute.link("2026-11-21")); len(back.rows()) != 80 {
		t.Errorf("back to the day: %d rows", len(back.rows()))
	}
	name := strings.TrimPrefix(p.path, "/case?case=")
	filtered := o.admin.post("/case", "case", name, "act", "filter", "text", "e217")
	if rows = filtered.rows(); len(rows) != 1 || strings.Contains(filtered.path, "e217") {
		t.Errorf("filtered: %q at %s", rows, filtered.path)
	}
	o.admin.post("/case", "case", name, "act", "filter", "text", "nothing of it").says(http.StatusOK, "Nothing fits")
	if p.find(func(n *node) bool { return attr(n, "class") == "spark" }) == nil {
		t.Error("the health of the engine has no chart")
	}
}

// TestOddTimes: a clock that is wrong by years makes no page of years.
func TestOddTimes(t *testing.T) {
	o := open(t, true)
	for i := range 500 {
		o.history.Records = append(o.history.Records, record(at(22, 10, 0, 0)+int64(i)*40*24*3600, schema.Engine, "engine.memory", schema.Number(1), "By"))
	}
	p := o.admin.look(theID)
	if chips := p.find(func(n *node) bool { return attr(n, "class") == "chip" }); len(chips) > 80 {
		t.Errorf("%d links", len(chips))
	}
	p.says(http.StatusOK, "Earlier parts are not listed")
	for _, q := range []string{"&from=-9223372036854775808&span=day", "&from=9223372036854775807&span=minute", "&page=-7", "&page=99999999999999999999", "&problem=999", "&problem=-1", "&category=%3Cb%3E", "&span=year"} {
		o.admin.get(p.path + q).says(http.StatusOK)
	}
}

// TestMillion: the first page of a million records stays quick. The time is
// printed; the bound is a machine's that does other things.
func TestMillion(t *testing.T) {
	if testing.Short() {
		t.Skip("a million records")
	}
	o := open(t, true)
	h := &lookup.History{Pages: 1000}
	for i := range 1_000_000 {
		h.Records = append(h.Records, record(at(1, 0, 0, 0)+int64(i), schema.FeatureUsage, "finder.feature.used", schema.Number(1), "{use}", "feature", fmt.Sprint("f", i%50)))
	}
	o.set(func() { o.history = h })
	p := o.admin.look(theID)
	p.says(http.StatusOK, "1,000,000 records")
	begin := time.Now()
	o.admin.get(p.path).says(http.StatusOK)
	t.Logf("the page of a million records: %v", time.Since(begin))
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
}
