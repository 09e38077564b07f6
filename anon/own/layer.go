package own

// layer is a text as one decoder left it, and for each byte where its writing
// begins and ends in the text that was searched first.
type layer struct {
	text     []byte
	from, to []int32 // unless mapped, empty: bytes stand where they stand
	mapped   bool
}

// reset empties the layer. keep says whether its bytes are to be mapped.
func (l *layer) reset(keep bool) {
	l.text, l.from, l.to, l.mapped = l.text[:0], l.from[:0], l.to[:0], keep
}

// room returns how many bytes the layer has room for.
func (l *layer) room() int { return cap(l.text) + 4*cap(l.from) + 4*cap(l.to) }

// source returns where bytes i to j of the layer are written.
func (l *layer) source(i, j int) (from, to int) {
	if !l.mapped {
		return i, j
	}
	return int(l.from[i]), int(l.to[j-1])
}

// add appends a byte that is written from i to j in another layer.
func (l *layer) add(b byte, of *layer, i, j int) {
	l.text = append(l.text, b)
	if l.mapped {
		from, to := of.source(i, j)
		l.from, l.to = append(l.from, int32(from)), append(l.to, int32(to))
	}
}

// addRun appends bytes i to j of another layer as they are.
func (l *layer) addRun(of *layer, i, j int) {
	l.text = append(l.text, of.text[i:j]...)
	switch {
	case !l.mapped:
	case of.mapped:
		l.from, l.to = append(l.from, of.from[i:j]...), append(l.to, of.to[i:j]...)
	default:
		for k := i; k < j; k++ {
			l.from, l.to = append(l.from, int32(k)), append(l.to, int32(k+1))
		}
	}
}

// Marks of bytes, collected by whoever looks at them all: what else a text may
// be read as.
const (
	markPercent   uint32 = 1 << iota // begins an escape of URLs
	markEntity                       // of HTML
	markBackslash                    // of JSON, shells and languages
	markControl                      // of a terminal
	markNul                          // may be half of UTF-16
	markQuote                        // may be a doubled quote
	markUnseen                       // may begin a rune that is not seen, or looks like ASCII
	markHigh                         // is not ASCII

	markEscape = markPercent | markEntity | markBackslash | markControl | markNul
	// markLiteral are those that an identifier may have in itself.
	markLiteral = markPercent | markEntity | markBackslash
)

// bytesOf has for each byte its canonical one, highest, and its marks.
var bytesOf = func() (t [256]uint32) {
	for i := range t {
		t[i] = uint32(canon[i]) << 24
		if i >= 0x80 {
			t[i] |= markHigh
		}
	}
	t['%'] |= markPercent
	t['&'] |= markEntity
	t['\\'] |= markBackslash
	t[0x1b] |= markControl
	t[0] |= markNul
	t['\''] |= markQuote
	for _, b := range unseenStarts {
		t[b] |= markUnseen
	}
	return t
}()

// marksOf returns the marks of all bytes of a text.
func marksOf[T string | []byte](text T) (seen uint32) {
	for len(text) >= 8 {
		if hasMark(eightBytes(text)) {
			for i := range 8 {
				seen |= bytesOf[text[i]]
			}
		}
		text = text[8:]
	}
	for i := range len(text) {
		seen |= bytesOf[text[i]]
	}
	return seen
}
