package store

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/store/calendar"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// maxKeysAnswer bounds an answer about keys, in bytes.
const maxKeysAnswer = 1 << 20

// notRunningEdges is what came of telling the edges when no store runs.
const notRunningEdges = "no store runs: the one that starts next tells them"

// Keeper does what commands want with the keys of a store: the process that
// holds it does, or this one when none does.
type Keeper interface {
	// Report returns which keys there are.
	Report(ctx context.Context) (KeysReport, error)
	// Rotate makes a new key and destroys those with the given IDs.
	Rotate(ctx context.Context, destroy []uint32) (Rotated, error)
	// Publish tells the edges the current list; signed, which may be nil, is
	// that list as the vendor signed it elsewhere.
	Publish(ctx context.Context, signed []byte, vendor ed25519.PublicKey) (Published, error)
	// Seal seals the secrets under a passphrase; nil makes them plain. What is
	// sealed under old, which may be nil, opens as well.
	Seal(ctx context.Context, old, pass secret.Passphrase) (Resealed, error)
	// Close gives back what OpenKeeper took.
	Close() error
}

// OpenKeeper finds the keys of a store: those of the process that holds it, or
// the files themselves when none does. Errors wrap those of [home.Home.Hold].
func OpenKeeper(ctx context.Context, at home.Home) (Keeper, error) {
	socket := &socketKeeper{client: at.Client()}
	lock, err := at.Hold(ctx, func(ctx context.Context) error {
		_, err := socket.Report(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open store keys: %w", err)
	}
	if lock == nil {
		return socket, nil
	}
	return &ownKeeper{at: at, lock: lock}, nil
}

// ownKeeper is for a store that nobody runs.
type ownKeeper struct {
	at   home.Home
	lock *datadir.Lock
}

// open reads the keys. A store that was never started gets its first ones, and
// no vendor yet.
func (o *ownKeeper) open() (*Keys, error) {
	secrets, err := secret.Open(o.at.KeysDir, o.at.Passphrase)
	if err != nil {
		return nil, err
	}
	today, err := calendar.Read(o.at.Dir, time.Now())
	if err != nil {
		return nil, err
	}
	keyring, err := openKeyring(o.at.Dir, secrets, today)
	if err != nil {
		return nil, err
	}
	vendor, err := knownVendor(secrets)
	return &Keys{secrets: secrets, keyring: keyring, vendor: vendor}, err
}

func (o *ownKeeper) Report(context.Context) (KeysReport, error) {
	k, err := o.open()
	if err != nil {
		return KeysReport{}, err
	}
	return k.Report(), nil
}

func (o *ownKeeper) Rotate(ctx context.Context, destroy []uint32) (Rotated, error) {
	k, err := o.open()
	if err != nil {
		return Rotated{}, err
	}
	return rotate(ctx, k, destroy, nobodyTells)
}

func (o *ownKeeper) Publish(ctx context.Context, signed []byte, vendor ed25519.PublicKey) (Published, error) {
	k, err := o.open()
	if err != nil {
		return Published{}, err
	}
	return publish(ctx, k, signed, vendor, nobodyTells)
}

func (o *ownKeeper) Seal(_ context.Context, old, pass secret.Passphrase) (Resealed, error) {
	changed, err := secret.Seal(o.at.KeysDir, old, pass)
	return Resealed{Changed: changed, Sealed: pass != nil}, err
}

func (o *ownKeeper) Close() error { return o.lock.Release() }

func nobodyTells(context.Context) string { return notRunningEdges }

// socketKeeper asks the store that runs.
type socketKeeper struct{ client *http.Client }

func (s *socketKeeper) Report(ctx context.Context) (r KeysReport, err error) {
	return r, s.do(ctx, http.MethodGet, "", nil, &r)
}

func (s *socketKeeper) Rotate(ctx context.Context, destroy []uint32) (r Rotated, err error) {
	return r, s.do(ctx, http.MethodPost, "/rotate", rotateQuestion{Destroy: destroy}, &r)
}

func (s *socketKeeper) Publish(ctx context.Context, signed []byte, vendor ed25519.PublicKey) (p Published, err error) {
	return p, s.do(ctx, http.MethodPost, "/publish", publishQuestion{Signed: signed, Vendor: vendor}, &p)
}

// Seal sends both passphrases: the store that runs has its secrets open, and
// holds whoever changes the passphrase to the one before all the same.
func (s *socketKeeper) Seal(ctx context.Context, old, pass secret.Passphrase) (r Resealed, err error) {
	var q sealQuestion
	if q.Old, err = read(old); err != nil {
		return r, err
	}
	if q.Passphrase, err = read(pass); err != nil {
		return r, err
	}
	return r, s.do(ctx, http.MethodPost, "/seal", q, &r)
}

// read returns a passphrase, or nil for none.
func read(pass secret.Passphrase) ([]byte, error) {
	if pass == nil {
		return nil, nil
	}
	return pass()
}

func (s *socketKeeper) Close() error { return nil }

func (s *socketKeeper) do(ctx context.Context, method, path string, question, answer any) error {
	var body io.Reader
	if question != nil {
		b, err := json.Marshal(question)
		if err != nil {
			return fmt.Errorf("ask the store: %w", err)
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://tacit/v1/keys"+path, body)
	if err != nil {
		return fmt.Errorf("ask the store: %w", err)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return fmt.Errorf("ask the store: %w", err)
	}
	defer resp.Body.Close()
	d := json.NewDecoder(io.LimitReader(resp.Body, maxKeysAnswer))
	if resp.StatusCode == http.StatusOK {
		if err := d.Decode(answer); err != nil {
			return fmt.Errorf("ask the store: its answer cannot be read: %w", err)
		}
		return nil
	}
	var p problem
	if err := d.Decode(&p); err != nil || p.Error == "" {
		return fmt.Errorf("ask the store: it answers %s", resp.Status)
	}
	if p.Passphrase {
		return &refusal{p.Error, secret.ErrPassphrase}
	}
	return errors.New(p.Error)
}

// refusal is what the store that runs said, and what it is here.
type refusal struct {
	said string
	is   error
}

func (r *refusal) Error() string { return r.said }

func (r *refusal) Unwrap() error { return r.is }
