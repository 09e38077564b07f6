package codec

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"github.com/tacit-telemetry/tacit/schema"
)

// Major types of CBOR (RFC 8949, 3.1), those that the forms use.
const (
	majorUint  = 0
	majorMinus = 1
	majorBytes = 2
	majorText  = 3
	majorArray = 4
)

// appendHead appends the head of an item in its shortest form, which core
// deterministic encoding asks for (RFC 8949, 4.2.1).
func appendHead(b []byte, major byte, n uint64) []byte {
	major <<= 5
	switch {
	case n < 24:
		return append(b, major|byte(n))
	case n <= math.MaxUint8:
		return append(b, major|24, byte(n))
	case n <= math.MaxUint16:
		return append(b, major|25, byte(n>>8), byte(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, major|27), n)
}

func appendUint(b []byte, n uint64) []byte { return appendHead(b, majorUint, n) }

func appendInt(b []byte, n int64) []byte {
	if n < 0 {
		return appendHead(b, majorMinus, uint64(^n))
	}
	return appendHead(b, majorUint, uint64(n))
}

func appendBytes(b, s []byte) []byte { return append(appendHead(b, majorBytes, uint64(len(s))), s...) }

func appendText(b []byte, s string) []byte {
	return append(appendHead(b, majorText, uint64(len(s))), s...)
}

func appendArray(b []byte, n int) []byte { return appendHead(b, majorArray, uint64(n)) }

// reader reads items in the one encoding that appending gives. After the first
// thing that is not so, it is bad, and everything it returns is zero: a form is
// read to its end and asked once.
type reader struct {
	rest []byte
	room int // memory that may still be taken, where a form counts it
	bad  bool
}

// takes says whether there is room for n bytes, and takes them. Without, the
// reader is bad.
func (r *reader) takes(n int) bool {
	r.bad = r.bad || n > r.room
	if r.bad {
		return false
	}
	r.room -= n
	return true
}

// head reads the head of an item of one major type.
func (r *reader) head(major byte) uint64 {
	if r.bad || len(r.rest) == 0 || r.rest[0]>>5 != major {
		r.bad = true
		return 0
	}
	short := r.rest[0] & 31
	if short < 24 {
		r.rest = r.rest[1:]
		return uint64(short)
	}
	return r.longHead(short)
}

// longHead reads a number that follows the first byte. One that would have
// fitted a shorter form is bad.
func (r *reader) longHead(short byte) (n uint64) {
	size := 1 << (short - 24)
	if short > 27 || len(r.rest) <= size {
		r.bad = true
		return 0
	}
	for _, b := range r.rest[1 : 1+size] {
		n = n<<8 | uint64(b)
	}
	least := [...]uint64{24, 1 << 8, 1 << 16, 1 << 32}
	if n < least[short-24] {
		r.bad = true
		return 0
	}
	r.rest = r.rest[1+size:]
	return n
}

// uint reads a number of at most most.
func (r *reader) uint(most uint64) uint64 {
	n := r.head(majorUint)
	if n > most {
		r.bad = true
		return 0
	}
	return n
}

// int reads a number with a sign.
func (r *reader) int() int64 {
	if len(r.rest) > 0 && r.rest[0]>>5 == majorMinus {
		n := r.head(majorMinus)
		if n > math.MaxInt64 {
			r.bad = true
			return 0
		}
		return ^int64(n)
	}
	return int64(r.uint(math.MaxInt64))
}

// array reads the head of an array of at most most elements. Each takes a byte
// at least, so that a short input announces no long array.
func (r *reader) array(most int) int {
	n := r.head(majorArray)
	if n > uint64(most) || n > uint64(len(r.rest)) {
		r.bad = true
		return 0
	}
	return int(n)
}

// tuple reads the head of an array of exactly n elements.
func (r *reader) tuple(n uint64) {
	if r.head(majorArray) != n {
		r.bad = true
	}
}

// take reads a string of one of the two kinds, of at most most bytes. It points
// into the input.
func (r *reader) take(major byte, most int) []byte {
	n := r.head(major)
	if n > uint64(most) || n > uint64(len(r.rest)) {
		r.bad = true
		return nil
	}
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

// oneOf reads the head of an array and the number of its form: form 1, which has
// n elements, or form 2, which has one more and counts events.
func (r *reader) oneOf(n uint64) (counted bool) {
	elements, form := r.head(majorArray), r.head(majorUint)
	counted = form == formCounted
	if !counted && (form != formPlain || elements != n) || counted && elements != n+1 {
		r.bad = true
	}
	return counted && !r.bad
}

// count reads of how many events a record is, as [schema.Record] has it: 0 for one.
func (r *reader) count() uint32 {
	n := r.uint(schema.MaxCount)
	if n == 0 {
		r.bad = true
	}
	if n <= 1 {
		return 0
	}
	return uint32(n)
}

// id reads sixteen bytes.
func (r *reader) id() (id [16]byte) {
	if copy(id[:], r.take(majorBytes, len(id))) != len(id) {
		r.bad = true
	}
	return id
}

// text reads a text of at most most bytes, which points into the input.
func (r *reader) text(most int) []byte {
	s := r.take(majorText, most)
	if !utf8.Valid(s) {
		r.bad = true
		return nil
	}
	return s
}

// end says whether all was read and nothing was bad.
func (r *reader) end() bool { return !r.bad && len(r.rest) == 0 }
