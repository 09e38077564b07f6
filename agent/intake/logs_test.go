package intake_test

import (
	"errors"
	"testing"

	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/schema"
)

// small gives the house a spool of that many bytes.
func small(t *testing.T, room int64) *house {
	t.Helper()
	h := newHouse(t)
	if err := h.spool.Close(); err != nil {
		t.Fatal(err)
	}
	h.room, h.level = room, schema.Enhanced
	h.open()
	return h
}

// line is a record of a log.
func line(n int64) schema.Record { return record("log.line", schema.Number(n)) }

// TestLogsHaveAShare: in an outage that does not end logs take a quarter of the
// spool, and nothing of others goes because of them. When something was sent they
// are taken again.
func TestLogsHaveAShare(t *testing.T) {
	const room, others = 512 << 10, 40
	h := small(t, room)
	h.take(facts()...)
	full := false
	for n := range int64(2000) { // an hour each, of which nothing is confirmed
		if n < others {
			h.take(record("lines.read", schema.Number(n)))
		}
		lines := make([]schema.Record, 100)
		for i := range lines {
			lines[i] = line(100*n + int64(i))
		}
		err := h.intake.TakeLogs(t.Context(), lines)
		if full = errors.Is(err, intake.ErrShare); full && n >= others {
			break
		}
		if err != nil && !full {
			t.Fatal(err)
		}
		if _, err := h.intake.Gather(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	used, bound := h.spool.Filled()
	if !full || bound != room || used < room/4 || used > room/2 {
		t.Errorf("logs took until %d of %d bytes are used, want about a quarter", used, bound)
	}
	if n := h.intake.Refused(); len(n) != 0 {
		t.Errorf("refused %v of what goes on being gathered", n)
	}
	answers, err := h.intake.Take(t.Context(), []schema.Record{line(1), record("menu.used", schema.Number(1), label("menu", "open"))}, false)
	if want := (intake.Answer{Reason: intake.ReasonShare}); err != nil || answers[0] != want || !answers[1].Accepted || h.intake.Refused()["share"] != 1 {
		t.Errorf("%+v, %v, counted %v", answers, err, h.intake.Refused())
	}
	h.loseNothing(others)
	if err := h.intake.TakeLogs(t.Context(), []schema.Record{line(2)}); err != nil {
		t.Errorf("a log is not taken when all was sent: %v", err)
	}
}

// loseNothing checks that nothing was dropped and that all that is of no log is
// there still, and ends it.
func (h *house) loseNothing(others int) {
	h.t.Helper()
	pages, _ := h.gather()
	read := 0
	for _, p := range pages {
		for _, r := range p.Records {
			if r.Metric == "lines.read" {
				read++
			}
		}
	}
	if n := h.spool.Stats().Dropped; n != 0 || read != others {
		h.t.Errorf("%d records were dropped, and %d of %d of no log are there", n, read, others)
	}
}

// TestVersionOfAProduct: it is the one that was told last, in a record that was
// accepted and is of no log.
func TestVersionOfAProduct(t *testing.T) {
	h := small(t, 0)
	of := func(metric, version string) schema.Record {
		r := record(metric, schema.Number(1))
		r.Product.Version = version
		return r
	}
	if v := h.intake.Version("finder"); v != "" {
		t.Errorf("version %q before any was told", v)
	}
	h.take(of("lines.read", "5.3.1"), of("lines.read", "5.4.0"), of("log.line", "5.3.1"))
	if _, err := h.intake.Take(t.Context(), []schema.Record{of("nobody.knows", "6.0.0")}, false); err != nil {
		t.Fatal(err)
	}
	if v := h.intake.Version("finder"); v != "5.4.0" {
		t.Errorf("version %q, want 5.4.0", v)
	}
	if v := h.intake.Version("other"); v != "" {
		t.Errorf("version %q of another product", v)
	}
}
