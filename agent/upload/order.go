package upload

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// ErasureFile keeps what is still to be sent of an erasure: rights of an
// installation that is no more. What the store has confirmed is no longer in it.
const ErasureFile = "erase.json"

const (
	// extraPages is how many more pages of each day are erased than were given a
	// number here: a restored snapshot of this host may have sent them.
	extraPages = 16
	// leastDays is how many days an erasure is of at least, however young the
	// installation: its age is nobody's business.
	leastDays = 91
	// maxUnsent bounds what waits: erasures that are ordered while earlier ones
	// are not confirmed add to it.
	maxUnsent = 1024
)

// order is the erasure file.
type order struct {
	Form      int      `json:"form"`
	Of        string   `json:"of"`      // which installation ordered it last, see nameOf
	Ordered   int64    `json:"ordered"` // Unix seconds
	Total     int      `json:"total"`   // envelopes
	Unsent    []unsent `json:"unsent,omitempty"`
	Confirmed int      `json:"confirmed"`

	Refused     map[string]int `json:"refused,omitempty"` // envelopes, by status
	Pages       int            `json:"pages"`             // erased, by the store's word
	Open        int            `json:"open,omitempty"`    // not there, and kept if they come
	ForgottenBy schema.Day     `json:"forgotten_by"`      // by the brokers
	Finished    int64          `json:"finished"`          // Unix seconds; 0: not yet
}

// unsent is one envelope that has no reply yet.
type unsent struct {
	Batch   schema.BatchID `json:"batch"`
	Payload []byte         `json:"payload"` // as page.MarshalErasures makes it
	Size    int            `json:"size"`    // of the sealed part
}

// partition is where the envelope belongs: all its tags do.
func (u *unsent) partition() uint8 {
	return wire.PartitionOf([16]byte(u.Payload[2+4:]))
}

// nameOf returns a name for an installation that tells nothing and that no page
// has: the witness of a day that never comes.
func nameOf(root page.Root) string {
	w := root.EraseRight(math.MaxUint32, math.MaxUint32).Witness()
	return hex.EncodeToString(w[:])
}

func readOrder(dir string) (*order, error) {
	path := filepath.Join(dir, ErasureFile)
	b, err := durable.ReadOwnerFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &order{Form: 1}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what is to be erased: %w", err)
	}
	o := new(order)
	if err := json.Unmarshal(b, o); err != nil || !o.sound() {
		return nil, fmt.Errorf("read what is to be erased: %s %w", path, durable.ErrDamaged)
	}
	return o, nil
}

// sound says whether what was read can be sent.
func (o *order) sound() bool {
	return o.Form == 1 && len(o.Unsent) <= maxUnsent && !slices.ContainsFunc(o.Unsent, func(u unsent) bool {
		items, err := page.ParseErasures(u.Payload)
		return err != nil || len(items) == 0
	})
}

func (o *order) write(dir string) error {
	b, err := json.Marshal(o)
	if err == nil {
		err = durable.WriteFile(filepath.Join(dir, ErasureFile), b, durable.OwnerFile)
	}
	if err != nil {
		return fmt.Errorf("keep what is to be erased: %w", err)
	}
	return nil
}

// add takes what erases all pages that an installation can have sent.
func (o *order) add(root page.Root, numbers map[schema.Day]uint32, since, today schema.Day) error {
	fresh := envelopesOf(erasures(root, numbers, since, today))
	if len(o.Unsent)+len(fresh) > maxUnsent {
		return ErrUnderWay
	}
	if len(o.Unsent) == 0 { // the last one is finished: this is another
		*o = order{Form: 1}
	}
	o.Of, o.Total, o.Finished = nameOf(root), o.Total+len(fresh), 0
	o.Unsent = append(slices.Clone(o.Unsent), fresh...)
	rand.Shuffle(len(o.Unsent), func(i, j int) { o.Unsent[i], o.Unsent[j] = o.Unsent[j], o.Unsent[i] })
	return nil
}

// erasures returns what erases every page that was given a number, on any day
// up to tomorrow that the store may still have pages of, and some more of each
// day. They are in random order.
func erasures(root page.Root, numbers map[schema.Day]uint32, since, today schema.Day) []page.Erasure {
	first := max(min(since, today-min(leastDays, today)), today-min(keepPlaces, today))
	days := map[schema.Day]uint32{}
	for d := first; d <= today+1; d++ {
		days[d] = 0
	}
	for d, n := range numbers { // the store's clock may have counted otherwise
		days[d] = n
	}
	var out []page.Erasure
	for d, n := range days {
		keys := root.Day(d)
		for i := range n + extraPages {
			out = append(out, page.Erasure{Day: d, Tag: keys.Tag(i), Right: root.EraseRight(d, i)})
		}
	}
	rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// envelopesOf packs erasures by partition into envelopes of one size: the least
// that is enough for all of them.
func envelopesOf(all []page.Erasure) []unsent {
	var by [wire.Partitions][]page.Erasure
	for _, e := range all {
		p := wire.PartitionOf(e.Tag)
		by[p] = append(by[p], e)
	}
	var out []unsent
	longest := 0
	for _, es := range by {
		for some := range slices.Chunk(es, page.MaxErasures) {
			u := unsent{Batch: schema.NewBatchID(), Payload: page.MarshalErasures(some)}
			out, longest = append(out, u), max(longest, len(u.Payload))
		}
	}
	size, ok := wire.BucketFor(longest, wire.SentBucket)
	if !ok {
		panic("upload: internal error: erasures do not fit their envelope")
	}
	for i := range out {
		out[i].Size = size
	}
	return out
}
