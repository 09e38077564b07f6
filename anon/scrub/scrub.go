package scrub

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/tacit-telemetry/tacit/anon/own"
)

// MaxLine is the most bytes that one scrubbed line has, as much as one text
// on a page.
const MaxLine = 4096

// Bounds of what is read of one line. The margin is dropped after this host's
// identifiers are replaced: the end of what was read may hold the first part of
// one in its longest writing.
const (
	maxRead = 64<<10 + margin
	margin  = own.MaxWriting
)

// Own replaces this host's own identifiers in a text. What it writes in place
// must be labels of this package, and a second call must change nothing.
type Own interface {
	Replace(text string) string
}

// Scrubber scrubs lines. Safe for concurrent use if its Own is.
type Scrubber struct {
	own     Own
	modules []string
}

// New returns a scrubber. ids may be nil: then only what any host's text may
// hold is found. modules are what the names of the products' own functions
// begin with (github.com/example/backup, com.example.backup): in stack frames
// these functions stay as they are.
func New(ids Own, modules ...string) *Scrubber { return &Scrubber{own: ids, modules: modules} }

// maxTurns bounds how often a line is scrubbed until nothing changes. Two are
// usual: what a label replaced may make something of its neighbours that it
// was not before. Text made up to need more than this is dropped whole.
const maxTurns = 16

// passes are used again: a line in the common case takes no memory but its
// own text.
var passes = sync.Pool{New: func() any { return &pass{facts: make(facts, lineFacts)} }}

// Line returns the line scrubbed: valid UTF-8, without line breaks or control
// characters, at most MaxLine bytes. A longer one is cut between two words and
// ends in <cut>. Line(Line(x)) equals Line(x).
func (s *Scrubber) Line(line string) string {
	p := passes.Get().(*pass)
	defer passes.Put(p)
	s.scrub(p, line)
	if string(p.out) == line {
		return line
	}
	return string(p.out)
}

// Append appends the line scrubbed, as Line returns it.
func (s *Scrubber) Append(dst []byte, line string) []byte {
	p := passes.Get().(*pass)
	defer passes.Put(p)
	s.scrub(p, line)
	return append(dst, p.out...)
}

// scrub leaves the line scrubbed in p.out.
func (s *Scrubber) scrub(p *pass, line string) { s.judge(p, s.prepared(line)) }

// judge is scrub for a line that is prepared.
func (s *Scrubber) judge(p *pass, line string) {
	defer func() { p.text = "" }()
	p.modules = s.modules
	for range maxTurns {
		p.begin(line)
		p.run()
		if len(p.out) <= MaxLine && (string(p.out) == line || p.isSettled()) {
			return
		}
		line = s.replaceOwn(shorten(string(p.out)))
	}
	p.out = append(p.out[:0], labelCut...)
}

// prepared returns what is read of a line, clean and without this host's
// identifiers. One that has control characters in itself is found before they
// are taken out only, one that others stand in afterwards.
func (s *Scrubber) prepared(line string) string {
	cut := len(line) > maxRead
	if cut {
		line = line[:maxRead]
	}
	if !isPlain(line) {
		line = cleaned(s.replaceOwn(line))
	}
	line = s.replaceOwn(line)
	if cut {
		line = line[:strings.LastIndexByte(line[:max(0, len(line)-margin)], ' ')+1] + labelCut
	}
	return line
}

func (s *Scrubber) replaceOwn(line string) string {
	if s.own == nil {
		return line
	}
	return s.own.Replace(line)
}

// shorten cuts what is too long at the last space that leaves room for the label.
func shorten(line string) string {
	if len(line) <= MaxLine {
		return line
	}
	keep := line[:MaxLine-len(labelCut)-1]
	return strings.TrimLeft(strings.TrimRight(keep[:strings.LastIndexByte(keep, ' ')+1], " ")+" "+labelCut, " ")
}

// isPlain reports whether a line has nothing that cleaned may change: only ASCII
// that shows, spaces and tabs.
func isPlain(line string) bool {
	const (
		ones = 0x0101010101010101
		high = 0x80 * ones
	)
	for len(line) >= 8 {
		// Of a byte below ' ' the difference borrows, of 0x7f the sum has the
		// highest bit. What tells of others wrongly is looked at again.
		w := eight(line)
		if (w|(w+ones)|(w-' '*ones)&^w)&high != 0 && !isClean(line[:8]) {
			return false
		}
		line = line[8:]
	}
	return isClean(line)
}

func isClean(s string) bool {
	for i := range len(s) {
		if class[s[i]]&(isControl|isOther) != 0 {
			return false
		}
	}
	return true
}

// eight returns the first eight bytes of s, the first one lowest.
func eight(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// cleaned makes spaces of all that breaks a line or stands for a blank. What does
// not show is taken out, so that it hides nothing: control characters, what
// terminals obey, marks of direction, joiners, the zeros of UTF-16, bytes that
// are no UTF-8.
func cleaned(line string) string {
	var b strings.Builder
	b.Grow(len(line))
	t := terminal{line: line}
	for i := 0; i < len(line); {
		r, size := utf8.DecodeRuneInString(line[i:])
		switch {
		case r == '\x1b':
			size = t.escapeLen(i)
		case r == '\t':
			b.WriteByte('\t')
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == utf8.RuneError && size == 1:
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

// Bounds of what a terminal obeys: the parameters of a control sequence, and a
// text such as a window's title or a link.
const (
	maxEscape = 32
	maxTitle  = 1024
)

// terminal finds what a terminal obeys (ECMA-48) in a line, from left to right.
type terminal struct {
	line   string
	noneTo int // no title ends before this position; what began earlier looked
}

// escapeLen returns the length of what begins at i: a control sequence, a text
// that goes to BEL or ST, or the escape alone.
func (t *terminal) escapeLen(i int) int {
	s := t.line[i:]
	switch {
	case has(s, 1, ']'):
		return t.titleLen(i)
	case !has(s, 1, '['):
		return 1
	}
	for i := 2; i < min(len(s), maxEscape); i++ {
		if s[i] >= 0x40 && s[i] <= 0x7e {
			return i + 1
		}
		if s[i] < 0x20 || s[i] > 0x3f {
			break
		}
	}
	return 2
}

// titleLen returns the length of a text that begins at i. Of one without an end
// it is the beginning's, and what follows is looked at like any other.
func (t *terminal) titleLen(i int) int {
	const begin = len("\x1b]")
	last := min(len(t.line), i+maxTitle)
	for t.noneTo = max(t.noneTo, i+begin); t.noneTo < last; t.noneTo++ {
		switch rest := t.line[t.noneTo:]; {
		case rest[0] == '\a':
			return t.noneTo + 1 - i
		case rest[0] == '\x1b' && has(rest, 1, '\\'):
			return t.noneTo + 2 - i
		}
	}
	return begin
}
