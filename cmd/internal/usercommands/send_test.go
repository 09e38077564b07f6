package usercommands

import (
	"bytes"
	"errors"
	"testing"

	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

// TestSendFails: what the store refuses for good is an error that says what to
// do, in words and as JSON.
func TestSendFails(t *testing.T) {
	for name, tt := range map[string]struct {
		sent        local.Sent
		error, hint string
	}{
		"all stored": {local.Sent{Sent: 4, Batches: 4, Replies: 4}, "", ""},
		"nothing":    {local.Sent{Reason: "nothing waits to be sent"}, "", ""},
		"off":        {local.Sent{Reason: "refused here"}, "", ""},
		"the relay asks to wait": {
			local.Sent{Reason: "the relay asks to wait", Failed: true},
			"not everything that waits was sent", "it is kept, and the agent tries again by itself; tacit why says how the connection stands",
		},
		"erased": {
			local.Sent{Sent: 4, Batches: 4, Replies: 4, Kept: map[string]int{"erased": 3}},
			"the store refused 3 of 4 for good: 3 erased", "this ID was erased by its vendor: tacit id reset makes a new one",
		},
		"more than one": {
			local.Sent{Sent: 4, Batches: 4, Replies: 4, Kept: map[string]int{"conflict": 1, "bad-form": 1}},
			"the store refused 2 of 4 for good: 1 bad-form, 1 conflict", "they are not sent again; tacit outbox list shows them",
		},
	} {
		for _, json := range []bool{false, true} {
			var out bytes.Buffer
			err := printSent(&cli.Env{Out: &out, JSON: json}, tt.sent)
			var hinted *cli.Hinted
			if errors.As(err, &hinted) != (tt.error != "") || hinted != nil && (hinted.Err.Error() != tt.error || hinted.Hint != tt.hint) || out.Len() == 0 {
				t.Errorf("%s: %v, printed %q", name, err, out.String())
			}
		}
	}
}
