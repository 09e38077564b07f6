package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

// TestEraseSaysWhatIsOpen: a receipt that promises less is an error, which says
// when to come again.
func TestEraseSaysWhatIsOpen(t *testing.T) {
	for _, json := range []bool{false, true} {
		var out bytes.Buffer
		env := &cli.Env{Out: &out, JSON: json}
		if err := printErased(env, erasedReceipt{Pages: 3, ForgottenBy: "2026-11-24"}); err != nil {
			t.Errorf("json %v, all is done: %v", json, err)
		}
		if !strings.Contains(out.String(), "3") || !strings.Contains(out.String(), "2026-11-24") {
			t.Errorf("json %v, all is done: %q", json, out.String())
		}
		out.Reset()
		err := printErased(env, erasedReceipt{Pages: 3, Open: 2, ForgottenBy: "2026-11-24"})
		wantHinted(t, err, "the brokers still bring are kept")
		if !strings.Contains(out.String(), "3") || strings.Contains(out.String(), "is not kept") {
			t.Errorf("json %v, some are open: %q", json, out.String())
		}
	}
}
