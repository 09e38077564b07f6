package collect

import (
	"context"
	"time"
)

// uptime reads for how many whole seconds the host is up.
func uptime(context.Context) ([]Sample, error) {
	up, err := sinceBoot()
	if err != nil {
		return nil, readError("time since the host started", err)
	}
	// A clock that was set back may put the start into the future.
	return []Sample{number("host.uptime", int64(max(up, 0)/time.Second))}, nil
}
