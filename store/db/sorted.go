package db

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sort"
)

const (
	sortedMagic = "TACITMF2"
	headerLen   = len(sortedMagic) + 4*8 + 4
	stride      = 128 // entries for one in memory
)

// header begins the sorted part.
type header struct {
	merged, listed, torn, entries uint64
}

func (h *header) bytes() []byte {
	b := append(make([]byte, 0, headerLen), sortedMagic...)
	for _, n := range []uint64{h.merged, h.listed, h.torn, h.entries} {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// parseHeader reads the header of a file of size bytes.
func parseHeader(b []byte, size int64) (header, error) {
	if len(b) != headerLen || string(b[:len(sortedMagic)]) != sortedMagic ||
		crc32.Checksum(b[:headerLen-4], castagnoli) != binary.BigEndian.Uint32(b[headerLen-4:]) {
		return header{}, errManifest
	}
	word := func(i int) uint64 { return binary.BigEndian.Uint64(b[len(sortedMagic)+8*i:]) }
	h := header{merged: word(0), listed: word(1), torn: word(2), entries: word(3)}
	if rest := uint64(size) - uint64(headerLen); h.entries != rest/entryLen || rest%entryLen != 0 {
		return header{}, fmt.Errorf("it has %d bytes for %d entries: %w", size, h.entries, ErrDamaged)
	}
	return h, nil
}

// readHeader reads the header of the sorted part at path. The error is
// os.ErrNotExist when there is none yet.
func readHeader(path string) (header, error) {
	f, err := os.Open(path)
	if err != nil {
		return header{}, err
	}
	defer f.Close()
	h, _, err := headerOf(f)
	return h, err
}

// headerOf reads a file's header and returns a reader of its entries.
func headerOf(f *os.File) (header, *io.SectionReader, error) {
	info, err := f.Stat()
	if err != nil {
		return header{}, nil, err
	}
	b := make([]byte, min(int64(headerLen), info.Size()))
	if _, err := io.ReadFull(f, b); err != nil {
		return header{}, nil, err
	}
	h, err := parseHeader(b, info.Size())
	return h, io.NewSectionReader(f, int64(headerLen), info.Size()-int64(headerLen)), err
}

// readSorted calls each for every entry, in order, with whether it is sound.
func readSorted(ctx context.Context, r io.Reader, each func(e entry, sound bool) error) error {
	in := bufio.NewReaderSize(r, 256<<10)
	var b [entryLen]byte
	for n := 0; ; n++ {
		if n%(1<<16) == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if _, err := io.ReadFull(in, b[:]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		e, sound := parseEntry(b[:])
		if err := each(e, sound); err != nil {
			return err
		}
	}
}

// list is the sorted part as it is compared with: one entry in so many is in
// memory, the others are looked up in the file.
type list struct {
	f       *os.File // nil: there is no sorted part
	r       *io.SectionReader
	head    header
	every   [][16]byte // the first name of each stride
	torn    uint64     // damaged entries
	seen    []uint64   // a bit an entry
	scratch [stride * entryLen]byte
}

// openList reads the sorted part at path once. Nobody puts another in its
// place meanwhile: the caller holds reading.
func openList(ctx context.Context, path string) (*list, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return &list{}, nil
	}
	if err != nil {
		return nil, err
	}
	l := &list{f: f}
	if err := l.read(ctx); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return l, nil
}

func (l *list) read(ctx context.Context) (err error) {
	if l.head, l.r, err = headerOf(l.f); err != nil {
		return err
	}
	l.seen = make([]uint64, (l.head.entries+63)/64)
	n, last := 0, [16]byte{}
	return readSorted(ctx, io.NewSectionReader(l.r, 0, l.r.Size()), func(e entry, sound bool) error {
		if sound {
			last = e.Row
		} else {
			l.torn++
			l.mark(n) // what it listed is not known to be missing
		}
		if n%stride == 0 {
			l.every = append(l.every, last)
		}
		n++
		return nil
	})
}

func (l *list) mark(i int) (first bool) {
	bit := uint64(1) << (i % 64)
	first = l.seen[i/64]&bit == 0
	l.seen[i/64] |= bit
	return first
}

// find looks a row up by its name, and returns the place of its entry.
func (l *list) find(name [16]byte) (at int, say [16]byte, ok bool, err error) {
	if l.f == nil {
		return 0, say, false, nil
	}
	i := sort.Search(len(l.every), func(i int) bool { return bytes.Compare(l.every[i][:], name[:]) > 0 })
	// For a stride whose first entry is damaged stands the last one before it:
	// that is in the stride before.
	for i--; i >= 0; i-- {
		at, say, ok, err = l.findIn(i, name)
		if err != nil || ok || l.every[i] != name {
			return at, say, ok, err
		}
	}
	return 0, say, false, nil
}

// findIn looks into one stride.
func (l *list) findIn(i int, name [16]byte) (at int, say [16]byte, ok bool, err error) {
	n, err := l.r.ReadAt(l.scratch[:], int64(i*stride*entryLen))
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, say, false, err
	}
	for at := 0; at+entryLen <= n; at += entryLen {
		if !bytes.Equal(l.scratch[at:at+16], name[:]) {
			continue
		}
		if e, sound := parseEntry(l.scratch[at:]); sound {
			return i*stride + at/entryLen, e.Say, true, nil
		}
	}
	return 0, say, false, nil
}

// unseen counts the entries that nobody marked.
func (l *list) unseen() (n int64) {
	for i := range l.head.entries {
		if l.seen[i/64]&(1<<(i%64)) == 0 {
			n++
		}
	}
	return n
}

func (l *list) close() error {
	if l.f == nil {
		return nil
	}
	return l.f.Close()
}
