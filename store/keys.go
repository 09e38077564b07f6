package store

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/store/calendar"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/ingest"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// ErrUnsigned says that the vendor's key lies elsewhere and nobody has signed
// the current key list with it. Until then agents seal to the keys that they
// know, which open as long as they are accepted.
var ErrUnsigned = errors.New("nobody has signed the current key list; fix: tacit store keys publish --vendor-key FILE")

// Keys are the keys of a store as its operator sees them: never a private part.
// It is safe for concurrent use.
type Keys struct {
	secrets *secret.Box
	keyring *ingest.Keyring

	mu     sync.Mutex
	vendor *Vendor // nil: a store that was never started
}

// KeysReport says which keys a store has. Days are as in 2026-11-22.
type KeysReport struct {
	Version     uint64      `json:"version"`              // of the key list
	Fingerprint string      `json:"fingerprint"`          // SHA-256 of the list without its signature, in hex
	VendorKey   string      `json:"vendor_key,omitempty"` // public half, in hex; "": there is none yet
	Signed      bool        `json:"signed"`               // by the vendor
	Sealed      bool        `json:"sealed"`               // whether the secrets are, under a passphrase
	Day         string      `json:"day"`                  // that the keys go by
	Keys        []KeyReport `json:"keys"`                 // in the order of their starts
	List        []byte      `json:"list"`                 // the list without its signature
}

// KeyReport says what a key is for.
type KeyReport struct {
	ID        uint32          `json:"id"`
	Start     string          `json:"start"`     // first day on which agents seal to it
	State     ingest.KeyState `json:"state"`     // next, active or accepted
	Until     string          `json:"until"`     // day on which this state is over
	Destroyed string          `json:"destroyed"` // day on which it will be
}

// openKeyring opens the keys of the store in dir, and makes the first ones of a
// store that is to be.
func openKeyring(dir string, secrets *secret.Box, today calendar.Today) (*ingest.Keyring, error) {
	begun, err := db.Begun(dir, secrets)
	if err != nil {
		return nil, fmt.Errorf("read store keys: %w", err)
	}
	return ingest.OpenKeyring(secrets, begun, today)
}

// Report returns which keys there are.
func (k *Keys) Report() KeysReport {
	list := k.keyring.List()
	b := list.Marshal()
	sum := sha256.Sum256(b)
	r := KeysReport{
		Version: list.Version, Fingerprint: hex.EncodeToString(sum[:]), Sealed: k.secrets.Sealed(), Day: k.keyring.Day().String(), List: b,
	}
	if v := k.signer(); v != nil {
		r.VendorKey = hex.EncodeToString(v.Public)
	}
	_, err := k.SignedList()
	r.Signed = err == nil
	for _, i := range k.keyring.Keys() {
		r.Keys = append(r.Keys, KeyReport{ID: i.ID, Start: i.Start.String(), State: i.State, Until: i.Until.String(), Destroyed: i.Ends.String()})
	}
	return r
}

func (k *Keys) signer() *Vendor {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.vendor
}

// SignedList returns the key list as relays serve it. Errors wrap
// [ErrUnsigned].
func (k *Keys) SignedList() ([]byte, error) {
	if v := k.signer(); v != nil {
		if signed := v.Sign(k.keyring.List()); signed != nil {
			return signed, nil
		}
	}
	if kept := k.keyring.Signed(); kept != nil {
		return kept, nil
	}
	return nil, ErrUnsigned
}

// Rotate makes a key that is active from today on and destroys those with the
// given IDs. Errors wrap [ingest.ErrKeyID] or [ingest.ErrManyKeys].
func (k *Keys) Rotate(destroy ...uint32) (id uint32, err error) { return k.keyring.Rotate(destroy...) }

// Take takes the current list as the vendor signed it elsewhere. Errors wrap
// [ErrOtherVendor], [envelope.ErrSignature], [ingest.ErrOtherList] or
// wire.ErrForm.
func (k *Keys) Take(signed []byte, public ed25519.PublicKey) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, err := envelope.VerifyKeyList(public, signed); err != nil {
		return fmt.Errorf("take the signed key list: %w", err)
	}
	v, err := adopt(k.secrets, k.vendor, public)
	if err != nil {
		return fmt.Errorf("take the signed key list: %w", err)
	}
	k.vendor = v
	return k.keyring.Keep(signed)
}

// Seal seals all secrets under pass, or makes them plain when it is nil, and says
// how many were changed. Those that are sealed open with old, or with pass.
// Errors wrap [secret.ErrPassphrase].
func (k *Keys) Seal(old, pass secret.Passphrase) (changed int, err error) {
	return k.secrets.Seal(old, pass)
}

// turn brings the keys to a day.
func (k *Keys) turn(today calendar.Today) error { return k.keyring.Turn(today) }
