package relay

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"sync"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// The reasons for which a key list of right form is not served. The one that
// is served stays.
var (
	// ErrOldKeys says that agents have seen a newer list, or another one of this
	// version, and would refuse this one. Let the store publish its current
	// list: it hears which one is served here and goes beyond it.
	ErrOldKeys = errors.New("the key list is not newer than the one that is served")
	// ErrNotVendor says that somebody else made the list, or that one of both
	// has the wrong vendor key: compare the one in this relay's configuration
	// with the one that the store prints.
	ErrNotVendor = errors.New("the key list is not signed by the vendor key in the configuration")
)

// keys is the signed key list that is served, and its copy on disk.
type keys struct {
	path   string
	vendor ed25519.PublicKey // nil: nobody checks here
	log    *slog.Logger

	mu      sync.Mutex
	served  []byte // nil: none
	version uint64
	refused uint64
}

// KeyStats says which key list is served, and how many were refused.
type KeyStats struct {
	Version uint64 // 0: none
	Refused uint64 // of wrong form, old, or not the vendor's
}

// load serves the kept list, or the given one when that is newer. A kept list
// that cannot be used is left where it is until a good one replaces it.
func (k *keys) load(given []byte) error {
	kept, err := os.ReadFile(k.path)
	if err == nil {
		_, err = k.take(kept)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		k.log.Warn("the kept key list is not served; the next one will be", slog.Any("error", durable.Bare(err)))
	}
	if given == nil {
		return nil
	}
	if err := k.set(given); err != nil && !errors.Is(err, ErrOldKeys) {
		return err
	}
	return nil
}

// set serves a list from now on and keeps it.
func (k *keys) set(list []byte) error {
	changed, err := k.take(list)
	if err != nil || !changed {
		return err
	}
	if err := durable.WriteFile(k.path, list, durable.OwnerFile); err != nil {
		return fmt.Errorf("keep the key list: it is served until the relay stops: %w", err)
	}
	return nil
}

// take serves a list, unless it must not be.
func (k *keys) take(list []byte) (changed bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.served != nil && bytes.Equal(list, k.served) {
		return false, nil
	}
	version, err := k.check(list)
	if err != nil {
		k.refused++
		return false, fmt.Errorf("serve the key list: %w", err)
	}
	k.served, k.version = bytes.Clone(list), version
	return true, nil
}

// check judges a list. Call with mu held.
func (k *keys) check(list []byte) (version uint64, err error) {
	l, signed, signature, err := wire.ParseKeyList(list)
	switch {
	case err != nil:
		return 0, err
	case k.vendor != nil && !ed25519.Verify(k.vendor, slices.Concat([]byte(wire.KeyListContext), signed), signature):
		return 0, ErrNotVendor
	case k.served != nil && l.Version <= k.version:
		return 0, ErrOldKeys
	}
	return l.Version, nil
}

func (k *keys) current() []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.served
}

func (k *keys) stats() KeyStats {
	k.mu.Lock()
	defer k.mu.Unlock()
	return KeyStats{Version: k.version, Refused: k.refused}
}

// SetKeyList replaces the key list that agents are given from now on, and
// keeps it in Dir/keylist for the next start. Agents whose envelopes were passed
// on, and are sealed to a key that is destroyed, are told to seal anew. An error that wraps
// [wire.ErrForm], [ErrOldKeys] or [ErrNotVendor] leaves the list as it was; any
// other says that the new one is served and could not be kept.
func (r *Relay) SetKeyList(list []byte) error {
	r.listing.Lock()
	defer r.listing.Unlock()
	err := r.keys.set(list)
	r.mu.Lock()
	g, f := r.gate, r.forward
	r.mu.Unlock()
	if g != nil {
		err = errors.Join(err, g.SetKeyList(r.keys.current()))
		f.Reseal(g.Gone)
	}
	return err
}

// answerKeyList takes a list that a store tells and returns the one that is
// served from then on.
func (r *Relay) answerKeyList(list []byte) []byte {
	r.hearKeyList(list)
	return r.keys.current()
}

// hearKeyList takes a list that a store or the next relay tells.
func (r *Relay) hearKeyList(list []byte) {
	if err := r.SetKeyList(list); err != nil {
		r.cfg.Logger.Warn("a key list that was heard", slog.Any("error", durable.Bare(err)))
	}
}
