package scrub

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxLine is the most bytes that one scrubbed line has, as much as one text
// on a page.
const MaxLine = 4096

// Bounds of what is read of one line. The margin is dropped after this host's
// identifiers are replaced: the end of what was read may hold the first half
// of one, and the longest writing of the longest has 12 KiB.
const (
	maxRead = 80 << 10
	margin  = 16 << 10
)

// Own replaces this host's own identifiers in a text. What it writes in place
// must be labels of this package, and a second call must change nothing.
type Own interface {
	Replace(text string) string
}

// Scrubber scrubs lines. Safe for concurrent use if its Own is.
type Scrubber struct {
	own   Own
	words *vocabulary
}

// New returns a scrubber. own may be nil: then only what any host's text may
// hold is found.
func New(own Own) *Scrubber { return &Scrubber{own: own, words: words()} }

// maxTurns bounds how often a line is scrubbed until nothing changes. Two are
// usual: what a label replaced may make something of its neighbours that it
// was not before. Text made up to need more than this is dropped whole.
const maxTurns = 16

// Line returns the line scrubbed: valid UTF-8, without line breaks or control
// characters, at most MaxLine bytes. A longer one is cut between two words and
// ends in <cut>. Line(Line(x)) equals Line(x).
func (s *Scrubber) Line(line string) string {
	cut := len(line) > maxRead
	if cut {
		line = line[:maxRead]
	}
	line = s.replaceOwn(clean(line))
	if cut {
		line = line[:strings.LastIndexByte(line[:max(0, len(line)-margin)], ' ')+1] + labelCut
	}
	for range maxTurns {
		p := pass{text: line, words: s.words}
		p.run()
		next := line
		if string(p.out) != line {
			next = s.replaceOwn(shorten(string(p.out)))
		}
		if next == line && len(line) <= MaxLine {
			return line
		}
		line = shorten(next)
	}
	return labelCut
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

// clean makes valid UTF-8 of the line, and spaces of line breaks and control
// characters. Bytes that are no UTF-8 become U+FFFD, which no word holds.
func clean(line string) string {
	plain := true
	for i := range len(line) {
		if b := line[i]; b < ' ' && b != '\t' || b >= 0x7f {
			plain = false
			break
		}
	}
	if plain {
		return line
	}
	return strings.Map(func(r rune) rune {
		if r != '\t' && (unicode.IsControl(r) || unicode.IsSpace(r)) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(line, string(utf8.RuneError)))
}
