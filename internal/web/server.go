package web

import (
	"io"
	"log"
	"net/http"
	"time"
)

// Server returns an HTTP server for h whose limits keep a slow or greedy
// client from holding it: 5 s for the headers, 30 s for a request or an answer,
// two minutes for an idle connection, 32 KiB of headers. What net/http would
// log begins with an address, so it is not logged; panics of handlers are
// logged by the site itself. Whoever serves shuts it down.
func Server(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
}
