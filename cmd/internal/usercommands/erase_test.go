package usercommands

import (
	"bytes"
	"errors"
	"testing"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/internal/datadir"
)

func TestReceipts(t *testing.T) {
	for name, tt := range map[string]struct {
		erasure local.Erasure
		want    string
	}{
		"none": {local.Erasure{State: local.ErasureNone}, "nothing was ever erased from here\n"},
		"just ordered": {
			local.Erasure{
				State: local.ErasureDone, Ordered: day(20), Finished: day(20), Envelopes: 64, Confirmed: 64, Pages: 1, ForgottenBy: "2026-11-23",
				Dropped: 3, Installation: &local.Installation{ID: "a new ID", Spoken: "spoken"},
			},
			`done; ordered 2026-11-20T08:00:00Z
The store has confirmed 64 of 64 envelopes, and erased 1 page.
By 2026-11-23 the brokers on the way have forgotten it too.
Of what waited here, 3 records and the outbox are removed.
This host is another installation now: a new ID
`},
		"no room": {
			local.Erasure{State: local.ErasureDone, Ordered: day(20), Finished: day(20), Envelopes: 64, Confirmed: 64, Open: 9, ForgottenBy: "2026-11-23"},
			`done; ordered 2026-11-20T08:00:00Z
The store has confirmed 64 of 64 envelopes, and erased 0 pages.
It has no room to note what is still on its way: pages that come until 2026-11-23 stay there, and open only with the
ID that this host had. The vendor can erase them by it.
`},
		"under way": {
			local.Erasure{State: local.ErasureUnderWay, Ordered: day(20), Envelopes: 128, Confirmed: 5, Refused: map[string]int{"bad-form": 1}, Reason: "the store is away"},
			`under way; ordered 2026-11-20T08:00:00Z
The store has confirmed 5 of 128 envelopes, and erased 0 pages.
It refused 1 envelope: bad-form. Ask the vendor to erase by the old ID.
The store is away. The running agent goes on until all is confirmed; tacit erase --status shows how far it is.
`},
	} {
		var out bytes.Buffer
		printErasure(&cli.Env{Out: &out}, tt.erasure)
		if out.String() != tt.want {
			t.Errorf("%s: printed\n%s\nwant\n%s", name, out.String(), tt.want)
		}
	}
}

// TestEraseStatusWithoutAnAgent: what is on disk is told when no agent runs.
func TestEraseStatusWithoutAnAgent(t *testing.T) {
	dir := datadir.Dir(t.TempDir())
	t.Setenv("TACIT_DATA", string(dir))
	if err := dir.Make(); err != nil {
		t.Fatal(err)
	}
	a, err := agent.New(t.Context(), agent.Config{Data: dir, Product: cli.Product()})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	c := eraseCommand(&cli.Env{Out: &out, Err: &out})
	c.SetArgs([]string{"--status"})
	if err := c.ExecuteContext(t.Context()); err != nil || out.String() != "nothing was ever erased from here\n" {
		t.Errorf("%v, printed %q", err, out.String())
	}
	c.SetArgs([]string{"--status=false"})
	if err := c.ExecuteContext(t.Context()); !errors.Is(err, local.ErrNotRunning) {
		t.Errorf("an order without an agent: %v", err)
	}
}
