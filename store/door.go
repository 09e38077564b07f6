package store

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/routes"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/lookup"
	"github.com/tacit-telemetry/tacit/store/pages"
	"github.com/tacit-telemetry/tacit/store/upkeep"
)

// How long a question may take, and how many are answered at a time. More
// wait.
const (
	questionTime = time.Minute
	maxQuestions = 4
)

// door answers questions for pages on the socket. It logs nothing of them.
type door struct {
	listener *datadir.Listener
	server   *http.Server
	pages    upkeep.Window // that may be shown
	all      *pages.Pages  // that are on disk
	passes   passes        // of those who left a note
	busy     chan struct{}
}

// listen opens the socket, which answers more besides, and says what. Only the owner
// of the data may call.
func listen(runDir string, shown upkeep.Window, all *pages.Pages, logger *slog.Logger, more ...func(*door, *routes.Mux)) (*door, error) {
	l, err := datadir.Listen(runDir, home.Name, 0o600)
	if err != nil {
		return nil, err
	}
	d := &door{listener: l, pages: shown, all: all, busy: make(chan struct{}, maxQuestions)}
	mux := new(routes.Mux)
	mux.HandleFunc("POST /v1/pages", d.answer(d.pages.Get, func(r *http.Request) bool { return d.passes.holds(r.Header.Get(lookup.PassHeader)) }))
	mux.HandleFunc("POST /v1/held", d.answer(d.held, func(*http.Request) bool { return true }))
	for _, add := range more {
		add(d, mux)
	}
	mux.Say(logger, "store")
	d.server = &http.Server{
		Handler:           l.Handler(mux),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      questionTime,
		MaxHeaderBytes:    8 << 10,
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	return d, nil
}

func (d *door) serve() error {
	if err := d.server.Serve(d.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// shutdown lets questions be answered until ctx ends.
func (d *door) shutdown(ctx context.Context) error { return d.server.Shutdown(ctx) }

// close ends what shutdown left, waits until nothing reads any more, and
// removes the socket.
func (d *door) close() error {
	err := errors.Join(d.server.Close(), ignoreClosed(d.listener.Close()))
	for range cap(d.busy) {
		d.busy <- struct{}{} // kept: nothing is answered again
	}
	return err
}

// ignoreClosed drops the error of a listener that its server has closed.
func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// get answers a question, as [pages.Pages.Get] does.
type get func(ctx context.Context, asks []pages.Ask, each func(pages.Found) error) (unread []schema.Month, err error)

// held says of all that is on disk which tags have pages: who erases has to find
// those that are not shown, and needs none of their bytes.
func (d *door) held(ctx context.Context, asks []pages.Ask, each func(pages.Found) error) ([]schema.Month, error) {
	return d.all.Get(ctx, asks, func(f pages.Found) error { return each(pages.Found{Index: f.Index}) })
}

// answer answers questions of those who may ask. One without tags, which only
// wants to know whether anybody is there, anybody may ask.
func (d *door) answer(get get, may func(*http.Request) bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case d.busy <- struct{}{}:
			defer func() { <-d.busy }()
			answer(w, r, get, may)
		case <-r.Context().Done():
		}
	}
}

func answer(w http.ResponseWriter, r *http.Request, get get, may func(*http.Request) bool) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, pages.MaxQuestionLen))
	if err != nil {
		http.Error(w, "question is too long or was cut off", http.StatusBadRequest)
		return
	}
	asks, err := pages.ParseAsks(b)
	if err != nil {
		http.Error(w, "question does not have the form", http.StatusBadRequest)
		return
	}
	if len(asks) > 0 && !may(r) {
		http.Error(w, "no note was left for the host: leave one first", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	out := pages.NewAnswerWriter(w)
	unread, err := get(r.Context(), asks, out.Row)
	if err != nil {
		return // the caller went away; without its end the answer counts as cut off
	}
	_ = out.End(unread) // as above
}
