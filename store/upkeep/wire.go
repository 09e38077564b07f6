package upkeep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/internal/routes"
	"github.com/tacit-telemetry/tacit/store/db"
)

// The socket: a task is a POST whose body is its JSON, and the answer is a
// stream of parts, in the form of a backup's (form.go):
//
//	POST /v1/verify   {}
//	POST /v1/backup   {}
//	POST /v1/recall   {"registry":…,"agent":…,"from":…,"to":…,"dry_run":…}
//
//	'p'  a [Step]                         how far it is
//	'd'  bytes                            of a backup, as they are
//	'r'  a [Report], [Backed], [Recalled] the result, last
//	'e'  {"error":…,"known":…}            in its place
//
// An answer that ends without result or error was cut off.
const (
	partStep   = 'p'
	partData   = 'd'
	partResult = 'r'
	partError  = 'e'
)

const (
	maxTaskBody = 4 << 10
	stallTime   = time.Minute     // that a caller may take to read a part
	beatEvery   = 5 * time.Second // that a caller who waits hears something
)

type errorPart struct {
	Error string `json:"error"`
	Known string `json:"known,omitempty"` // a name in known
}

// known are the errors that keep their meaning across the socket.
var known = map[string]error{
	"secret": ErrNoSecret, "recall": ErrRecall, "full": db.ErrFull, "keys": db.ErrNoKeys, "stopped": ErrStopped,
}

// remoteError is an error of the process that holds the store.
type remoteError struct {
	text string
	is   error // nil: none of known
}

func (e *remoteError) Error() string { return e.text }
func (e *remoteError) Unwrap() error { return e.is }

// Register adds the tasks to a mux. A task ends when its caller goes away, or
// when ctx ends.
func (u *Upkeep) Register(ctx context.Context, mux *routes.Mux) {
	mux.HandleFunc("POST /v1/verify", serve(ctx, func(ctx context.Context, _ []byte, a *answer) (any, error) {
		return u.Verify(ctx, a.step)
	}))
	mux.HandleFunc("POST /v1/backup", serve(ctx, func(ctx context.Context, _ []byte, a *answer) (any, error) {
		return u.Backup(ctx, a, a.step)
	}))
	mux.HandleFunc("POST /v1/recall", serve(ctx, func(ctx context.Context, body []byte, a *answer) (any, error) {
		var j recallJSON
		if err := json.Unmarshal(body, &j); err != nil {
			return nil, fmt.Errorf("%w: the order does not have its form", ErrRecall)
		}
		r, err := j.recall()
		if err != nil {
			return nil, err
		}
		return u.Recall(ctx, r, a.step)
	}))
}

// serve answers with what a task says.
func serve(life context.Context, do func(ctx context.Context, body []byte, a *answer) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxTaskBody))
		if err != nil {
			http.Error(w, "order is too long or was cut off", http.StatusBadRequest)
			return
		}
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(life, cancel)()
		w.Header().Set("Content-Type", "application/octet-stream")
		a := &answer{w: w, control: http.NewResponseController(w), cancel: cancel}
		beat := a.beat(ctx)
		result, err := do(ctx, body, a)
		if err != nil && life.Err() != nil {
			err = ErrStopped
		}
		cancel()
		beat.Wait()
		a.end(result, err)
	}
}

// answer writes the parts of one answer. Its methods may be called at the same
// time.
type answer struct {
	w       io.Writer
	control *http.ResponseController
	cancel  context.CancelFunc

	mu     sync.Mutex
	said   time.Time
	last   Step
	failed error
}

func (a *answer) part(kind byte, b []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failed != nil {
		return a.failed
	}
	a.said = time.Now()
	err := a.control.SetWriteDeadline(a.said.Add(stallTime))
	if err == nil {
		err = writePart(a.w, kind, b)
	}
	if err == nil && kind != partData {
		err = a.control.Flush()
	}
	if err != nil {
		a.failed = err
		a.cancel() // nobody listens
	}
	return err
}

// Write implements [io.Writer] for a backup.
func (a *answer) Write(b []byte) (int, error) {
	if err := a.part(partData, b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// step is a [Progress].
func (a *answer) step(s Step) {
	a.mu.Lock()
	a.last = s
	a.mu.Unlock()
	a.json(partStep, s)
}

// json writes a part. Whoever does not listen is noticed by part.
func (a *answer) json(kind byte, v any) {
	b, err := json.Marshal(v)
	if err == nil && len(b) > maxPart {
		kind, b = partError, []byte(`{"error":"the answer is too long"}`)
	}
	if err == nil {
		_ = a.part(kind, b)
	}
}

// beat repeats the last step while nothing else is said, until ctx ends: the
// caller sees that the store lives, and the store that the caller does.
func (a *answer) beat(ctx context.Context) *sync.WaitGroup {
	var running sync.WaitGroup
	running.Go(func() {
		tick := time.NewTicker(beatEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			a.mu.Lock()
			quiet, last := time.Since(a.said) >= beatEvery, a.last
			a.mu.Unlock()
			if quiet {
				a.json(partStep, last)
			}
		}
	})
	return &running
}

func (a *answer) end(result any, err error) {
	if err == nil {
		a.json(partResult, result)
		return
	}
	e := errorPart{Error: err.Error()}
	for name, sentinel := range known {
		if errors.Is(err, sentinel) {
			e.Known = name
		}
	}
	a.json(partError, e)
}

// readAnswer reads an answer to its end: steps go to p, data to w, the result
// into result.
func readAnswer(r io.Reader, w io.Writer, p Progress, result any) error {
	var buf []byte
	for {
		kind, part, err := readPart(r, buf)
		if err != nil {
			return fmt.Errorf("answer of the store: %w", err)
		}
		buf = part
		switch kind {
		case partStep:
			var s Step
			if err = json.Unmarshal(part, &s); err == nil && p != nil {
				p(s)
			}
		case partData:
			_, err = w.Write(part)
		case partResult:
			return json.Unmarshal(part, result)
		case partError:
			return readError(part)
		default:
			err = fmt.Errorf("answer of the store: %w: a part of kind %q", errPart, kind)
		}
		if err != nil {
			return err
		}
	}
}

func readError(part []byte) error {
	var e errorPart
	if err := json.Unmarshal(part, &e); err != nil {
		return fmt.Errorf("answer of the store: %w", errPart)
	}
	return &remoteError{text: e.Error, is: known[e.Known]}
}
