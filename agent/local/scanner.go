package local

import (
	"bytes"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/tacit-telemetry/tacit/schema"
)

// scanner reads the JSON of requests. It is stricter than encoding/json, which
// takes a field twice, in another case, or with bytes that are no text, and
// several times as fast: it knows the fields that there may be, so that nothing
// is built that they do not name and nothing can be nested deeper. Its errors
// are of type *Problem and repeat nothing that was sent.
type scanner struct {
	in     []byte // valid UTF-8
	at     int
	record int // that is being read; -1: none
	// words are the short texts met so far: most come again and again.
	words map[string]string
}

// Bounds of what is remembered of texts.
const (
	maxWord  = 64
	maxWords = 4096
)

// field is one field that an object may have. null stands for "not there",
// but where strict says that read itself looks.
type field struct {
	name   string
	read   func() error
	strict bool
}

const hintFields = "GET /v1/openapi.yaml describes every field"

// newScanner refuses what is no text.
func newScanner(body []byte) (*scanner, error) {
	if !utf8.Valid(body) {
		return nil, &Problem{Message: fmt.Sprintf("not UTF-8, at byte %d", strange(body)+1), Hint: "send JSON in UTF-8"}
	}
	return &scanner{in: body, record: -1, words: make(map[string]string, 16)}, nil
}

// request reads the one object of a request.
func (s *scanner) request(fields []field) error {
	if s.next() == 0 && s.at == len(s.in) {
		return &Problem{Message: "the request is empty", Hint: "send one JSON object"}
	}
	if err := s.object("", fields); err != nil {
		return err
	}
	if s.next(); s.at < len(s.in) {
		return &Problem{Message: "something follows the JSON object", Hint: "send one object a request"}
	}
	return nil
}

// object reads an object that has some of the fields, each once.
func (s *scanner) object(of string, fields []field) error {
	if !s.take('{') {
		return s.wrong(of, "an object")
	}
	var seen uint
	for first := true; ; first = false {
		if more, err := s.more('}', first); !more {
			return err
		}
		i, err := s.name(of, fields)
		if err != nil {
			return err
		}
		if seen&(1<<i) != 0 {
			return &Problem{Message: s.place(fields[i].name) + " is there twice", Hint: hintFields}
		}
		seen |= 1 << i
		if !fields[i].strict && s.literal("null") {
			continue
		}
		if err := fields[i].read(); err != nil {
			return err
		}
	}
}

// name reads the name of a field, and what stands between it and the value.
func (s *scanner) name(of string, fields []field) (int, error) {
	got, err := s.key()
	if err != nil {
		return 0, err
	}
	for i := range fields {
		if fields[i].name == string(got) {
			return i, nil
		}
	}
	return 0, &Problem{Message: s.place(of) + " has a field that this API does not know", Hint: hintFields}
}

// key reads a name and the colon behind it.
func (s *scanner) key() ([]byte, error) {
	if s.next() != '"' {
		return nil, s.bad()
	}
	got, err := s.raw()
	if err == nil && !s.take(':') {
		err = s.bad()
	}
	return got, err
}

// list reads a list, item by item.
func (s *scanner) list(of string, item func() error) error {
	if !s.take('[') {
		return s.wrong(of, "a list")
	}
	for first := true; ; first = false {
		if more, err := s.more(']', first); !more {
			return err
		}
		if err := item(); err != nil {
			return err
		}
	}
}

// more goes on to the next member of an object or a list, or behind its end.
func (s *scanner) more(end byte, first bool) (bool, error) {
	switch c := s.next(); {
	case c == end:
		s.at++
		return false, nil
	case first:
		return true, nil
	case c == ',':
		s.at++
		return true, nil
	}
	return false, s.bad()
}

// text reads a text.
func (s *scanner) text(of string) (string, error) {
	if s.next() != '"' {
		return "", s.wrong(of, "a text")
	}
	b, err := s.raw()
	return s.word(b), err
}

// word returns a text that outlives the request.
func (s *scanner) word(b []byte) string {
	if len(b) > maxWord {
		return string(b)
	}
	w, ok := s.words[string(b)]
	if !ok {
		w = string(b)
		if len(s.words) < maxWords {
			s.words[w] = w
		}
	}
	return w
}

// whole reads a whole number.
func (s *scanner) whole(of string) (int64, error) {
	if c := s.next(); c != '-' && !isDigit(c) {
		return 0, s.wrong(of, "a whole number")
	}
	n, whole, err := s.integer()
	if err == nil && !whole {
		err = s.not(of, "a whole number")
	}
	return n, err
}

// upTo reads a number of something. One that cannot be becomes the largest of
// its type, which the registry refuses: one wrong record is no reason to refuse
// the others of its request.
func (s *scanner) upTo(of string) (uint32, error) {
	n, err := s.whole(of)
	if n < 0 || n > math.MaxUint32 {
		n = math.MaxUint32
	}
	return uint32(n), err
}

// yes reads true or false.
func (s *scanner) yes(of string) (bool, error) {
	switch s.next(); {
	case s.literal("true"):
		return true, nil
	case s.literal("false"):
		return false, nil
	}
	return false, s.wrong(of, "true or false")
}

// value reads what was measured.
func (s *scanner) value(of string) (schema.Value, error) {
	switch c := s.next(); {
	case c == '"':
		t, err := s.text(of)
		return schema.Text(t), err
	case c == 't' || c == 'f':
		y, err := s.yes(of)
		if y {
			return schema.Number(1), err
		}
		return schema.Number(0), err
	case c == '-' || isDigit(c):
		n, whole, err := s.integer()
		if err == nil && !whole {
			err = s.noValue(of)
		}
		return schema.Number(n), err
	case c == 'n' || c == '[' || c == '{':
		return schema.Value{}, s.noValue(of)
	}
	return schema.Value{}, s.bad()
}

func (s *scanner) noValue(of string) error {
	return &Problem{Message: s.place(of) + ": " + ErrValue.Error(), Hint: "durations are microseconds, sizes are bytes"}
}

// next skips white space and looks at what comes; 0 at the end.
func (s *scanner) next() byte {
	for ; s.at < len(s.in); s.at++ {
		switch c := s.in[s.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) take(c byte) bool {
	if s.next() != c {
		return false
	}
	s.at++
	return true
}

func (s *scanner) literal(word string) bool {
	s.next()
	if !bytes.HasPrefix(s.in[s.at:], []byte(word)) {
		return false
	}
	s.at += len(word)
	return true
}

// bad says where this is no JSON.
func (s *scanner) bad() error {
	return &Problem{Message: fmt.Sprintf("not JSON, at byte %d", s.at+1), Hint: "send one JSON object; JSON has no NaN and no infinity"}
}

// wrong says which field is not what it should be, or that this is no JSON.
func (s *scanner) wrong(of, what string) error {
	if c := s.next(); c != '"' && c != '{' && c != '[' && c != '-' && !isDigit(c) && c != 't' && c != 'f' && c != 'n' {
		return s.bad()
	}
	return s.not(of, what)
}

func (s *scanner) not(of, what string) error {
	return &Problem{Message: s.place(of) + " is not " + what, Hint: hintFields}
}

// place names a field for people.
func (s *scanner) place(of string) string {
	switch {
	case s.record >= 0 && of == "":
		return fmt.Sprintf(`"records[%d]"`, s.record)
	case s.record >= 0:
		return fmt.Sprintf(`field "records[%d].%s"`, s.record, of)
	case of == "":
		return "the request"
	}
	return fmt.Sprintf("field %q", of)
}
