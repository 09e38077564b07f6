package own

import "strings"

// Scan is the tripwire: it reports whether the plaintext holds any identifier
// in any writing that the package comment names. One pass, whatever the number
// of identifiers.
func (ids *Identifiers) Scan(plain []byte) (Hit, bool) {
	ids.mu.RLock()
	defer ids.mu.RUnlock()
	// Nearly every position is passed by the two sets alone, which need no more
	// than the four bytes from there, shifted along.
	long, short := ids.long.filter(), ids.short.filter()
	var key uint32
	for i, b := range plain {
		key = key>>8 | uint32(fold[b])<<24
		if i >= 3 && (long.has(key) || short.has(key&0xffff)) {
			if n := ids.at(plain, i-3, scanning); n != nil {
				return Hit{Class: n.class}, true
			}
		}
	}
	for i := max(0, len(plain)-3); i < len(plain); i++ { // fewer bytes follow
		if n := ids.at(plain, i, scanning); n != nil {
			return Hit{Class: n.class}, true
		}
	}
	return Hit{}, false
}

// Replace returns the text with a label (<host>, <user>, <path>, <ip>, <mac>,
// <id>, <secret>) in place of every identifier, leftmost and longest first.
// Labels that stand in the text already are left alone.
func (ids *Identifiers) Replace(s string) string {
	ids.mu.RLock()
	defer ids.mu.RUnlock()
	for {
		out := ids.replaceOnce(s)
		if out == s {
			return s
		}
		s = out // a short name may be a word of its own only now
	}
}

func (ids *Identifiers) replaceOnce(s string) string {
	text := []byte(s)
	var b strings.Builder
	done := 0
	for i := 0; i < len(text); {
		n := ids.at(text, i, replacing)
		if n == nil {
			i++
			continue
		}
		b.WriteString(s[done:i])
		b.WriteString(n.class.label())
		i += len(n.text)
		done = i
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// at returns the longest needle at i. A long one is always longer than a short.
func (ids *Identifiers) at(text []byte, i int, m mode) *needle {
	if n := ids.long.at(text, i, m); n != nil {
		return n
	}
	return ids.short.at(text, i, m)
}
