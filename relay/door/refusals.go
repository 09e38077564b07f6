package door

import (
	"log/slog"
	"sync"
	"time"
)

// warnEvery is how often one kind of trouble is logged.
const warnEvery = time.Minute

// refusals logs what strangers can bring about: why connections were refused,
// and that a part inside has more to read than it can. It is one line a kind
// and minute. The kinds are fixed words, so that neither the log nor this
// table grows with what strangers send.
type refusals struct {
	log *slog.Logger

	mu    sync.Mutex
	kinds map[string]*refusal
}

type refusal struct {
	last   time.Time // when it was logged
	silent int       // how many came since, unlogged
}

func newRefusals(log *slog.Logger) *refusals {
	return &refusals{log: log, kinds: map[string]*refusal{}}
}

// warn logs why a connection was refused.
func (r *refusals) warn(kind string) { r.seldom("a connection was refused", kind) }

// seldom logs a text and its reason, a fixed word.
func (r *refusals) seldom(text, kind string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k, known := r.kinds[kind]
	if !known {
		k = &refusal{}
		r.kinds[kind] = k
	}
	now := time.Now()
	if known && now.Sub(k.last) < warnEvery {
		k.silent++
		return
	}
	r.log.Warn(text, slog.String("reason", kind), slog.Int("more_before", k.silent))
	k.last, k.silent = now, 0
}
