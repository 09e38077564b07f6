package follow

import "bytes"

// lines cuts what is read into lines of at most maxLine bytes.
type lines struct {
	begun []byte // of the line that is not whole yet
	drop  bool   // the line that is not whole yet is left out
}

// feed gives each line that is whole now to whole, without its line feed, and
// tells long of one that gets too long. What it gives is read again with the next
// call.
func (l *lines) feed(b []byte, whole func([]byte), long func()) {
	for len(b) > 0 {
		end := bytes.IndexByte(b, '\n')
		piece := b
		if end >= 0 {
			piece = b[:end]
		}
		if !l.drop && len(l.begun)+len(piece) > maxLine {
			l.drop = true
			long()
		}
		if end < 0 {
			l.keep(piece)
			return
		}
		if !l.drop {
			whole(l.joined(piece))
		}
		l.drop, l.begun = false, l.begun[:0]
		b = b[end+1:]
	}
}

// keep keeps the begin of a line.
func (l *lines) keep(piece []byte) {
	if l.drop {
		l.begun = nil
		return
	}
	l.begun = append(l.begun, piece...)
}

// joined returns the line that ends with piece.
func (l *lines) joined(piece []byte) []byte {
	if len(l.begun) == 0 {
		return piece
	}
	l.begun = append(l.begun, piece...)
	return l.begun
}
