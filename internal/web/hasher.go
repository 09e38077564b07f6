package web

import (
	"context"
	"crypto/rand"
	"errors"
)

// How many hashes run at once, of 64 MiB each, and how many requests wait.
const (
	hashesAtOnce  = 2
	hashesWaiting = 8
)

// errBusy says that too many passwords are being checked already. Answer 503
// with Retry-After.
var errBusy = errors.New("too many passwords are being checked at once")

// hasher hashes and checks passwords, a few at a time: each takes 64 MiB, and a
// crowd of logins must not take the machine's memory.
type hasher struct {
	cost    cost
	dummy   phc           // what the password of an unknown name is held against
	running chan struct{} // one each
	inside  chan struct{} // running and waiting
}

func newHasher(c cost) *hasher {
	return &hasher{
		cost: c, running: make(chan struct{}, hashesAtOnce), inside: make(chan struct{}, hashesAtOnce+hashesWaiting),
		dummy: phc{cost: c, salt: random(saltLength), key: random(keyLength)},
	}
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it never fails, by its documentation
	return b
}

// turn waits for a free place. The error is errBusy, or ctx's.
func (h *hasher) turn(ctx context.Context) (done func(), err error) {
	select {
	case h.inside <- struct{}{}:
	default:
		return nil, errBusy
	}
	select {
	case h.running <- struct{}{}:
		return func() { <-h.running; <-h.inside }, nil
	case <-ctx.Done():
		<-h.inside
		return nil, ctx.Err()
	}
}

// hash returns the PHC string of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	done, err := h.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	p := phc{cost: h.cost, salt: random(saltLength)}
	p.key = derive(canonical(password), p.salt, p.cost, keyLength)
	return p.String(), nil
}

// verify says whether that is the password of the hash, and whether the hash
// is weaker than new ones. An empty hash, of a name that nobody has, takes as
// long and is never right.
func (h *hasher) verify(ctx context.Context, hash, password string) (right, weak bool, err error) {
	done, err := h.turn(ctx)
	if err != nil {
		return false, false, err
	}
	defer done()
	p, err := parsePHC(hash)
	if known := err == nil; !known {
		h.dummy.is(canonical(password))
		return false, false, nil
	}
	weak = p.memory < h.cost.memory || p.passes < h.cost.passes || len(p.key) < keyLength
	return p.is(canonical(password)), weak, nil
}
