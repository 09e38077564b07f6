package db

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"sync"

	"github.com/tacit-telemetry/tacit/schema"
)

// The manifest says which rows a half must hold, apart from Badger, because
// Badger silently drops the tail of a log at the first flipped bit. What was
// written lately stands in a tail, in the order of writing; from time to time a
// tail is sorted into the rest, which then says nothing about order.
//
//	manifest = "TACITMF2" | u64 merged | u64 listed | u64 torn | u64 entries | u32 CRC-32C, then the entries, sorted
//	           merged: the number of the last tail that is in it
//	           listed: how many entries ever listed a row; torn: how many were damaged when they were merged
//	tail     = "TACITMT1", then entries
//	entry    = SHA-256(row key)[:16] | say 16 | u32 CRC-32C of the 32 bytes before
//	           say: SHA-256(value)[:16] of a row whose value stays
//	                zeros: the row is there, and its value changes
//	                ones:  the row is gone for good
const (
	entryLen    = 16 + 16 + 4
	manifestExt = ".manifest"
	tailLimit   = 1 << 17 // entries, 4.5 MiB: so many are merged at a time
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// entry is what the manifest says of one row.
type entry struct {
	Row, Say [16]byte
}

// Says that are no hash of a value.
var (
	sayChanges = [16]byte{}
	sayGone    = [16]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
)

// entryOf returns the entry of a row whose value stays.
func entryOf(row, value []byte) entry {
	sum := sha256.Sum256(value)
	return entry{Row: nameOf(row), Say: [16]byte(sum[:16])}
}

// nameOf returns what names a row in a manifest.
func nameOf(row []byte) [16]byte {
	sum := sha256.Sum256(row)
	return [16]byte(sum[:16])
}

func (e entry) append(b []byte) []byte {
	start := len(b)
	b = append(b, e.Row[:]...)
	b = append(b, e.Say[:]...)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// parseEntry reads an entry, or says false when it is damaged.
func parseEntry(b []byte) (entry, bool) {
	if crc32.Checksum(b[:32], castagnoli) != binary.BigEndian.Uint32(b[32:entryLen]) {
		return entry{}, false
	}
	return entry{Row: [16]byte(b[:16]), Say: [16]byte(b[16:32])}, true
}

// errManifest says that a file is no manifest.
var errManifest = fmt.Errorf("not a manifest: %w", ErrDamaged)

// manifest is one half's. One writer at a time owes and flushes; one merge at a
// time runs beside it.
type manifest struct {
	path     string // of the half's directory
	readOnly bool

	// reading is held by who reads the sorted part, and alone by the merge
	// that puts another in its place.
	reading sync.RWMutex

	mu    sync.Mutex // guards what follows
	head  header     // of the sorted part
	tails []*tail    // the last one is written to
	owed  []byte     // entries of committed rows that are not yet synced
	day   schema.Day // of the last merge; 0: none since it was opened
}

// openManifest opens the manifest of the half at path, and makes it when it is
// not there.
func openManifest(path string, readOnly bool) (*manifest, error) {
	m := &manifest{path: path, readOnly: readOnly}
	var err error
	if m.head, err = readHeader(path + manifestExt); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if m.tails, err = openTails(path, m.head.merged, readOnly); err != nil {
		return nil, err
	}
	return m, nil
}

// owe notes entries to be written by the next flush.
func (m *manifest) owe(entries []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.owed = append(m.owed, entries...)
}

// owes returns the entries that a flush would write.
func (m *manifest) owes() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.owed[:len(m.owed):len(m.owed)]
}

// flush writes and syncs what is owed. After an error it is still owed.
func (m *manifest) flush() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.owed) == 0 {
		return nil
	}
	if last := m.tails[len(m.tails)-1]; last.entries() >= tailLimit {
		if err := m.rotate(); err != nil {
			return err
		}
	}
	if err := m.tails[len(m.tails)-1].write(m.owed); err != nil {
		return err
	}
	m.owed = nil
	return nil
}

// rotate begins a new tail. Callers hold mu.
func (m *manifest) rotate() error {
	t, err := newTail(m.path, m.tails[len(m.tails)-1].number+1)
	if err != nil {
		return err
	}
	m.tails = append(m.tails, t)
	return nil
}

// listed returns how many entries listed a row ever, those owed included.
func (m *manifest) listed() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.head.listed
	for _, t := range m.tails {
		n += t.listed
	}
	return n + listing(m.owed)
}

// listing counts the entries in b that list a row.
func listing(b []byte) (n uint64) {
	for ; len(b) >= entryLen; b = b[entryLen:] {
		if e, _ := parseEntry(b); e.Say != sayGone {
			n++
		}
	}
	return n
}

// due says whether the tails should be merged.
func (m *manifest) due(today schema.Day) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.readOnly {
		return false
	}
	if m.day == 0 {
		m.day = today
	}
	last := m.tails[len(m.tails)-1]
	return len(m.tails) > 1 || last.entries() >= tailLimit || m.day != today && last.entries() > 0
}

// full says whether the tails are long enough to be merged at once.
func (m *manifest) full() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.tails) > 1
}

// close merges the tails, so that no order stays, and closes the files.
func (m *manifest) close() error {
	var errs []error
	if !m.readOnly {
		errs = append(errs, m.flush(), m.mergeAll())
	}
	for _, t := range m.tails {
		errs = append(errs, t.close())
	}
	return errors.Join(errs...)
}
