package ingest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

// QuarantineFile is the name of the quarantine in the data directory.
const QuarantineFile = "quarantine.json"

const (
	quarantineVersion = 1
	quarantineDays    = 90               // kept; older days go
	quarantineWrite   = 10 * time.Second // at the earliest after the last write
	maxQuarantineFile = 1 << 20
)

// sizeBounds are the upper bounds of the sizes that are told apart, in bytes:
// the four sizes of envelopes, and crates. What is larger has no bound.
var sizeBounds = []int{2 << 10, 8 << 10, 32 << 10, 128 << 10, 512 << 10}

// Refused says how many envelopes, or crates, of one day could not be opened
// for one reason, and about how large they were. It holds nothing of them.
type Refused struct {
	Day    string `json:"day"`      // of arrival, as in 2026-11-21
	Reason string `json:"reason"`   // as in [Counts]
	UpToKB int    `json:"up_to_kb"` // upper bound of the size in KiB; 0: larger than all
	Count  uint64 `json:"count"`
}

// Quarantine counts what does not open, by day, reason and size, in one small
// file of the data directory. There is no content, no order and no time in it:
// what could be kept of an envelope that nobody can open would only help
// whoever wants to link it.
//
// It keeps 90 days and is written at most every ten seconds, and at the end: a
// crash forgets the counts since. When the file cannot be read, it is set aside
// and counting begins anew; when it cannot be written, counts stay in memory.
// Methods may be called at the same time.
type Quarantine struct {
	path string

	mu      sync.Mutex
	cells   map[cell]uint64
	dirty   bool
	written time.Time
}

type cell struct {
	day    schema.Day
	reason string
	upTo   int
}

type quarantineJSON struct {
	Version int       `json:"version"`
	Check   uint32    `json:"check"` // CRC-32C of what follows, as it is written: a flipped bit makes another count
	Refused []Refused `json:"refused"`
}

// check returns what the counts are checked by.
func check(refused []Refused) (uint32, error) {
	b, err := json.Marshal(refused)
	return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)), err
}

// OpenQuarantine opens the quarantine in the data directory. That it was set
// aside is logged.
func OpenQuarantine(dir string, log *slog.Logger) (*Quarantine, error) {
	q := &Quarantine{path: filepath.Join(dir, QuarantineFile), cells: map[cell]uint64{}}
	refused, err := ReadQuarantine(dir)
	if errors.Is(err, durable.ErrDamaged) {
		log.Warn("the counts of what did not open are set aside; they begin anew", slog.Any("error", err))
		return q, durable.SetAside(q.path)
	}
	for _, r := range refused {
		at, err := time.Parse(time.DateOnly, r.Day)
		if err != nil {
			continue // ReadQuarantine has looked
		}
		q.cells[cell{schema.DayOf(at), r.Reason, r.UpToKB << 10}] += r.Count
	}
	return q, err
}

// ReadQuarantine returns what the file in the data directory says; nothing when
// there is none. Errors wrap durable.ErrDamaged.
func ReadQuarantine(dir string) ([]Refused, error) {
	path := filepath.Join(dir, QuarantineFile)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read quarantine: %w", err)
	}
	if info.Size() > maxQuarantineFile {
		return nil, fmt.Errorf("read quarantine: %s %w: it is too long", QuarantineFile, durable.ErrDamaged)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read quarantine: %w", err)
	}
	return parseQuarantine(b)
}

func parseQuarantine(b []byte) ([]Refused, error) {
	var f quarantineJSON
	err := json.Unmarshal(b, &f)
	sum, _ := check(f.Refused) // texts and numbers are always written
	if err != nil || f.Version != quarantineVersion || f.Check != sum {
		return nil, fmt.Errorf("read quarantine: %s %w", QuarantineFile, durable.ErrDamaged)
	}
	for _, r := range f.Refused {
		if _, err := time.Parse(time.DateOnly, r.Day); err != nil || r.UpToKB < 0 || r.UpToKB > sizeBounds[len(sizeBounds)-1]>>10 {
			return nil, fmt.Errorf("read quarantine: %s %w", QuarantineFile, durable.ErrDamaged)
		}
	}
	return f.Refused, nil
}

// add counts one envelope or crate of so many bytes.
func (q *Quarantine) add(day schema.Day, reason string, size int) {
	i, _ := slices.BinarySearch(sizeBounds, size)
	upTo := 0
	if i < len(sizeBounds) {
		upTo = sizeBounds[i]
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.cells[cell{day, reason, upTo}]++
	q.dirty = true
}

// Refused returns the counts, by day, reason and size.
func (q *Quarantine) Refused() []Refused {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.list()
}

// list is for callers that hold mu.
func (q *Quarantine) list() []Refused {
	keys := slices.SortedFunc(maps.Keys(q.cells), func(a, b cell) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.reason, b.reason), cmp.Compare(a.upTo, b.upTo))
	})
	out := make([]Refused, 0, len(keys))
	for _, k := range keys {
		out = append(out, Refused{Day: k.day.String(), Reason: k.reason, UpToKB: k.upTo >> 10, Count: q.cells[k]})
	}
	return out
}

// writeSometimes writes the counts when that was not done for a while.
func (q *Quarantine) writeSometimes(now time.Time) error {
	q.mu.Lock()
	due := q.dirty && now.Sub(q.written).Abs() >= quarantineWrite // a clock that was put back is no reason to wait
	q.mu.Unlock()
	if !due {
		return nil
	}
	return q.Write(now)
}

// Write writes the counts, if there are new ones, and drops the oldest days
// beyond 90. It goes by how many days there are and not by the clock.
func (q *Quarantine) Write(now time.Time) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.written = now
	if !q.dirty {
		return nil
	}
	q.dropOldest()
	refused, b := q.list(), []byte(nil)
	sum, err := check(refused)
	if err == nil {
		b, err = json.Marshal(quarantineJSON{Version: quarantineVersion, Check: sum, Refused: refused})
	}
	if err == nil {
		err = durable.WriteFile(q.path, append(b, '\n'), durable.OwnerFile)
	}
	if err != nil {
		return fmt.Errorf("write quarantine: %w", durable.Bare(err))
	}
	q.dirty = false
	return nil
}

// dropOldest is for callers that hold mu.
func (q *Quarantine) dropOldest() {
	days := map[schema.Day]bool{}
	for c := range q.cells {
		days[c.day] = true
	}
	sorted := slices.Sorted(maps.Keys(days))
	if len(sorted) <= quarantineDays {
		return
	}
	first := sorted[len(sorted)-quarantineDays]
	maps.DeleteFunc(q.cells, func(c cell, _ uint64) bool { return c.day < first })
}

// refuse counts what has no reply, by reason, and by day and size as well.
func (in *Ingest) refuse(reason string, day schema.Day, size int) {
	in.counts.add(reason)
	if in.cfg.Quarantine != nil {
		in.cfg.Quarantine.add(day, reason, size)
	}
}

// writeQuarantine writes the quarantine in the given way.
func (in *Ingest) writeQuarantine(write func(q *Quarantine, now time.Time) error) {
	if in.cfg.Quarantine == nil {
		return
	}
	if err := write(in.cfg.Quarantine, time.Now()); err != nil {
		in.log.Warn("quarantine stays in memory", slog.Any("error", err))
	}
}
