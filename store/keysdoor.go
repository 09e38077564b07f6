package store

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/tacit-telemetry/tacit/internal/routes"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// maxKeysQuestion bounds a question about keys, in bytes: a signed list, or a
// passphrase.
const maxKeysQuestion = 64 << 10

// What commands ask about keys, as JSON. They come from the owner of the data,
// who may read the secrets as well.
type (
	rotateQuestion struct {
		Destroy []uint32 `json:"destroy"`
	}
	publishQuestion struct {
		Signed []byte `json:"signed,omitempty"` // the current list, signed elsewhere; none: this store signs
		Vendor []byte `json:"vendor,omitempty"` // public half of the key that signed it
	}
	sealQuestion struct {
		Old        []byte `json:"old,omitempty"`        // that they are sealed under now; none: they are plain
		Passphrase []byte `json:"passphrase,omitempty"` // none: make them plain
	}
)

// Rotated says what a rotation did.
type Rotated struct {
	ID        uint32     `json:"id"` // of the new key
	Destroyed []uint32   `json:"destroyed"`
	Edges     string     `json:"edges"` // what came of telling them
	Keys      KeysReport `json:"keys"`
}

// Published says what came of publishing.
type Published struct {
	Edges  string     `json:"edges"`  // what came of telling them
	Signed []byte     `json:"signed"` // the list as relays serve it
	Keys   KeysReport `json:"keys"`
}

// Resealed says how many secrets were sealed, or made plain.
type Resealed struct {
	Changed int  `json:"changed"`
	Sealed  bool `json:"sealed"`
}

// problem is the answer to a question that failed.
type problem struct {
	Error      string `json:"error"`
	Passphrase bool   `json:"passphrase,omitempty"` // the error wraps [secret.ErrPassphrase]
}

// keyRoutes answers what commands ask about keys.
func (s *Store) keyRoutes(_ *door, mux *routes.Mux) {
	mux.HandleFunc("GET /v1/keys", func(w http.ResponseWriter, r *http.Request) {
		keys, err := s.Keys()
		say(w, keys.Report(), err)
	})
	mux.HandleFunc("POST /v1/keys/rotate", ask(s.rotate))
	mux.HandleFunc("POST /v1/keys/publish", ask(s.publish))
	mux.HandleFunc("POST /v1/keys/seal", ask(s.seal))
}

func (s *Store) rotate(ctx context.Context, q rotateQuestion) (Rotated, error) {
	return rotate(ctx, s.keys, q.Destroy, s.tellNow)
}

func (s *Store) publish(ctx context.Context, q publishQuestion) (Published, error) {
	return publish(ctx, s.keys, q.Signed, q.Vendor, s.tellNow)
}

func (s *Store) seal(_ context.Context, q sealQuestion) (Resealed, error) {
	pass := given(q.Passphrase)
	changed, err := s.keys.Seal(given(q.Old), pass)
	return Resealed{Changed: changed, Sealed: pass != nil}, err
}

// given is a passphrase that came with a question, or nil.
func given(b []byte) secret.Passphrase {
	if b == nil {
		return nil
	}
	return secret.FromBytes(b)
}

// tellNow tells the edges the list, and says in words what came of it.
func (s *Store) tellNow(ctx context.Context) string {
	told, err := s.PublishKeys(ctx)
	switch {
	case err != nil:
		return err.Error()
	case told.Ahead:
		return fmt.Sprintf("told %d; the keys were from an older backup, and the list went beyond the one that an edge had; %d keys of that are lost", told.Edges, told.Lost)
	}
	return fmt.Sprintf("told %d", told.Edges)
}

// rotate makes a new key and tells the edges. That these cannot be told now is
// no failure: the key is made, and the store tells them when they are there.
func rotate(ctx context.Context, k *Keys, destroy []uint32, tell func(context.Context) string) (Rotated, error) {
	id, err := k.Rotate(destroy...)
	if err != nil {
		return Rotated{}, err
	}
	r := Rotated{ID: id, Destroyed: destroy, Edges: tell(ctx)}
	r.Keys = k.Report()
	return r, nil
}

// publish takes a list that was signed elsewhere, if there is one, and tells the
// edges the current one.
func publish(ctx context.Context, k *Keys, signed []byte, vendor ed25519.PublicKey, tell func(context.Context) string) (Published, error) {
	if signed != nil {
		if err := k.Take(signed, vendor); err != nil {
			return Published{}, err
		}
	}
	if _, err := k.SignedList(); err != nil {
		return Published{}, err
	}
	p := Published{Edges: tell(ctx)}
	var err error
	p.Signed, err = k.SignedList() // after the telling, which may have gone beyond an edge's
	p.Keys = k.Report()
	return p, err
}

// ask makes a handler of a question and its answer.
func ask[Q, A any](answer func(context.Context, Q) (A, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q Q
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxKeysQuestion))
		d.DisallowUnknownFields()
		if err := d.Decode(&q); err != nil {
			say(w, problem{}, errors.New("the question does not have the form")) // the library's text may quote a passphrase
			return
		}
		a, err := answer(r.Context(), q)
		say(w, a, err)
	}
}

// say answers with JSON.
func say(w http.ResponseWriter, a any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusConflict)
		a = problem{err.Error(), errors.Is(err, secret.ErrPassphrase)}
	}
	_ = json.NewEncoder(w).Encode(a) // the caller went away
}
