package db

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// The manifest says which rows a month must hold, apart from Badger, because
// Badger silently drops the tail of a log at the first flipped bit. A row that
// is replaced or merged over and over (a roll-up) is listed once, when it is
// new, with a value hash of zeros: each change of it shares a transaction with
// a batch row, which is listed with its value.
//
//	file  = "TACITMF1", then entries
//	entry = SHA-256(row key)[:16] | SHA-256(value)[:16] | u32 CRC-32C of the 32 bytes before
const (
	manifestMagic = "TACITMF1"
	entryLen      = 16 + 16 + 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// entry is what the manifest says of one row. Its Value is zeros for a row
// whose value changes.
type entry struct {
	Row, Value [16]byte
}

// entryOf returns the entry of a row whose value stays.
func entryOf(row, value []byte) entry {
	e := changingEntry(row)
	sum := sha256.Sum256(value)
	copy(e.Value[:], sum[:])
	return e
}

// changingEntry returns the entry of a row whose value changes.
func changingEntry(row []byte) entry {
	sum := sha256.Sum256(row)
	return entry{Row: [16]byte(sum[:16])}
}

func (e entry) append(b []byte) []byte {
	start := len(b)
	b = append(b, e.Row[:]...)
	b = append(b, e.Value[:]...)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// errManifest says that a file is no manifest.
var errManifest = errors.New("not a manifest")

// readManifest calls each for every sound entry and returns how many were
// damaged. A torn entry at the end, left by a crash, is not counted: nothing
// that it would have listed was confirmed.
func readManifest(r io.Reader, each func(entry)) (damaged int, err error) {
	in := bufio.NewReader(r)
	magic := make([]byte, len(manifestMagic))
	if _, err := io.ReadFull(in, magic); err != nil || string(magic) != manifestMagic {
		return 0, errManifest
	}
	var b [entryLen]byte
	for {
		_, err := io.ReadFull(in, b[:])
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return damaged, nil
		}
		if err != nil {
			return damaged, err
		}
		if crc32.Checksum(b[:32], castagnoli) != binary.BigEndian.Uint32(b[32:]) {
			damaged++
			continue
		}
		each(entry{Row: [16]byte(b[:16]), Value: [16]byte(b[16:32])})
	}
}

// manifest appends to one month's file. Only the writer uses it.
type manifest struct {
	f    *os.File
	end  int64  // where the next entry goes
	owed []byte // entries of committed rows that are not yet synced
}

// openManifest opens the file, makes it when it is not there, and cuts a torn
// entry off its end.
func openManifest(path string) (*manifest, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	m := &manifest{f: f}
	if err := m.start(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return m, nil
}

func (m *manifest) start() error {
	info, err := m.f.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	if size < int64(len(manifestMagic)) {
		m.end = int64(len(manifestMagic))
		_, err := m.f.WriteAt([]byte(manifestMagic), 0)
		return err
	}
	magic := make([]byte, len(manifestMagic))
	if _, err := m.f.ReadAt(magic, 0); err != nil || string(magic) != manifestMagic {
		return errManifest
	}
	m.end = size - (size-int64(len(manifestMagic)))%entryLen
	return m.f.Truncate(m.end)
}

// owe notes entries to be written by the next flush.
func (m *manifest) owe(entries []entry) {
	for _, e := range entries {
		m.owed = e.append(m.owed)
	}
}

// flush writes and syncs what is owed. After an error it is still owed.
func (m *manifest) flush() error {
	if len(m.owed) == 0 {
		return nil
	}
	if _, err := m.f.WriteAt(m.owed, m.end); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	if err := m.f.Sync(); err != nil {
		return fmt.Errorf("sync manifest: %w", err)
	}
	m.end += int64(len(m.owed))
	m.owed = nil
	return nil
}

// entries returns how many rows the manifest lists, on disk and owed.
func (m *manifest) entries() int64 { return manifestEntries(m.end + int64(len(m.owed))) }

func manifestEntries(size int64) int64 { return max(0, size-int64(len(manifestMagic))) / entryLen }
