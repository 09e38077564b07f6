package own

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"sync"
)

// Bounds of what is held in memory.
const (
	MaxNever      = 10_000    // values taken by Never
	MaxNeverLen   = 4 << 10   // bytes of one of them
	MinNeverLen   = 3         // bytes; fewer would stand in every text
	MaxNeverBytes = 512 << 10 // of all of them together
	// MaxWriting is how many bytes the longest writing of a value has: sixteen for
	// each of its own. Its UTF-16 in hex as programs list bytes (0x71, 0x00, ) takes
	// twelve, an entity that is escaped twice (&amp;amp;#x71;) fourteen.
	MaxWriting = 16 * MaxNeverLen
	maxHost    = 4096      // identifiers from the host before the old ones are forgotten
	minStrong  = 6         // bytes from which an uncommon identifier is found anywhere
	minNeedle  = 4         // bytes of the shortest needle found without a place
	minEncoded = minStrong // bytes of the shortest value that is found encoded anywhere
)

// Config is what Gather is told.
type Config struct {
	// Installation is the installation ID in every form that people write it:
	// the UUID and the spoken form. None by default.
	Installation []string
	// Common reports whether a word, in lower case, is so common that it is
	// found by position only; the scrubber's vocabulary fits. Nil means only
	// a built-in list of default names, which is asked in any case.
	Common func(word string) bool
	// Root is the file system that etc/passwd, etc/machine-id and the like are
	// read from. Nil means this host's "/".
	Root fs.FS
}

// Identifiers are this host's identifiers. Safe for concurrent use; they are
// in memory only and do not show in logs, JSON or formatted text.
type Identifiers struct {
	config Config
	common func(string) bool

	mu         sync.RWMutex
	long       *index                  // needles of four bytes and more
	short      *index                  // of two and three
	raw        *index                  // of bytes
	sums       sums                    // digests, which raw's set knows, too
	starts     filter                  // what needles and digests begin with, and groups of base64
	shorts     *pairs                  // what short needles begin with; nil: there are none
	begin      *beginnings             // both, for the scout
	decoded    filter                  // what an identifier decoded from hex may begin with
	addresses  map[netip.Addr]struct{} // as 16 bytes
	firsts     map[string]struct{}     // first groups of those that are IPv6
	marks      uint32                  // of bytes that make a text worth another look
	literal    uint32                  // of those that stand in identifiers
	reach      int                     // how many bytes away a writing may end that begins at any byte
	host       map[found]struct{}
	never      map[string]struct{}
	neverBytes int
	renamed    []string // IDs that came after Config's
}

// found is one identifier as a source gave it.
type found struct {
	class Class
	value string
	key   bool // the value is the bytes of a public SSH key
}

// Gather collects this host's identifiers. Its error joins what could not be
// read; the result is never nil and holds everything else.
func Gather(ctx context.Context, c Config) (*Identifiers, error) {
	if c.Root == nil {
		c.Root = os.DirFS("/")
	}
	ids := &Identifiers{config: c, common: c.Common, never: map[string]struct{}{}}
	ids.clear()
	return ids, ids.Refresh(ctx)
}

// Refresh collects again, for addresses and names that changed since. What was
// found before stays, because records from that time may still be waiting.
func (ids *Identifiers) Refresh(ctx context.Context) error {
	now, err := gather(ctx, ids.config)
	ids.mu.Lock()
	defer ids.mu.Unlock()
	if len(ids.host)+len(now) > maxHost {
		ids.clear()
		for v := range ids.never {
			ids.addNever(v)
		}
		for _, v := range ids.renamed {
			ids.add(found{class: Installation, value: v})
		}
	}
	for _, f := range now[:min(len(now), maxHost)] {
		if _, ok := ids.host[f]; !ok {
			ids.host[f] = struct{}{}
			ids.add(f)
		}
	}
	if err != nil {
		return fmt.Errorf("gather this host's identifiers: %w", err)
	}
	return nil
}

// A writing that is looked for within another has at most reachEach bytes for
// each byte of the identifier: hex of UTF-16 with separators. leastReach is for
// digests, and for the words that tell where somebody is named.
const (
	reachEach  = 8
	leastReach = 256
)

// Sizes of the empty sets, as powers of two of the bits in each array. An ordinary
// host has some hundred groups of base64 for each identifier: 64 KiB.
const (
	startStarts = 18
	startBits   = 15
)

func (ids *Identifiers) clear() {
	ids.long, ids.short, ids.raw, ids.sums = newIndex(minNeedle), newIndex(2), newIndex(minNeedle), sums{}
	ids.starts, ids.shorts, ids.decoded = newFilter(startStarts), nil, newFilter(startBits)
	ids.begin = new(beginnings)
	ids.addresses, ids.firsts = map[netip.Addr]struct{}{}, map[string]struct{}{}
	ids.marks, ids.literal, ids.reach = markLiteral|markControl|markUnseen, 0, leastReach
	ids.host = map[found]struct{}{}
}

// Never takes values that must not leave this host, in memory only, and
// returns how many it holds now of those given. It refuses a value shorter
// than MinNeverLen or longer than MaxNeverLen, and all once MaxNever or
// MaxNeverBytes is reached. A value that it has already counts as taken.
func (ids *Identifiers) Never(values ...string) (taken int) {
	ids.mu.Lock()
	defer ids.mu.Unlock()
	for _, v := range values {
		v = strings.TrimSpace(v)
		if _, ok := ids.never[v]; ok {
			taken++
			continue
		}
		if len(v) < MinNeverLen || len(v) > MaxNeverLen ||
			len(ids.never) >= MaxNever || ids.neverBytes+len(v) > MaxNeverBytes {
			continue
		}
		ids.never[v] = struct{}{}
		ids.neverBytes += len(v)
		ids.addNever(v)
		taken++
	}
	return taken
}

// redacted is all that formatting shows.
const redacted = "own identifiers (not shown)"

// String returns a fixed text, so that nothing is shown by mistake.
func (*Identifiers) String() string { return redacted }

// GoString returns the same fixed text.
func (*Identifiers) GoString() string { return redacted }

// LogValue returns the same fixed text.
func (*Identifiers) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON returns the same fixed text.
func (*Identifiers) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
