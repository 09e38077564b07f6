package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// TestLookupShowsCounts: a record of several events is one line that says so.
func TestLookupShowsCounts(t *testing.T) {
	took := lookup.Record{
		Series: &lookup.Series{Metric: "tacit.operation.duration", Category: schema.Performance, Unit: "us"},
		Time:   1_795_219_200, Value: schema.Number(2500),
	}
	several := took
	several.Count = 12
	h := &lookup.History{Records: []lookup.Record{took, several}}
	var out bytes.Buffer
	if err := printHistory(&cli.Env{Out: &out}, h); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 || strings.Contains(lines[0], "×") || !strings.Contains(lines[1], "2500 us ×12") {
		t.Errorf("%q", lines)
	}
}
