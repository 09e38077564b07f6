package web

import (
	"net/http"
	"strconv"
	"strings"
)

// packable is the size from which compressing pays.
const packable = 1 << 10

// send writes an answer, compressed when the client can read that. packed may
// be nil: it is made when needed.
func send(w http.ResponseWriter, r *http.Request, status int, body, packed []byte) {
	h := w.Header()
	h.Add("Vary", "Accept-Encoding")
	if len(body) >= packable && takesGzip(r.Header.Get("Accept-Encoding")) {
		if packed == nil {
			packed = pack(body)
		}
		h.Set("Content-Encoding", "gzip")
		body = packed
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // who has gone needs no answer
	}
}

// takesGzip reads Accept-Encoding (RFC 9110, 12.5.3).
func takesGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		if name = strings.TrimSpace(name); !strings.EqualFold(name, "gzip") && name != "*" {
			continue
		}
		q := strings.TrimSpace(params)
		v, err := strconv.ParseFloat(strings.TrimPrefix(q, "q="), 64)
		return q == "" || err == nil && v > 0
	}
	return false
}
