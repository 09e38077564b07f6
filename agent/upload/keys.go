package upload

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// ErrOldKeys says that a relay offered a key list older than one seen before, or
// another of the same version: it is out of date, or somebody plays tricks. The
// one seen first stays in use.
var ErrOldKeys = errors.New("key list is older than one seen before")

// keyListFile keeps the newest list seen, signed as it came.
const keyListFile = "keys.list"

// keyStore is the newest verified key list.
type keyStore struct {
	path   string
	vendor ed25519.PublicKey

	mu   sync.Mutex
	list *wire.KeyList
}

// openKeys reads the list of an earlier run, if there is one. What is not a
// list of the vendor's is left out: the next connection brings one.
func openKeys(dir string, vendor ed25519.PublicKey) (*keyStore, error) {
	k := &keyStore{path: filepath.Join(dir, keyListFile), vendor: vendor, list: &wire.KeyList{}}
	if len(vendor) == 0 {
		return k, nil // nothing can be checked, so that nothing can be sent
	}
	b, err := os.ReadFile(k.path)
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read key list: %w", err)
	}
	if list, err := envelope.VerifyKeyList(vendor, b); err == nil {
		k.list = list
	}
	return k, nil
}

// fetch asks the relay for the list and takes it if it is the vendor's and not
// older.
func (k *keyStore) fetch(ctx context.Context, conn *nats.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	m, err := conn.RequestWithContext(ctx, wire.SubjectGetKeys, nil)
	if err != nil {
		return fmt.Errorf("fetch key list: %w", err)
	}
	list, err := envelope.VerifyKeyList(k.vendor, m.Data)
	if err != nil {
		return fmt.Errorf("fetch key list: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if list.Version < k.list.Version || list.Version == k.list.Version && !bytes.Equal(list.Marshal(), k.list.Marshal()) {
		return fmt.Errorf("fetch key list: %w", ErrOldKeys)
	}
	if list.Version > k.list.Version {
		if err := durable.WriteFile(k.path, m.Data, durable.OwnerFile); err != nil {
			return fmt.Errorf("keep key list: %w", err)
		}
	}
	k.list = list
	return nil
}

// pick returns the key to seal to: the active one, or when the clock of this
// host names a day that none is active on, the nearest. The store accepts keys
// longer than they are active, and its answer sets the day right.
func (k *keyStore) pick(d schema.Day) (wire.Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key, ok := k.list.Active(d); ok {
		return key, nil
	}
	if len(k.list.Keys) == 0 {
		return wire.Key{}, ErrNoKey
	}
	return slices.MinFunc(k.list.Keys, func(a, b wire.Key) int { return cmp.Compare(apart(a.Start, d), apart(b.Start, d)) }), nil
}

// apart returns how many days lie between two.
func apart(a, b schema.Day) schema.Day { return max(a, b) - min(a, b) }
