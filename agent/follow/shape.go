package follow

import (
	"slices"
	"strings"
)

// numLabel is what the scrubber writes in place of a number.
const numLabel = "<num>"

// shape returns a scrubbed line with a label in place of each number, which lines
// that differ in numbers alone have in common. A number is digits, and what
// stands between those of times, dates and amounts; its unit stays.
func shape(line string) string {
	var b strings.Builder
	for at := 0; at < len(line); {
		if end := numberEnd(line, at); end > at {
			b.WriteString(numLabel)
			at = end
			continue
		}
		b.WriteByte(line[at])
		at++
	}
	return b.String()
}

// numberEnd returns the end of the number that begins at a place, or the place:
// none does.
func numberEnd(line string, at int) int {
	if at > 0 && (isLetter(line[at-1]) || isDigit(line[at-1])) {
		return at
	}
	end := digitsEnd(line, at)
	for end > at && end+1 < len(line) && strings.IndexByte(".,:-/+T", line[end]) >= 0 {
		next := digitsEnd(line, end+1)
		if next == end+1 {
			break
		}
		end = next
	}
	if end > at && end < len(line) && line[end] == 'Z' && (end+1 == len(line) || !isLetter(line[end+1])) {
		end++
	}
	return end
}

// digitsEnd returns the end of the digits or the label at a place.
func digitsEnd(line string, at int) int {
	for at < len(line) {
		switch {
		case isDigit(line[at]):
			at++
		case strings.HasPrefix(line[at:], numLabel):
			at += len(numLabel)
		default:
			return at
		}
	}
	return at
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' || b == '_' || b >= 0x80 }

// maxTimeWords is how many words a time and what stands with it may have.
const maxTimeWords = 8

// dateWords are words of dates and times, in small letters.
var dateWords = []string{
	"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
	"mon", "tue", "wed", "thu", "fri", "sat", "sun", "utc", "gmt", "cet", "cest", "am", "pm",
}

// withoutTime returns a scrubbed line without the time and the number of the
// process that it begins with: when it was is said coarsely, and no two lines
// would be equal. What else it begins with stays.
func withoutTime(line string) string {
	begin, timed := 0, false
	for at, n := 0, 0; n < maxTimeWords; n++ {
		word, _, more := strings.Cut(line[at:], " ")
		bare := strings.Trim(word, "[](),")
		number := bare != "" && numberEnd(bare, 0) == len(bare)
		if !number && !slices.Contains(dateWords, strings.ToLower(bare)) && !isStamp(strings.ToLower(bare)) {
			break
		}
		at += len(word)
		for more && at < len(line) && line[at] == ' ' {
			at++
		}
		timed = timed || strings.Contains(bare, ":")
		if timed && (strings.Contains(bare, ":") || !number || word[0] == '[') {
			begin = at
		}
	}
	return line[begin:]
}

// isStamp says whether a word is a time of which the parts do not stand together
// as in a number: 22/nov/2026:10:11:12, +0000.
func isStamp(word string) bool {
	word = strings.TrimLeft(word, "+-")
	if first, rest, ok := strings.Cut(word, "/"); ok && len(rest) > 4 && slices.Contains(dateWords, rest[:3]) && rest[3] == '/' {
		return numberEnd(first, 0) == len(first) && numberEnd(rest[4:], 0) == len(rest)-4
	}
	return word != "" && numberEnd(word, 0) == len(word)
}
