package usercommands

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/registry/example"
)

// TestLinesInWords: what products logged stands by product, with numbers and the
// texts of templates; other records keep their line.
func TestLinesInWords(t *testing.T) {
	reg, err := registry.Overlay(nil, example.Files()...)
	if err != nil {
		t.Fatal(err)
	}
	line := func(at, product, metric, text string, count uint32) local.Shown {
		return local.Shown{Time: at, Product: product, Metric: metric, Value: local.Value{Value: schema.Text(text)}, Count: count}
	}
	left := line("2026-11-22T12:00:00Z", "finder", "log.skipped", "", 0)
	left.Value, left.Labels = local.Value{Value: schema.Number(5)}, map[string]string{"reason": "rate"}
	p := local.Preview{Sends: true, Pages: []local.Page{{Records: []local.Shown{
		line("2026-11-22T11:59:58Z", "tacit", "os.type", "linux", 0),
		line("2026-11-22T12:00:00Z", "finder", "finder.log", "sync_begun", 1204),
		line("2026-11-22T12:00:00Z", "engine", "log.line", "connection from <ip> refused", 1),
		line("2026-11-22T12:01:00Z", "finder", "log.line", "open <path>: permission denied", 12),
		left,
	}}}}
	var out bytes.Buffer
	printPreview(&cli.Env{Out: &out}, p, reg)
	const want = `a page, sealed for whoever this installation's ID is read out to:
  2026-11-22T11:59:58Z  os.type  linux
  what finder logged:
    2026-11-22 12:00Z  1204 ×  sync_begun: “The copy of the index is being renewed.”
    2026-11-22 12:01Z    12 ×  open <path>: permission denied
    2026-11-22 12:00Z     5 ×  log.skipped  reason=rate
  what engine logged:
    2026-11-22 12:00Z  1 ×  connection from <ip> refused

`
	if got := out.String(); squeezed(got) != squeezed(want) || !strings.Contains(got, "Z    12 ×  open") {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
}
