package ingest

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/calendar"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// keyringName is the secret that holds the private keys.
const keyringName = "envelope.json"

// newRing is a keyring without keys for who lost one: the keys that are made for
// it get IDs that the lost ones did not have, so that an agent whose envelope does
// not open any more is told to seal it again.
const newRing = `{"form":1,"last_id":1000000}`

var (
	// ErrKeyID says that the keyring has no key of this ID. See tacit store
	// keys list.
	ErrKeyID = errors.New("the store has no key of this ID")
	// ErrManyKeys says that there is no room for a further key in a list.
	// Destroy one that is not needed, or wait until one ends.
	ErrManyKeys = fmt.Errorf("there are %d keys already, the most that a list can hold", wire.MaxKeys)
	// ErrOtherList says that a signed list is not of the keys that the store
	// has now. Sign the current one.
	ErrOtherList = errors.New("the signed list is not of the current keys")
	// ErrKeysLost says that the keys are gone from a store that had some. Put
	// them back from a copy of the keys directory: others do not open what agents
	// have sealed.
	ErrKeysLost = errors.New("the store's keys that agents seal to are gone")
)

// Keyring holds the store's private keys. Each is active for one slot of
// wire.KeyActiveDays and accepted until wire.KeyAcceptedDays after its start;
// then it is destroyed. Slots follow each other on fixed days; the key of the
// next slot is made a slot ahead, so that agents have it before they need it.
//
// The keyring goes by the store's calendar ([calendar.Today]). Keys are made for
// the day that is the likeliest, so that hosts can seal on it; they are destroyed
// by the day that is sure, and while nothing is sure every key that is there
// opens. The list of the keys is a function of the keyring's file alone, so that
// one version has the same bytes for everyone.
//
// It is safe for concurrent use.
type Keyring struct {
	box *secret.Box

	mu    sync.Mutex
	ring  ring
	today calendar.Today // that it was turned to
}

// OpenKeyring reads the private keys and turns them to today. Where there are
// none it makes the first one, unless the store has begun ([db.Begun]): then the
// error wraps [ErrKeysLost], and nothing is made.
func OpenKeyring(box *secret.Box, begun bool, today calendar.Today) (*Keyring, error) {
	k := &Keyring{box: box}
	b, err := box.Read(keyringName)
	switch {
	case errors.Is(err, fs.ErrNotExist) && begun:
		return nil, fmt.Errorf("read store keys: %s is missing: %w; fix: put it back from a copy of the keys directory; only where no copy is left, "+
			"write %s into it, and agents seal to new keys (where the secrets are sealed, run tacit store keys seal before the start)",
			filepath.Join(box.Dir(), keyringName), ErrKeysLost, newRing)
	case errors.Is(err, fs.ErrNotExist): // the first start
		k.ring = ring{anchor: today.Day - 1} // for hosts whose clocks are behind
	case err != nil:
		return nil, fmt.Errorf("read store keys: %w", err)
	default:
		if k.ring, err = parseRing(b); err != nil {
			return nil, fmt.Errorf("read store keys: %s in %s %w: %w", keyringName, box.Dir(), durable.ErrDamaged, err)
		}
	}
	return k, k.Turn(today)
}

// Turn makes the keys that are due and destroys those that are no longer
// accepted. Call it often: it does nothing on a day that it knows.
func (k *Keyring) Turn(today calendar.Today) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if today == k.today {
		return nil
	}
	if err := k.change(func(r *ring) error { return r.turn(today) }); err != nil {
		return fmt.Errorf("turn store keys: %w", err)
	}
	k.today = today
	return nil
}

// change applies a change to the keyring when it is on disk. The list's version
// goes up when the list changes. Call with mu held.
func (k *Keyring) change(by func(r *ring) error) error {
	r := k.ring.clone()
	if err := by(&r); err != nil {
		return err
	}
	if !r.sameList(&k.ring) {
		r.version = max(r.version, k.ring.version) + 1
		r.signed = nil
	}
	if r.same(&k.ring) {
		return nil
	}
	b, err := r.marshal()
	if err == nil {
		err = k.box.Write(keyringName, b)
	}
	if err != nil {
		return err
	}
	k.ring = r
	return nil
}

// Day returns the day that the keyring goes by.
func (k *Keyring) Day() schema.Day {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.today.Day
}

// Rotate makes a key that is active from today on and destroys those with the
// given IDs, at once. The key that was active is accepted until its time ends.
// It returns the new key's ID. Errors wrap [ErrKeyID] or [ErrManyKeys]; then
// nothing was changed.
func (k *Keyring) Rotate(destroy ...uint32) (id uint32, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	err = k.change(func(r *ring) (err error) {
		for _, id := range destroy {
			if !r.destroy(id) {
				return fmt.Errorf("key %d: %w", id, ErrKeyID)
			}
		}
		if id, err = r.add(k.today.Day); err != nil {
			return err
		}
		return r.turn(k.today) // a slot whose key was destroyed needs another
	})
	if err != nil {
		return 0, fmt.Errorf("rotate store keys: %w", err)
	}
	return id, nil
}

// lastStart returns the start of the key that opens for longest.
func (k *Keyring) lastStart() (last schema.Day) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range k.ring.keys {
		last = max(last, p.Start)
	}
	return last
}

// Key returns the private key with the given ID, or nil. One that is there
// opens: whether its time is over is decided when it is destroyed, by more than
// one look at the clock.
func (k *Keyring) Key(id uint32) *envelope.PrivateKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ring.find(id)
}
