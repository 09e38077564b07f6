package local

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/agent/outbox"
)

// Why requests are refused, as /v1/status counts them.
const (
	refusedForm        = "bad_request"
	refusedLength      = "too_long"
	refusedSlow        = "slow"        // the body did not come in time
	refusedRate        = "rate"        // more than a caller, or a product, may send
	refusedBusy        = "busy"        // too many bodies at once
	refusedConnections = "connections" // connections, not requests: too many at once
	refusedDisk        = "disk"
	refusedFailed      = "failed"
)

// tally counts refusals by reason since the start.
type tally struct {
	mu sync.Mutex
	by map[string]uint64
}

func (t *tally) add(reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.by == nil {
		t.by = map[string]uint64{}
	}
	t.by[reason]++
}

func (t *tally) all() map[string]uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.by)
}

// When to come back.
const (
	busyPause = time.Second
	diskPause = 10 * time.Second
)

var (
	// errUnavailable wraps what the caller may try again.
	errUnavailable = errors.New("try again")
	errNoRoute     = errors.New("no such route")
	errBusy        = errors.New("too many bodies at once")
)

// refusal is the answer to a request that was not served.
type refusal struct {
	code   int
	reason string        // that it is counted under; "": it is not
	after  time.Duration // when to try again; 0: the same will not do better
	says   *Problem
}

// refusalOf says how an error is answered. Only a *Problem tells its text; what
// else went wrong is the agent's own business.
func refusalOf(err error) refusal {
	var (
		problem *Problem
		tooLong *http.MaxBytesError
		fast    *tooFast
	)
	switch {
	case errors.As(err, &tooLong):
		return refusal{http.StatusRequestEntityTooLarge, refusedLength, 0, &Problem{Message: "request is too long", Hint: fmt.Sprintf("send at most %d bytes at once", MaxBody)}}
	case errors.As(err, &fast):
		return refusal{http.StatusTooManyRequests, refusedRate, fast.after, &Problem{Message: "more than one caller or product may send", Hint: "wait as Retry-After says; count in the product and report sums, several records a request"}}
	case errors.As(err, &problem):
		return refusal{http.StatusBadRequest, refusedForm, 0, problem}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return refusal{http.StatusRequestTimeout, refusedSlow, 0, &Problem{Message: "the body did not arrive in time", Hint: "have the whole body ready before the request is made"}}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return refusal{http.StatusBadRequest, refusedForm, 0, &Problem{Message: "the body ended early", Hint: "send as many bytes as Content-Length says"}}
	case errors.Is(err, errBusy):
		return refusal{http.StatusServiceUnavailable, refusedBusy, busyPause, &Problem{Message: "too many long requests at once", Hint: "offer them again as Retry-After says, one after the other"}}
	case errors.Is(err, errUnavailable):
		return refusal{http.StatusServiceUnavailable, refusedDisk, diskPause, &Problem{Message: "the records could not be written to disk", Hint: "free space on the volume of the data directory, then offer them again"}}
	case errors.Is(err, outbox.ErrNoEntry):
		return refusal{http.StatusNotFound, "", 0, &Problem{Message: "no such entry in the outbox", Hint: "GET /v1/outbox lists them"}}
	case errors.Is(err, errNoRoute):
		return refusal{http.StatusNotFound, "", 0, &Problem{Message: "no such route or method", Hint: "GET /v1/openapi.yaml lists them"}}
	}
	return refusal{http.StatusInternalServerError, refusedFailed, 0, &Problem{Message: "the agent could not do it", Hint: "its log says why"}}
}
