package ingest

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// KeyInfo is what may be told of a key.
type KeyInfo struct {
	ID    uint32
	Start schema.Day // first day on which agents seal to it
	State KeyState
	Until schema.Day // first day on which that state is over
	Ends  schema.Day // day on which it is destroyed
}

// KeyState says what a key is for.
type KeyState string

// The states of a key that is there. One that is destroyed is gone.
const (
	KeyNext     KeyState = "next"     // agents have it, and seal to it later
	KeyActive   KeyState = "active"   // agents seal to it
	KeyAccepted KeyState = "accepted" // it opens what was sealed before
)

// Keys returns what may be told of the keys, in the order of their starts.
func (k *Keyring) Keys() []KeyInfo {
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.ring.list()
	active, _ := l.Active(k.today.Day)
	out := make([]KeyInfo, 0, len(k.ring.keys))
	for _, p := range k.ring.keys {
		i := KeyInfo{ID: p.ID, Start: p.Start, State: KeyAccepted, Ends: p.Start + wire.KeyAcceptedDays}
		i.Until = i.Ends
		switch {
		case p.ID == active.ID:
			i.State, i.Until = KeyActive, p.Start+wire.KeyActiveDays
		case p.Start > k.today.Day:
			i.State, i.Until = KeyNext, p.Start
		}
		out = append(out, i)
	}
	for i := range out { // the next key ends the active one before its time, when that was made within a slot
		if out[i].State == KeyNext && i > 0 && out[i-1].State == KeyActive {
			out[i-1].Until = min(out[i-1].Until, out[i].Start)
		}
	}
	return out
}

// List returns the list of the keys, unsigned. Its bytes change only when its
// version does.
func (k *Keyring) List() *wire.KeyList {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ring.list()
}

// Signed returns the current list as it was given to Keep, or nil.
func (k *Keyring) Signed() []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.ring.signed)
}

// Keep keeps the current list that was signed elsewhere, for a store without the
// vendor's key. Errors wrap [wire.ErrForm], or [ErrOtherList] when the keys have
// changed since.
func (k *Keyring) Keep(signed []byte) error {
	_, list, _, err := wire.ParseKeyList(signed)
	if err != nil {
		return fmt.Errorf("keep the signed key list: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !bytes.Equal(list, k.ring.list().Marshal()) {
		return fmt.Errorf("keep the signed key list: %w", ErrOtherList)
	}
	err = k.change(func(r *ring) error {
		r.signed = slices.Clone(signed)
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep the signed key list: %w", err)
	}
	return nil
}

// Hear takes a list that the vendor signed and an edge serves; the caller has
// checked the signature. One that is ahead of this keyring was made by this
// store before its keys were put back from an older backup: edges and agents
// refuse anything older. So the version goes beyond it, no ID of it is given to
// another key, and the keys that it names and that are lost are no longer listed,
// at which relays tell agents to seal again. It returns whether that was so, and
// how many keys are lost.
func (k *Keyring) Hear(seen *wire.KeyList) (behind bool, lost int, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	own := k.ring.list()
	if seen.Version < own.Version || bytes.Equal(seen.Marshal(), own.Marshal()) {
		return false, 0, nil
	}
	err = k.change(func(r *ring) error {
		r.version, r.signed = seen.Version+1, nil
		lost, err = r.yield(seen)
		return err
	})
	if err != nil {
		return true, lost, fmt.Errorf("follow the key list of an edge: %w", err)
	}
	return true, lost, nil
}

// yield gives new IDs to the keys that have one of another key in the list.
func (r *ring) yield(seen *wire.KeyList) (lost int, err error) {
	for _, s := range seen.Keys {
		r.lastID = max(r.lastID, s.ID)
	}
	for _, s := range seen.Keys {
		p := r.find(s.ID)
		if p != nil && p.Public() == s {
			continue
		}
		lost++
		if p == nil {
			continue
		}
		raw, err := p.Bytes()
		if err != nil {
			return lost, err
		}
		renamed, err := envelope.ParsePrivateKey(r.lastID+1, p.Start, raw)
		if err != nil {
			return lost, err
		}
		r.lastID++
		r.keys[slices.Index(r.keys, p)] = renamed
	}
	r.sort()
	return lost, nil
}
