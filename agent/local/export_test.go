package local

import (
	"net/http"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
)

// Bounds that tests meet.
const (
	MaxConnections      = maxConnections
	MaxConnectionsOfOne = maxConnectionsOfOne
	MaxRoom             = maxRoom
)

// Unbounded is an allowance that no test uses up.
const Unbounded = 1 << 30

// ServeWithin serves with other limits: bytes a second and at once, and how long
// a request may take to arrive.
func ServeWithin(l *datadir.Listener, a Agent, perSecond, burst int, patience time.Duration) *Server {
	return serve(l, a, limits{perSecond: perSecond, burst: burst, patience: patience})
}

// Spent answers for callers that have no allowance left.
func Spent(a Agent) http.Handler {
	return (&api{agent: a, rates: newRates(ratePerSecond, 0), room: newRoom(), refused: new(tally)}).handler()
}

// Full answers while other bodies have all the room.
func Full(a Agent) http.Handler {
	m := newRoom()
	m.used = maxRoom
	return (&api{agent: a, rates: newRates(ratePerSecond, rateBurst), room: m, refused: new(tally)}).handler()
}

// Routes returns method and path of each route.
func Routes() (out [][2]string) {
	for _, r := range routes() {
		out = append(out, [2]string{r.method, r.path})
	}
	return out
}

// ReadRecords reads a request and returns how many records it has.
func ReadRecords(body []byte) (int, error) {
	d, err := readRecords(body)
	if err != nil {
		return 0, err
	}
	return len(d.records), nil
}
