package participation

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

// What an entry can tell.
const (
	actSaid    = "user said"          // State is the user's word
	actDecided = "decided"            // State is what all inputs came to
	actAnew    = "history began anew" // the one before was damaged, and set aside
)

// Entry is one line of the history.
type Entry struct {
	durable.Link
	Time  time.Time `json:"time,omitzero"` // zero when the clock was never set
	Act   string    `json:"act"`           // "user said", "decided", "history began anew"
	State State     `json:"state"`
	By    string    `json:"by"` // who said it, or which input decided
	// Programme is the one that was decided on; "" when it is all of them.
	Programme schema.Programme `json:"programme,omitempty"`
}

// parseEntry takes keys that it does not know: a later release may have written
// them, and the chain covers them.
func parseEntry(line []byte) (e Entry, err error) {
	if err := json.Unmarshal(line, &e); err != nil {
		return e, errors.New("it is no entry")
	}
	said := e.Act == actSaid && (e.State == On || e.State == Off)
	decided := e.Act == actDecided && e.State != NoOpinion
	if !said && !decided && e.Act != actAnew {
		return e, errors.New("it tells nothing that is known here")
	}
	return e, nil
}
