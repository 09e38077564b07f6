package main

import (
	"fmt"
	"time"

	"github.com/tacit-telemetry/tacit/integration/example/finder/telemetry"
)

// search is a session of a user who searches: found times with success, and then
// failed times in vain.
func search(found, failed int) {
	telemetry.OperationDuration(2*time.Second, telemetry.OperationStart)
	telemetry.MenuUsed(telemetry.MenuOpen)
	var e engine
	for range found {
		telemetry.ButtonUsed(telemetry.ButtonSearch)
		e.Query(true)
	}
	for range failed {
		telemetry.ButtonUsed(telemetry.ButtonSearch)
		e.Query(false)
	}
	telemetry.MenuUsed(telemetry.MenuHelp)
}

// engine stands for what answers queries.
type engine struct{}

// Query asks, and reports how that went.
func (engine) Query(answers bool) {
	if answers {
		telemetry.OperationDuration(240*time.Millisecond, telemetry.OperationSearch)
		return
	}
	telemetry.Error(fmt.Errorf("query: %w", telemetry.ErrorSearchTimeout), telemetry.ErrorOperationSearch)
}
