package web

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Lives and numbers of sessions (ASVS 5.0, 7.3).
const (
	idleLife     = 15 * time.Minute
	wholeLife    = 8 * time.Hour
	mostSessions = 500
	mostOfOne    = 20
)

// session is one browser that is logged in. ID, Account and Began do not
// change; the rest is the store's.
type session struct {
	ID      string // names it on the account page; opens nothing
	Account string
	Began   time.Time

	seen     time.Time
	notice   *notice   // to be shown once
	restored *restored // to be shown once
	carried  *carried  // to be shown once
	secret   string    // of the second factor that is being set; "": none yet
}

// notice is a line above a page.
type notice struct {
	Message
	Bad bool
}

// restored are fields that were posted after a session had ended.
type restored struct {
	path   string
	fields url.Values
}

// carried is what an answer left for the page that it leads to.
type carried struct {
	path string
	what any
}

// sessions are all sessions, by the hash of their token, in memory: a restart
// ends them.
type sessions struct {
	now func() time.Time

	mu  sync.Mutex
	all map[[sha256.Size]byte]*session
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, all: map[[sha256.Size]byte]*session{}}
}

// start begins a session and returns its token, 256 random bits.
func (s *sessions) start(account string) (token string, made *session) {
	token = base64.RawURLEncoding.EncodeToString(random(32))
	now := s.now()
	made = &session{ID: hex.EncodeToString(random(8)), Account: account, Began: now, seen: now}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	s.makeRoom(mostOfOne, func(x *session) bool { return sameName(x.Account, account) })
	s.makeRoom(mostSessions, func(*session) bool { return true })
	s.all[sha256.Sum256([]byte(token))] = made
	return token, made
}

// sweep forgets what has ended by itself.
func (s *sessions) sweep(now time.Time) {
	for key, x := range s.all {
		if x.over(now) {
			delete(s.all, key)
		}
	}
}

func (x *session) over(now time.Time) bool {
	return now.Sub(x.seen) >= idleLife || now.Sub(x.Began) >= wholeLife
}

// makeRoom ends the longest unused session of a kind while there are too many.
func (s *sessions) makeRoom(most int, of func(*session) bool) {
	for {
		var oldest [sha256.Size]byte
		n := 0
		for key, x := range s.all {
			if !of(x) {
				continue
			}
			if n == 0 || x.seen.Before(s.all[oldest].seen) {
				oldest = key
			}
			n++
		}
		if n < most {
			return
		}
		delete(s.all, oldest)
	}
}

// find returns the session of a token and counts this as its use; nil when
// there is none, or none any more.
func (s *sessions) find(token string) *session {
	if len(token) > 64 {
		return nil
	}
	key, now := sha256.Sum256([]byte(token)), s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.all[key]
	switch {
	case x == nil:
		return nil
	case x.over(now):
		delete(s.all, key)
		return nil
	}
	x.seen = now
	return x
}

// end ends the sessions that which names.
func (s *sessions) end(which func(*session) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, x := range s.all {
		if which(x) {
			delete(s.all, key)
		}
	}
}

// sessionLine is a session as its account sees it.
type sessionLine struct {
	ID          string
	Began, Seen time.Time
	This        bool
}

// of lists an account's sessions, the latest first.
func (s *sessions) of(account string, this *session) (out []sessionLine) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	for _, x := range s.all {
		if sameName(x.Account, account) {
			out = append(out, sessionLine{x.ID, x.Began, x.seen, x == this})
		}
	}
	slices.SortFunc(out, func(a, b sessionLine) int { return b.Began.Compare(a.Began) })
	return out
}

// tell leaves a notice for the next page of a session.
func (s *sessions) tell(x *session, n *notice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.notice = n
}

// told takes the notice away.
func (s *sessions) told(x *session) *notice {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := x.notice
	x.notice = nil
	return n
}

// bring leaves fields for the page that they were meant for.
func (s *sessions) bring(x *session, r *restored) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.restored = r
}

// brought takes the fields for a page away; nil when there are none.
func (s *sessions) brought(x *session, path string) url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x.restored == nil || x.restored.path != path {
		return nil
	}
	fields := x.restored.fields
	x.restored = nil
	return fields
}

// carry leaves something for the next view of a page.
func (s *sessions) carry(x *session, c *carried) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.carried = c
}

// carried takes away what was left for a page; nil when there is nothing.
func (s *sessions) carried(x *session, path string) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x.carried == nil || x.carried.path != path {
		return nil
	}
	what := x.carried.what
	x.carried = nil
	return what
}

// secret returns the secret of the second factor that a session is setting, the
// same until the session ends.
func (s *sessions) secret(x *session) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x.secret == "" {
		x.secret = newSecret()
	}
	return x.secret
}
