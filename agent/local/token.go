package local

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// strange returns where bytes are no UTF-8.
func strange(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return len(b)
}

// raw reads a text between its quotes. The bytes are the request's own, or new
// ones where something was escaped.
func (s *scanner) raw() ([]byte, error) {
	from := s.at + 1
	for i := from; i < len(s.in); i++ {
		switch c := s.in[i]; {
		case c == '"':
			s.at = i + 1
			return s.in[from:i], nil
		case c == '\\':
			return s.escaped(i)
		case c < ' ':
			s.at = i
			return nil, s.bad()
		}
	}
	s.at = len(s.in)
	return nil, s.bad()
}

// escaped reads a text whose first escape is at i: seldom one, so that the
// standard library may do it.
func (s *scanner) escaped(i int) ([]byte, error) {
	for i < len(s.in) && s.in[i] != '"' {
		if s.in[i] == '\\' {
			i++
		}
		i++
	}
	end := min(i+1, len(s.in))
	var text string
	if json.Unmarshal(s.in[s.at:end], &text) != nil {
		return nil, s.bad()
	}
	s.at = end
	return []byte(text), nil
}

// integer reads a number and says whether it is a whole one that 64 bits hold.
func (s *scanner) integer() (n int64, whole bool, err error) {
	raw, err := s.number()
	if err != nil {
		return 0, false, err
	}
	n, bad := strconv.ParseInt(string(raw), 10, 64)
	return n, bad == nil, nil
}

// number reads a number as JSON writes it.
func (s *scanner) number() ([]byte, error) {
	from := s.at
	if s.in[s.at] == '-' {
		s.at++
	}
	switch {
	case s.at < len(s.in) && s.in[s.at] == '0':
		s.at++
	case !s.digits():
		return nil, s.bad()
	}
	if s.at < len(s.in) && s.in[s.at] == '.' {
		if s.at++; !s.digits() {
			return nil, s.bad()
		}
	}
	if s.at < len(s.in) && (s.in[s.at] == 'e' || s.in[s.at] == 'E') {
		if s.at++; s.at < len(s.in) && (s.in[s.at] == '+' || s.in[s.at] == '-') {
			s.at++
		}
		if !s.digits() {
			return nil, s.bad()
		}
	}
	return s.in[from:s.at], nil
}

// digits reads at least one.
func (s *scanner) digits() bool {
	from := s.at
	for s.at < len(s.in) && isDigit(s.in[s.at]) {
		s.at++
	}
	return s.at > from
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
