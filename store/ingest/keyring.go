package ingest

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// keyringName is the file in the keys directory that holds the private keys.
const keyringName = "envelope.json"

// Keyring holds the store's private keys. Each is active for one slot of
// wire.KeyActiveDays and accepted until wire.KeyAcceptedDays after its start;
// then it is destroyed. Slots follow each other without a gap; the key of the
// next slot is made a slot ahead, so that agents have it before they need it.
type Keyring struct {
	path string

	mu      sync.Mutex
	version uint64 // of the key list; counts up with every change
	keys    []*envelope.PrivateKey
	turned  schema.Day
}

// keyringFile is the form of the file.
type keyringFile struct {
	Version uint64    `json:"version"`
	Keys    []keyFile `json:"keys"`
}

type keyFile struct {
	ID      uint32 `json:"id"`
	Start   uint32 `json:"start"`   // day number
	Private []byte `json:"private"` // 32 raw bytes, RFC 7748
}

// OpenKeyring reads the private keys in dir, or makes the first one, and turns
// them to today.
func OpenKeyring(dir string, today schema.Day) (*Keyring, error) {
	k := &Keyring{path: filepath.Join(dir, keyringName)}
	b, err := durable.ReadOwnerFile(k.path)
	switch {
	case errors.Is(err, fs.ErrNotExist): // the first start
	case err != nil:
		return nil, fmt.Errorf("read store keys: %w", err)
	default:
		if err := k.parse(b); err != nil {
			return nil, fmt.Errorf("read store keys: %s %w: %w", k.path, durable.ErrDamaged, err)
		}
	}
	if err := k.Turn(today); err != nil {
		return nil, err
	}
	return k, nil
}

func (k *Keyring) parse(b []byte) error {
	var f keyringFile
	if err := json.Unmarshal(b, &f); err != nil || len(f.Keys) > wire.MaxKeys {
		return errors.New("not JSON of the expected form") // the library's text may quote a key
	}
	k.version = f.Version
	for _, one := range f.Keys {
		key, err := envelope.ParsePrivateKey(one.ID, schema.Day(one.Start), one.Private)
		if err != nil {
			return err
		}
		k.keys = append(k.keys, key)
	}
	slices.SortFunc(k.keys, func(a, b *envelope.PrivateKey) int { return int(a.Start) - int(b.Start) })
	return nil
}

// Turn makes the keys that are due on day today and destroys those that are no
// longer accepted. It does nothing when it was called for that day before.
func (k *Keyring) Turn(today schema.Day) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.turned == today {
		return nil
	}
	keys := slices.DeleteFunc(slices.Clone(k.keys), func(p *envelope.PrivateKey) bool {
		return p.Start+wire.KeyAcceptedDays <= today
	})
	changed := len(keys) != len(k.keys)
	for next := k.nextStart(today); next <= today+wire.KeyActiveDays; next += wire.KeyActiveDays {
		p, err := envelope.NewPrivateKey(k.nextID(keys), next)
		if err != nil {
			return fmt.Errorf("turn store keys: %w", err)
		}
		keys, changed = append(keys, p), true
	}
	if changed {
		if err := k.save(k.version+1, keys); err != nil {
			return fmt.Errorf("turn store keys: %w", err)
		}
		k.version++
		k.keys = keys
	}
	k.turned = today
	return nil
}

// nextStart returns the first day of the slot after the newest key's, skipping
// slots that have passed. The very first key starts yesterday, for hosts whose
// clocks are behind.
func (k *Keyring) nextStart(today schema.Day) schema.Day {
	if len(k.keys) == 0 {
		return today - 1
	}
	next := k.keys[len(k.keys)-1].Start + wire.KeyActiveDays
	for next+wire.KeyActiveDays <= today {
		next += wire.KeyActiveDays
	}
	return next
}

// nextID counts on from the newest key that ever was: one that is destroyed is
// never the newest, unless all are.
func (k *Keyring) nextID(keys []*envelope.PrivateKey) uint32 {
	var last uint32
	for _, p := range append(slices.Clone(k.keys), keys...) {
		last = max(last, p.ID)
	}
	return last + 1
}

func (k *Keyring) save(version uint64, keys []*envelope.PrivateKey) error {
	f := keyringFile{Version: version}
	for _, p := range keys {
		raw, err := p.Bytes()
		if err != nil {
			return err
		}
		f.Keys = append(f.Keys, keyFile{ID: p.ID, Start: uint32(p.Start), Private: raw})
	}
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return durable.WriteFile(k.path, append(b, '\n'), durable.OwnerFile)
}

// key returns the private key with the given ID, or nil.
func (k *Keyring) key(id uint32, today schema.Day) *envelope.PrivateKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range k.keys {
		if p.ID == id && today < p.Start+wire.KeyAcceptedDays {
			return p
		}
	}
	return nil
}

// KeyList returns the list of the keys that are active on day today or later,
// signed with the vendor's key. The bytes change only when the keys do.
func (k *Keyring) KeyList(vendor ed25519.PrivateKey, today schema.Day) []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	l := &wire.KeyList{Version: k.version, Suite: wire.SuiteX25519}
	for _, p := range k.keys {
		if today < p.Start+wire.KeyActiveDays {
			l.Keys = append(l.Keys, p.Public())
		}
	}
	return envelope.SignKeyList(vendor, l)
}
