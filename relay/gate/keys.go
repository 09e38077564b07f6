package gate

import (
	"fmt"
	"slices"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// served is the key list that is served.
type served struct {
	bytes  []byte
	ids    []uint32 // of the keys that open
	newest uint32   // of them
}

// SetKeyList replaces the key list that is served from now on, as it is: the
// signature is checked by who uses it. Nil serves an empty message, which
// tells the asker at once that there is none. An error that wraps
// [wire.ErrForm] leaves the list as it was.
func (g *Gate) SetKeyList(list []byte) error {
	s := &served{bytes: list}
	if list != nil {
		l, _, _, err := wire.ParseKeyList(list)
		if err != nil {
			return fmt.Errorf("serve key list: %w", err)
		}
		for _, k := range l.Keys {
			s.ids = append(s.ids, k.ID)
			s.newest = max(s.newest, k.ID)
		}
	}
	g.keys.Store(s)
	return nil
}

// Gone says whether a key is one that the store has destroyed: it is older than
// the newest of the list and not among them. Of a newer one the list may not
// know yet, and the store decides. It may be called from anywhere, and is quick.
func (g *Gate) Gone(id uint32) bool {
	s := g.keys.Load()
	return id < s.newest && !slices.Contains(s.ids, id)
}
