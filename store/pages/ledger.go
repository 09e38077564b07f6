package pages

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

// LedgerFile is the name of the ledger of erasures. It lies beside the store's
// secrets and in no backup of the data: a backup must not bring back what was
// erased after it.
const LedgerFile = "erased.log"

// Bounds of a ledger: 256 MiB on disk and in memory. Whoever can send an order to
// erase can name pages that never were. Those have half of it; the rest is for
// pages that were there.
const (
	maxTombstones = 16 << 20
	maxAhead      = maxTombstones / 2
)

// Errors of the ledger. All are wrapped with detail.
var (
	// ErrLedger says that the ledger is damaged where it is not its torn end.
	// Nothing is changed. Put the newest copy of it back.
	ErrLedger = errors.New("the ledger of erasures is damaged; fix: put the newest copy of " + LedgerFile + " back into the keys directory")
	// ErrOlder says that the ledger is older than what it is to be used with,
	// or another store's: erased pages would come back. Put the newest copy
	// of it back.
	ErrOlder = errors.New("the ledger of erasures is older than the data, or another store's; fix: put the newest copy of " + LedgerFile + " back into the keys directory")
	// ErrLedgerFull says that no more tombstones are taken, not even of pages that
	// are there: somebody floods the store with pages and erasures of them. Nothing
	// was erased.
	ErrLedgerFull = errors.New("the ledger of erasures is full")
)

// Mark says how far a ledger went. The zero mark is of one with nothing in it.
type Mark struct {
	Ledger string         `json:"ledger"` // its random ID, 32 hex digits
	Frames uint64         `json:"frames"` // ever appended
	Head   durable.Digest `json:"head"`   // of the last of them
}

// Ledger remembers what was erased, so that no late replay and no older backup
// brings it back: one file, to which frames are appended, of one month each,
// chained by SHA-256 and synced, and which is written anew when the day changes,
// sorted. It is safe for concurrent use; the caller holds the store's lock.
type Ledger struct {
	path string
	log  *slog.Logger

	mu     sync.RWMutex
	id     [16]byte
	first  uint64 // frames whose heads are forgotten
	eras   []era
	heads  int64 // where they begin in the file
	base   place // before the first frame that follows the past
	begin  int64 // of that frame in the file
	at     place // after the last frame
	size   int64 // of the file
	count  int   // of the tombstones
	months map[schema.Month]*buried
}

// place is a place between two frames of a ledger.
type place struct {
	frames uint64
	head   durable.Digest
}

// OpenLedger opens the ledger in dir, which is the directory of the store's
// secrets, or begins one. The end of an append that a crash tore is cut off:
// nobody was told that it is written. Errors wrap [ErrLedger] when it is damaged
// elsewhere. log gets what was cut; nil: nothing is logged.
func OpenLedger(dir string, log *slog.Logger) (*Ledger, error) {
	l, torn, err := loadLedger(dir, log)
	if err == nil && torn > 0 {
		l.log.Warn("cut the torn end of the ledger of erasures", slog.Int64("bytes", torn))
		err = l.cut()
	}
	if err != nil {
		return nil, fmt.Errorf("open ledger of erasures: %w", err)
	}
	return l, nil
}

// ReadLedger is [OpenLedger] for who appends nothing: the file stays as it is,
// with its torn end.
func ReadLedger(dir string, log *slog.Logger) (*Ledger, error) {
	l, _, err := loadLedger(dir, log)
	if err != nil {
		return nil, fmt.Errorf("read ledger of erasures: %w", err)
	}
	return l, nil
}

// loadLedger reads the ledger in dir, and says how many bytes at its end are
// torn.
func loadLedger(dir string, log *slog.Logger) (l *Ledger, torn int64, err error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	l = &Ledger{
		path: filepath.Join(dir, LedgerFile), log: log.With(slog.String("component", "store/pages")),
		months: map[schema.Month]*buried{},
	}
	torn, err = l.load()
	if err != nil {
		return nil, 0, err
	}
	for _, b := range l.months {
		b.settle()
	}
	if l.size == 0 { // not even the beginning was written: the first append makes it
		_, _ = rand.Read(l.id[:]) // crypto/rand.Read never returns an error
	}
	return l, torn, nil
}

// load reads the whole file, if there is one.
func (l *Ledger) load() (torn int64, err error) {
	f, err := os.Open(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	end, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		err = l.read(f, end)
	}
	return end - l.size, err
}

// cut cuts the torn end off.
func (l *Ledger) cut() error {
	f, err := os.OpenFile(l.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(l.size), f.Sync(), f.Close())
}

// Has says whether a page was erased.
func (l *Ledger) Has(m schema.Month, t Tombstone) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	b := l.months[m]
	return b != nil && b.has(t)
}

// Mark returns how far the ledger goes, for a backup to remember.
func (l *Ledger) Mark() Mark {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.at.frames == 0 {
		return Mark{}
	}
	return Mark{Ledger: fmt.Sprintf("%x", l.id), Frames: l.at.frames, Head: l.at.head}
}

// Tombstones returns how many there are.
func (l *Ledger) Tombstones() int {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.count
}

// Append writes the tombstones of pages that are there and of pages that are not
// there, ahead of them, and returns when they are synced. It leaves out those that
// it has, so that an erasure that comes again costs nothing, and all that are ahead
// when half of the ledger is full: left is how many. Errors wrap [ErrLedgerFull];
// then nothing is written, and when the disk is full some may be.
func (l *Ledger) Append(there, ahead []Buried) (left int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	there, ahead = l.news(there), l.news(ahead)
	if l.count+len(there) > maxTombstones {
		return 0, fmt.Errorf("append to ledger of erasures: %w: it holds %d", ErrLedgerFull, l.count)
	}
	if l.count+len(there)+len(ahead) > maxAhead {
		left, ahead = len(ahead), nil
	}
	for some := range slices.Chunk(l.news(slices.Concat(there, ahead)), maxAppend) {
		if err := l.append(some); err != nil {
			return 0, fmt.Errorf("append to ledger of erasures: %w", err)
		}
	}
	return left, nil
}

// append writes what is new and sorted, at most maxAppend of it.
func (l *Ledger) append(all []Buried) error {
	if l.size == 0 {
		if err := l.start(); err != nil {
			return err
		}
	}
	frames, after := framesOf(all, l.at)
	var b []byte
	for i := range frames {
		b = frames[i].append(b)
	}
	if err := l.write(b); err != nil {
		return err
	}
	for i := range frames {
		l.keep(&frames[i])
	}
	l.at = after
	return nil
}

// news returns what the ledger does not have yet, sorted by month and value: the
// file does not tell in which order it was named.
func (l *Ledger) news(all []Buried) []Buried {
	all = slices.DeleteFunc(slices.Clone(all), func(b Buried) bool {
		have := l.months[b.Month]
		return have != nil && have.has(b.Tombstone)
	})
	slices.SortFunc(all, compareBuried)
	return slices.Compact(all)
}

func compareBuried(a, b Buried) int {
	if a.Month != b.Month {
		return int(a.Month) - int(b.Month)
	}
	return compareTombstones(a.Tombstone, b.Tombstone)
}

// keep takes a frame into memory. Its number is the one after l.at, or later.
func (l *Ledger) keep(f *frame) {
	b := l.months[f.month]
	if b == nil {
		b = &buried{}
		l.months[f.month] = b
	}
	for _, t := range f.tombstones {
		b.add(t)
	}
	b.last = f.number
	l.count += len(f.tombstones)
}

// start makes the file, with no past.
func (l *Ledger) start() error {
	if err := durable.MakeOwnerDir(filepath.Dir(l.path)); err != nil {
		return err
	}
	b := l.header()
	sum := sha256.Sum256(b)
	if err := durable.WriteFile(l.path, append(b, sum[:]...), durable.OwnerFile); err != nil {
		return err
	}
	l.heads, l.begin, l.size = int64(ledgerFixedLen), int64(ledgerHeaderLen), int64(ledgerHeaderLen)
	return nil
}

// write appends and syncs. What does not fit on the disk is taken away again.
func (l *Ledger) write(b []byte) error {
	f, err := os.OpenFile(l.path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(b, l.size)
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		err = errors.Join(err, f.Truncate(l.size))
	}
	if err = errors.Join(err, f.Close()); err == nil {
		l.size += int64(len(b))
	}
	return err
}

// CheckLedger reads the ledger in dir and changes nothing. It holds the chain to
// be intact, and to go as far as all marks that are known: a ledger that is gone,
// cut at the end of a frame, or of before is intact in itself. torn is how many
// bytes at its end a crash, or an append that is under way, has left. A ledger
// that was never begun has no frames. Errors wrap [ErrLedger] or [ErrOlder].
func CheckLedger(dir string, known ...Mark) (m Mark, tombstones int, torn int64, err error) {
	l := &Ledger{path: filepath.Join(dir, LedgerFile), months: map[schema.Month]*buried{}}
	torn, err = l.load()
	for i := 0; err == nil && i < len(known); i++ {
		err = l.Covers(known[i])
	}
	if err != nil {
		return Mark{}, 0, 0, fmt.Errorf("check ledger of erasures: %w", err)
	}
	return l.Mark(), l.count, torn, nil
}
