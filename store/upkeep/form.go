package upkeep

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tacit-telemetry/tacit/store/pages"
)

// What a backup's stream holds are parts:
//
//	part  = kind u8 | u32 length | bytes
//	head  = {"form":1,"day":…,"months":[…],"erased":…}     first, once
//	half  = {"month":…,"half":…}                           then its rows, then its end
//	rows  = (u16 key length | u32 value length | key | value), in order of keys; a key begins with its table byte
//	end   = {"rows":…,"digest":…,"broken":…}               digest = SHA-256 of the rows as above
//	close = {"rows":…,"digest":…,"erased":…}               last; digest = SHA-256 of the ends' digests
//
// "erased" says how far the ledger of erasures went when the backup began, and
// when it ended.
const (
	partHead  = 'H'
	partHalf  = 'M'
	partRows  = 'R'
	partEnd   = 'E'
	partClose = 'Z'
)

const (
	backupForm  = 1
	maxPart     = 1 << 20
	rowsPart    = 256 << 10 // a part of rows ends beyond this
	rowHeadLen  = 2 + 4
	partHeadLen = 1 + 4
)

type headPart struct {
	Form   int        `json:"form"`
	Day    string     `json:"day"`
	Months []string   `json:"months"`
	Erased pages.Mark `json:"erased"`
}

type halfPart struct {
	Month string `json:"month"`
	Half  string `json:"half"`
}

type endPart struct {
	Rows   int64  `json:"rows"`
	Digest digest `json:"digest"`
	Broken string `json:"broken,omitempty"` // why the store could not give the rest
}

type closePart struct {
	Rows   int64      `json:"rows"`
	Digest digest     `json:"digest"`
	Erased pages.Mark `json:"erased"`
}

// errPart says that bytes are not parts, or end within one.
var errPart = errors.New("wrong form")

// partWriter writes parts.
type partWriter struct {
	to   io.Writer
	rows []byte // of the part of rows that grows
	half *rowDigest
	all  *rowDigest
}

func newPartWriter(w io.Writer) *partWriter {
	return &partWriter{to: w, half: newRowDigest(), all: newRowDigest()}
}

// writePart writes one part, of at most maxPart bytes.
func writePart(w io.Writer, kind byte, b []byte) error {
	if len(b) > maxPart {
		return fmt.Errorf("a part of %d bytes, at most %d", len(b), maxPart)
	}
	var head [partHeadLen]byte
	head[0] = kind
	binary.BigEndian.PutUint32(head[1:], uint32(len(b)))
	if _, err := w.Write(head[:]); err != nil {
		return err
	}
	_, err := w.Write(b)
	return err
}

func writeJSON(w io.Writer, kind byte, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return writePart(w, kind, b)
}

func (p *partWriter) json(kind byte, v any) error { return writeJSON(p.to, kind, v) }

// row adds a row to the half that was begun.
func (p *partWriter) row(key, value []byte) error {
	start := len(p.rows)
	p.rows = appendRow(p.rows, key, value)
	p.half.row(p.rows[start:])
	if len(p.rows) < rowsPart {
		return nil
	}
	return p.flush()
}

func appendRow(b, key, value []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(len(key)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(value)))
	return append(append(b, key...), value...)
}

func (p *partWriter) flush() error {
	if len(p.rows) == 0 {
		return nil
	}
	err := writePart(p.to, partRows, p.rows)
	p.rows = p.rows[:0]
	return err
}

// end ends a half. broken says why it is not whole; "" when it is.
func (p *partWriter) end(broken string) error {
	if err := p.flush(); err != nil {
		return err
	}
	e := endPart{Rows: p.half.rows, Digest: p.half.sum(), Broken: broken}
	p.all.half(e)
	p.half = newRowDigest()
	return p.json(partEnd, e)
}

// close ends the backup.
func (p *partWriter) close(erased pages.Mark) (closePart, error) {
	c := closePart{Rows: p.all.rows, Digest: p.all.sum(), Erased: erased}
	return c, p.json(partClose, c)
}

// readPart reads the next part into buf, which grows to at most maxPart. Errors
// wrap [errPart] or are the reader's.
func readPart(r io.Reader, buf []byte) (kind byte, part []byte, err error) {
	var head [partHeadLen]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, buf, cutOff(err)
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > maxPart {
		return 0, buf, fmt.Errorf("%w: a part of %d bytes", errPart, n)
	}
	if cap(buf) < int(n) {
		buf = make([]byte, n)
	}
	part = buf[:n]
	if _, err := io.ReadFull(r, part); err != nil {
		return 0, buf, cutOff(err)
	}
	return head[0], part, nil
}

// cutOff makes an early end an error of form.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it is cut off", errPart)
	}
	return err
}

// eachRow calls each for the rows in a part; key and value point into it.
// Errors wrap [ErrBackup] or are each's.
func eachRow(part []byte, each func(key, value []byte) error) error {
	for len(part) > 0 {
		if len(part) < rowHeadLen {
			return fmt.Errorf("%w: half a row", ErrBackup)
		}
		k, v := int(binary.BigEndian.Uint16(part)), int64(binary.BigEndian.Uint32(part[2:]))
		part = part[rowHeadLen:]
		if k == 0 || int64(len(part)) < int64(k)+v {
			return fmt.Errorf("%w: half a row", ErrBackup)
		}
		if err := each(part[:k], part[k:k+int(v)]); err != nil {
			return err
		}
		part = part[k+int(v):]
	}
	return nil
}
