package otlp

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// signal is one of the three kinds of telemetry.
type signal struct {
	json     message
	rejected string // the answer's name for what was rejected
	read     func(*batch, []byte) error
}

var signals = map[string]*signal{
	"/v1/traces":  {tracesForm, "rejectedSpans", (*batch).traces},
	"/v1/metrics": {metricsForm, "rejectedDataPoints", (*batch).metrics},
	"/v1/logs":    {logsForm, "rejectedLogRecords", (*batch).logs},
}

// Refusals of what never succeeds.
var (
	noSuchPath   = &refusal{status: http.StatusNotFound, code: unimplemented, message: "no such path: OTLP is taken at /v1/traces, /v1/metrics and /v1/logs"}
	notPosted    = &refusal{status: http.StatusMethodNotAllowed, code: unimplemented, message: "OTLP is sent with POST"}
	fromBrowser  = &refusal{status: http.StatusForbidden, code: permissionDenied, message: "a page in a browser reports through its own server"}
	notLoopback  = &refusal{status: http.StatusForbidden, code: permissionDenied, message: "the Host header is not this host's: send to 127.0.0.1 or localhost"}
	unknownType  = &refusal{status: http.StatusUnsupportedMediaType, code: invalidArgument, message: "the content type is application/x-protobuf or application/json; gRPC is not spoken here"}
	unknownPack  = &refusal{status: http.StatusUnsupportedMediaType, code: invalidArgument, message: "the content encoding is gzip, or none"}
	tooLong      = &refusal{status: http.StatusRequestEntityTooLarge, code: invalidArgument, message: "the body is longer than 4 MiB, or is when unpacked: send smaller batches"}
	malformedOne = &refusal{status: http.StatusBadRequest, code: invalidArgument, message: errMalformed.Error()}
)

// Refusals of what may succeed later.
var (
	busy    = &refusal{status: http.StatusTooManyRequests, code: resourceExhausted, message: "too much is being sent at once", retry: 1}
	notKept = &refusal{status: http.StatusServiceUnavailable, code: unavailable, message: "the records could not be written to disk", retry: 30}
)

// ServeHTTP answers one request.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	kind := contentType(q.Header.Get("Content-Type"))
	s := signals[q.URL.Path]
	if f := check(q, kind, s); f != nil {
		f.write(w, q, kind)
		return
	}
	if !r.config.MayCollect() {
		r.dropped.add(OfRequest, "", WhyOff, 1)
		forgetBody(q)
		respond(w, kind, http.StatusOK, success(kind, s, 0))
		return
	}
	rejected, err := r.serve(w, q, kind, s)
	if err != nil {
		refusalOf(err).write(w, q, kind)
		return
	}
	respond(w, kind, http.StatusOK, success(kind, s, rejected))
}

// maxUnread is how much of a body that is not wanted is read all the same.
const maxUnread = 16 << 20

// forgetBody reads what is left of a body. An SDK sends all of it before it looks
// at the answer, and would only see that the connection broke.
func forgetBody(q *http.Request) {
	_, _ = io.CopyN(io.Discard, q.Body, maxUnread) // it may break off: the answer is the same
}

// serve reads a request, and takes what it becomes.
func (r *Receiver) serve(w http.ResponseWriter, q *http.Request, kind string, s *signal) (rejected int64, err error) {
	body, err := r.read(w, q)
	defer body.release()
	if err != nil {
		return 0, err
	}
	done, err := r.await(q.Context())
	if err != nil {
		return 0, err
	}
	defer done()
	request := body.bytes
	if kind == jsonType {
		if request, err = fromJSON(request, s.json); err != nil {
			return 0, err
		}
	}
	b := r.newBatch()
	if err := s.read(b, request); err != nil {
		return 0, err
	}
	return b.rejected, b.take(q.Context())
}

// check refuses what is no request of a product on this host. A page in a browser
// can send one to loopback; then there is an Origin, or the name of a site that
// points here.
func check(q *http.Request, kind string, s *signal) *refusal {
	switch encoding := q.Header.Get("Content-Encoding"); {
	case !isLoopback(q.Host):
		return notLoopback
	case q.Header.Get("Origin") != "":
		return fromBrowser
	case s == nil:
		return noSuchPath
	case q.Method != http.MethodPost:
		return notPosted
	case kind == "":
		return unknownType
	case encoding != "" && encoding != "identity" && encoding != "gzip":
		return unknownPack
	}
	return nil
}

// isLoopback says whether a host, with or without a port, is this very host.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

func refusalOf(err error) *refusal {
	switch {
	case errors.Is(err, errTooLong):
		return tooLong
	case errors.Is(err, errBusy):
		return busy
	case errors.Is(err, errMalformed):
		return malformedOne
	}
	return notKept
}
