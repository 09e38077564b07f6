package upload

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// ErrOldKeys says that a relay offered a key list older than one seen before:
// it is out of date, or somebody replays. The newer one stays in use.
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
	if list.Version < k.list.Version {
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

// active returns the key to seal to.
func (k *keyStore) active(d schema.Day) (wire.Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key, ok := k.list.Active(d)
	if !ok {
		return wire.Key{}, ErrNoKey
	}
	return key, nil
}
