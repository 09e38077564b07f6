package ingest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/calendar"
)

// ring is what the keyring's file says.
type ring struct {
	version uint64     // of the key list; counts up with every change of it
	lastID  uint32     // of the newest key that ever was
	anchor  schema.Day // the first day of some slot
	keys    []*envelope.PrivateKey
	signed  []byte // the current list, as somebody else than this store signed it; nil: nobody did
}

// ringFile is the form of the file. Days are numbers.
type ringFile struct {
	Form    int       `json:"form"`
	Version uint64    `json:"version"`
	LastID  uint32    `json:"last_id"`
	Anchor  uint32    `json:"anchor"`
	Keys    []keyFile `json:"keys"`
	Signed  []byte    `json:"signed,omitempty"`
}

type keyFile struct {
	ID      uint32 `json:"id"`
	Start   uint32 `json:"start"`
	Private []byte `json:"private"` // 32 raw bytes, RFC 7748
}

func parseRing(b []byte) (ring, error) {
	var f ringFile
	if err := json.Unmarshal(b, &f); err != nil || f.Form != 1 || len(f.Keys) > wire.MaxKeys {
		return ring{}, errors.New("not JSON of the expected form") // the library's text may quote a key
	}
	r := ring{version: f.Version, lastID: f.LastID, anchor: schema.Day(f.Anchor), signed: f.Signed}
	for _, one := range f.Keys {
		if one.ID > f.LastID || r.find(one.ID) != nil {
			return ring{}, fmt.Errorf("key %d is there twice, or newer than the newest", one.ID)
		}
		key, err := envelope.ParsePrivateKey(one.ID, schema.Day(one.Start), one.Private)
		if err != nil {
			return ring{}, err
		}
		r.keys = append(r.keys, key)
	}
	r.sort()
	return r, nil
}

func (r *ring) marshal() ([]byte, error) {
	f := ringFile{Form: 1, Version: r.version, LastID: r.lastID, Anchor: uint32(r.anchor), Signed: r.signed}
	for _, p := range r.keys {
		raw, err := p.Bytes()
		if err != nil {
			return nil, err
		}
		f.Keys = append(f.Keys, keyFile{ID: p.ID, Start: uint32(p.Start), Private: raw})
	}
	b, err := json.Marshal(f)
	return append(b, '\n'), err
}

func (r *ring) clone() ring {
	out := *r
	out.keys = slices.Clone(r.keys)
	return out
}

// sort puts the keys in the order of the list: by start, and of two that start
// on the same day the newer one first, because an agent takes the first.
func (r *ring) sort() {
	slices.SortFunc(r.keys, func(a, b *envelope.PrivateKey) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.ID, a.ID))
	})
}

func (r *ring) find(id uint32) *envelope.PrivateKey {
	for _, p := range r.keys {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// turn destroys the keys that are surely no longer accepted, and those of slots
// far ahead of every day that it may be, which a clock that was wrong left behind.
// Of the likeliest day it makes those of its slot and the next one where they are
// missing.
func (r *ring) turn(today calendar.Today) error {
	r.keys = slices.DeleteFunc(r.keys, func(p *envelope.PrivateKey) bool {
		return p.Start+wire.KeyAcceptedDays <= today.Sure || !today.Later && p.Start > today.Last+2*wire.KeyActiveDays
	})
	slot := r.slot(today.Day)
	for _, start := range []schema.Day{slot, slot + wire.KeyActiveDays} {
		covered := slices.ContainsFunc(r.keys, func(p *envelope.PrivateKey) bool {
			return start <= p.Start && p.Start < start+wire.KeyActiveDays
		})
		if covered {
			continue
		}
		r.makeRoom(today.Day)
		if _, err := r.add(start); err != nil {
			return err
		}
	}
	return nil
}

// makeRoom destroys the oldest key of a full list when its time is most likely
// over: on a host that runs for minutes a week no day is ever sure. A host that
// sealed to it is told to seal again.
func (r *ring) makeRoom(day schema.Day) {
	if len(r.keys) == wire.MaxKeys && r.keys[0].Start+wire.KeyAcceptedDays <= day {
		r.keys = slices.Delete(r.keys, 0, 1)
	}
}

// slot returns the first day of the slot that day lies in.
func (r *ring) slot(day schema.Day) schema.Day {
	if day >= r.anchor {
		return day - (day-r.anchor)%wire.KeyActiveDays
	}
	back := (r.anchor - day + wire.KeyActiveDays - 1) / wire.KeyActiveDays * wire.KeyActiveDays
	return r.anchor - min(r.anchor, back)
}

// add makes a key with an ID that no other ever had.
func (r *ring) add(start schema.Day) (id uint32, err error) {
	if len(r.keys) == wire.MaxKeys {
		return 0, ErrManyKeys
	}
	p, err := envelope.NewPrivateKey(r.lastID+1, start)
	if err != nil {
		return 0, err
	}
	r.lastID++
	r.keys = append(r.keys, p)
	r.sort()
	return p.ID, nil
}

// destroy drops a key, and says whether it was there.
func (r *ring) destroy(id uint32) bool {
	before := len(r.keys)
	r.keys = slices.DeleteFunc(r.keys, func(p *envelope.PrivateKey) bool { return p.ID == id })
	return len(r.keys) < before
}

// list returns the list of all keys.
func (r *ring) list() *wire.KeyList {
	l := &wire.KeyList{Version: r.version, Suite: wire.SuiteX25519}
	for _, p := range r.keys {
		l.Keys = append(l.Keys, p.Public())
	}
	return l
}

// sameList says whether two keyrings list the same keys under the same version.
func (r *ring) sameList(o *ring) bool { return bytes.Equal(r.list().Marshal(), o.list().Marshal()) }

// same says whether two keyrings are the same in the file.
func (r *ring) same(o *ring) bool {
	return r.lastID == o.lastID && r.anchor == o.anchor && bytes.Equal(r.signed, o.signed) && r.sameList(o)
}
