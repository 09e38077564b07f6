// Package engineers is the list of those who may look up over NATS: a name each,
// and the public half of the key that his questions are signed with.
//
// The list is one file, engineers.json, for its owner only, replaced as a whole.
// The private half is given out once, when somebody is added, and kept nowhere
// here: who copies the list can ask nothing. Whoever asks a list reads the file:
// who was removed is refused at his next question. A list that cannot be read
// knows nobody. It holds at most [Most].
package engineers

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/durable"
)

// Most bounds the list.
const Most = 256

// Errors of a list. All are wrapped with the name, or what is wrong with it.
var (
	ErrName  = errors.New("not a name: take at most 40 small letters, digits, dots and hyphens, the first a letter or digit")
	ErrThere = errors.New("there is an engineer of that name: remove him first, or take another")
	ErrNone  = errors.New("there is no engineer of that name")
	ErrMany  = fmt.Errorf("there are %d engineers, which is the most: remove one", Most)
)

const (
	file = "engineers.json"
	lock = "engineers" // held by who changes the list
)

var names = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,39}$`)

// Engineer is one of the list.
type Engineer struct {
	Name  string    `json:"name"`
	Key   string    `json:"key"`   // public half, in hex
	Added time.Time `json:"added"` // UTC
}

// List is the list in a directory. The zero List has none; make one with In.
type List struct{ dir string }

// In returns the list in a directory of its owner, which Add makes when missing.
func In(dir string) *List { return &List{dir: dir} }

// All returns everybody, by name.
func (l *List) All() ([]Engineer, error) {
	b, err := os.ReadFile(filepath.Join(l.dir, file))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var all []Engineer
	if err == nil {
		err = json.Unmarshal(b, &all)
	}
	if err != nil {
		return nil, fmt.Errorf("read the list of engineers: %w", durable.Bare(err))
	}
	return all, nil
}

// Key returns the public key of a name. Errors wrap [ErrNone], or say that the list
// cannot be read.
func (l *List) Key(name string) (ed25519.PublicKey, error) {
	all, err := l.All()
	if err != nil {
		return nil, err
	}
	i, found := find(all, name)
	if !found {
		return nil, ErrNone
	}
	key, err := hex.DecodeString(all[i].Key)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("read the list of engineers: %w", durable.ErrDamaged)
	}
	return key, nil
}

// Add adds somebody and returns the key that he signs with, which is kept nowhere.
// Errors wrap [ErrName], [ErrThere] or [ErrMany].
func (l *List) Add(name string, now time.Time) (ed25519.PrivateKey, error) {
	if !names.MatchString(name) {
		return nil, ErrName
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	return private, l.change(func(all []Engineer) ([]Engineer, error) {
		i, found := find(all, name)
		switch {
		case found:
			return nil, fmt.Errorf("%s: %w", name, ErrThere)
		case len(all) >= Most:
			return nil, ErrMany
		}
		return slices.Insert(all, i, Engineer{Name: name, Key: hex.EncodeToString(public), Added: now.UTC().Truncate(time.Second)}), nil
	})
}

// Remove removes somebody. Errors wrap [ErrNone].
func (l *List) Remove(name string) error {
	return l.change(func(all []Engineer) ([]Engineer, error) {
		i, found := find(all, name)
		if !found {
			return nil, fmt.Errorf("%s: %w", name, ErrNone)
		}
		return slices.Delete(all, i, i+1), nil
	})
}

func find(all []Engineer, name string) (int, bool) {
	return slices.BinarySearchFunc(all, name, func(e Engineer, name string) int { return strings.Compare(e.Name, name) })
}

// change replaces the list, one process at a time. The error is a
// [*datadir.HeldError] while another one does.
func (l *List) change(by func([]Engineer) ([]Engineer, error)) (err error) {
	if err := durable.MakeOwnerDir(l.dir); err != nil {
		return fmt.Errorf("change the list of engineers: %w", durable.Bare(err))
	}
	held, err := datadir.TakeLock(l.dir, lock)
	if err != nil {
		return fmt.Errorf("change the list of engineers: %w", err)
	}
	defer func() { err = errors.Join(err, held.Release()) }()
	all, err := l.All()
	if err != nil {
		return err
	}
	if all, err = by(all); err != nil {
		return err
	}
	b, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return durable.WriteFile(filepath.Join(l.dir, file), append(b, '\n'), durable.OwnerFile)
}
