package outbox

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// A file of the outbox is a log of frames, and is named after its first entry:
//
//	length 4 | CRC-32C of type and payload 4 | type 1 | payload
//
// Appending to a file costs a tenth of making one, which was most of what an
// envelope cost the host.
const (
	frameHeaderLen = 4 + 4 + 1
	maxFrameLen    = 1 << 20
	maxFileLen     = 256 << 10 // then the next file begins
	suffix         = ".sent"
)

// Types of frames, on disk: never renumber.
const (
	frameEntry   uint8 = 1
	frameAnswer  uint8 = 2
	frameRemoved uint8 = 3
)

// answerFrame is what came of an entry.
type answerFrame struct {
	_        struct{} `cbor:",toarray"`
	Number   uint64
	Outcome  string
	Answered int64
}

// file is one file of the log.
type file struct {
	first uint64 // number of its first entry
	size  int64
}

// kept is an entry that the log holds.
type kept struct {
	number   uint64
	file     uint64 // by its first entry
	offset   int64  // of the payload
	length   int
	outcome  string
	answered int64
	damaged  bool
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func appendFrame(b []byte, kind uint8, payload []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(payload)))
	b = binary.BigEndian.AppendUint32(b, checksum(kind, payload))
	return append(append(b, kind), payload...)
}

func checksum(kind uint8, payload []byte) uint32 {
	return crc32.Update(crc32.Checksum([]byte{kind}, castagnoli), castagnoli, payload)
}

// parseFrame reads the frame that b begins with. A torn one is longer than b,
// as a power cut leaves the last.
func parseFrame(b []byte) (kind uint8, payload []byte, ok, torn bool) {
	if len(b) < frameHeaderLen {
		return 0, nil, false, true
	}
	n := binary.BigEndian.Uint32(b)
	if n > maxFrameLen || b[8] < frameEntry || b[8] > frameRemoved {
		return 0, nil, false, false
	}
	if int(n) > len(b)-frameHeaderLen {
		return 0, nil, false, true
	}
	payload = b[frameHeaderLen : frameHeaderLen+int(n)]
	return b[8], payload, checksum(b[8], payload) == binary.BigEndian.Uint32(b[4:]), false
}

// load reads the whole log.
func (o *Outbox) load() error {
	names, err := os.ReadDir(o.config.Dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		digits, ok := strings.CutSuffix(name.Name(), suffix)
		first, err := strconv.ParseUint(digits, 10, 64)
		if !ok || err != nil {
			continue
		}
		b, err := os.ReadFile(o.path(first))
		if err != nil {
			return err
		}
		o.replay(first, b)
	}
	return nil
}

// replay reads one file. Entries of which nothing can be read are damaged; what
// a power cut tore off was never sent, and the next frame takes its place.
func (o *Outbox) replay(first uint64, b []byte) {
	o.last = max(o.last, first-1)
	f := file{first: first}
	const whole, tore, broke = 0, 1, 2
	state := whole // of what stands behind the last frame that could be read
	for at := 0; at < len(b); {
		kind, payload, ok, torn := parseFrame(b[at:])
		if !ok {
			switch {
			case state == whole && torn:
				state = tore
			case state == whole:
				state = broke
			}
			at++ // its length is not to be believed: the next frame is looked for
			continue
		}
		o.apply(first, int64(at+frameHeaderLen), kind, payload)
		at += frameHeaderLen + len(payload)
		f.size, state = int64(at), whole
	}
	if state == broke {
		f.size = int64(len(b))
		o.missing(first, o.last+1)
	}
	o.files = append(o.files, f)
}

// apply takes over what one frame says.
func (o *Outbox) apply(first uint64, offset int64, kind uint8, payload []byte) {
	switch kind {
	case frameEntry:
		var e Entry
		if cbor.Unmarshal(payload, &e) != nil || e.Number <= o.last {
			return
		}
		o.missing(first, e.Number-1)
		o.keep(kept{number: e.Number, file: first, offset: offset, length: len(payload), outcome: e.Outcome})
	case frameAnswer:
		var a answerFrame
		if cbor.Unmarshal(payload, &a) == nil {
			o.answered(a)
		}
	case frameRemoved:
		var number uint64
		if cbor.Unmarshal(payload, &number) == nil {
			o.missing(first, number)
			o.drop(number)
		}
	}
}

// missing notes the entries through a number of which nothing can be read.
func (o *Outbox) missing(first, through uint64) {
	for o.last < through && len(o.entries) < maxMissing {
		o.keep(kept{number: o.last + 1, file: first, damaged: true})
	}
	o.last = max(o.last, through)
}

// maxMissing bounds what a number that makes no sense can cost.
const maxMissing = 1 << 16

// write appends a frame to the newest file, or begins the next for an entry, and
// returns where its payload is.
func (o *Outbox) write(kind uint8, v any) (kept, error) {
	payload, err := cbor.Marshal(v)
	if err != nil {
		return kept{}, err
	}
	if kind == frameEntry && (len(o.files) == 0 || o.files[len(o.files)-1].size >= maxFileLen) || len(o.files) == 0 {
		if err := o.begin(); err != nil {
			return kept{}, err
		}
	}
	f := &o.files[len(o.files)-1]
	if err := o.extend(f, appendFrame(nil, kind, payload)); err != nil {
		return kept{}, err
	}
	return kept{file: f.first, offset: f.size - int64(len(payload)), length: len(payload)}, nil
}

// begin begins a file.
func (o *Outbox) begin() error {
	f, err := os.OpenFile(o.path(o.last+1), os.O_CREATE|os.O_EXCL|os.O_WRONLY, durable.OwnerFile)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Close(), durable.SyncDir(o.config.Dir)); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	o.files = append(o.files, file{first: o.last + 1})
	return nil
}

// extend appends to a file and syncs. After a failure the file is as it was.
func (o *Outbox) extend(to *file, b []byte) error {
	f, err := os.OpenFile(o.path(to.first), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(b, to.size)
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return errors.Join(err, f.Truncate(to.size), f.Close())
	}
	to.size += int64(len(b))
	return f.Close()
}

// read reads entries, file by file.
func (o *Outbox) read(which []kept) ([]*Entry, error) {
	var (
		out   []*Entry
		bytes []byte
		of    uint64
	)
	for _, k := range which {
		if !k.damaged && of != k.file {
			b, err := durable.ReadOwnerFile(o.path(k.file))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("entry %d: %w", k.number, err)
			}
			bytes, of = b, k.file
		}
		out = append(out, k.open(bytes))
	}
	return out, nil
}

// open reads an entry from its file's bytes, whose checksum has to fit still.
func (k *kept) open(b []byte) *Entry {
	damaged := &Entry{Number: k.number, Outcome: "damaged", damaged: true}
	from := k.offset - frameHeaderLen
	if k.damaged || from < 0 || k.offset+int64(k.length) > int64(len(b)) {
		return damaged
	}
	kind, payload, ok, _ := parseFrame(b[from:])
	e := new(Entry)
	if !ok || kind != frameEntry || cbor.Unmarshal(payload, e) != nil || e.Number != k.number {
		return damaged
	}
	e.Outcome, e.Answered = k.outcome, k.answered
	return e
}

func (o *Outbox) path(first uint64) string {
	return filepath.Join(o.config.Dir, fmt.Sprintf("%010d%s", first, suffix))
}

// find returns where an entry is in o.entries.
func (o *Outbox) find(number uint64) (int, bool) {
	return slices.BinarySearchFunc(o.entries, number, func(k kept, n uint64) int {
		switch {
		case k.number < n:
			return -1
		case k.number > n:
			return 1
		}
		return 0
	})
}
