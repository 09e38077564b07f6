package local_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/anon"
	"github.com/tacit-telemetry/tacit/anon/own"
	"github.com/tacit-telemetry/tacit/anon/scrub"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/registry/example"
)

// taker takes records as an agent does; the rest of the interface is never
// called.
type taker struct {
	local.Agent
	intake *intake.Intake
}

func (t taker) Take(ctx context.Context, records []schema.Record, quiet bool) ([]intake.Answer, error) {
	return t.intake.Take(ctx, records, quiet)
}

// tripwire looks for this host's own identifiers, as an agent's does.
type tripwire struct{ own *own.Identifiers }

func (t tripwire) Trips(plain []byte) (class string, hit bool) {
	h, hit := t.own.Scan(plain)
	return string(h.Class), hit
}

// intakeOf returns an agent's intake, with all that an agent gives it.
func intakeOf(t testing.TB) taker {
	t.Helper()
	reg, err := registry.Overlay(registry.Base(), example.Files()...)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := own.Gather(t.Context(), own.Config{Common: scrub.Known})
	if err != nil {
		t.Log(err) // some of them are for root only
	}
	s, err := spool.Open(spool.Config{Dir: filepath.Join(t.TempDir(), "spool"), MaxBytes: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	terms := intake.Terms{Level: schema.Enhanced, Release: reg.Release, Collect: []schema.Programme{schema.CEIP, schema.CSP}}
	return taker{intake: intake.New(intake.Config{
		Registry: reg, Spool: s, Tripwire: tripwire{ids}, Writer: schema.Writer{1},
		Treater: &anon.Treatments{Registry: reg, Scrubber: scrub.New(ids), HashingKey: [32]byte{1}},
		Terms:   func() intake.Terms { return terms },
		Known:   func() bool { return true },
	})}
}

// TestJudged: what is no mistake of form is judged record by record, with the
// reason, and counted by it; the others of the request are taken.
func TestJudged(t *testing.T) {
	a := intakeOf(t)
	record := func(metric, value, more string) string {
		return fmt.Sprintf(`{"metric":%q,"value":%s%s}`, metric, value, more)
	}
	const menu, duration = "finder.menu.used", "finder.operation.duration"
	counts := map[string]uint64{}
	var records, want []string
	for _, c := range []struct{ record, reason string }{
		{record(menu, `1`, `,"labels":{"menu":"open"}`), ""},
		{record("finder.zoe", `1`, ``), "unknown_metric"},
		{record("engine.queries", `1`, ``), "other_product"},
		{record(menu, `"zoe"`, ``), "wrong_type"},
		{record("finder.edition", `5`, ``), "wrong_type"},
		{record(menu, `1`, `,"labels":{"menu":"zoe"}`), "not_listed"},
		{record(menu, `1`, `,"labels":{"zoe":"open"}`), "unknown_label"},
		{record(menu, `-1`, ``), "out_of_range"},
		{record(menu, `9223372036854775807`, ``), "out_of_range"},
		{record(menu, `1`, `,"count":2`), "bad_count"},
		{record(duration, `340000`, `,"count":1000001`), "bad_count"},
		{record(duration, `340000`, `,"count":-1`), "bad_count"},
		{record(duration, `340000`, `,"count":99999999999`), "bad_count"},
		{record(duration, `340000`, `,"count":1000000,"time":4102444800`), ""}, // the year 2100
		{record(duration, `340000`, `,"time":-9223372036854775808`), ""},
		{record("finder.error", `"zoe"`, ``), ""}, // becomes other
		{`{"metric":"finder.menu.used"}`, "wrong_type"},
		{`{}`, "unknown_metric"},
	} {
		records = append(records, c.record)
		if c.reason == "" {
			want = append(want, `{"status":"accepted"}`)
			continue
		}
		want = append(want, fmt.Sprintf(`{"status":"dropped","reason":%q}`, c.reason))
		counts[c.reason]++
	}
	code, _, raw := ask(a, http.MethodPost, "/v1/records", `{"product":{"name":"finder","version":"5.3.1"},"records":[`+strings.Join(records, ",")+`]}`)
	if wants := `{"results":[` + strings.Join(want, ",") + "]}\n"; code != http.StatusOK || raw != wants {
		t.Errorf("%d %s\nwant %s", code, raw, wants)
	}
	if got := a.intake.Refused(); !maps.Equal(got, counts) {
		t.Errorf("counted %v, want %v", got, counts)
	}
}
