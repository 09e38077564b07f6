package template

import (
	"slices"
	"strings"
)

// What may stand before a message.
const (
	maxPrefixWords = 8
	maxPrefix      = 128 // bytes
)

// starts returns where the message of a line may begin: at its beginning, and
// behind each word of a prefix. Own is the product's name.
func starts(line, own string) []int {
	out := []int{0}
	at, waiting := 0, false // for the process, behind the name of a host
	for range maxPrefixWords {
		word, next := nextWord(line, at)
		if word == "" || next > maxPrefix {
			return out
		}
		switch {
		case isProcess(word, own), !waiting && isPrefix(word):
			at, waiting = next, false
			out = append(out, at)
		case !waiting && at > 0 && isProcess(firstWord(line, next), own):
			at, waiting = next, true
		default:
			return out
		}
	}
	return out
}

func firstWord(line string, at int) string {
	word, _ := nextWord(line, at)
	return word
}

// nextWord returns the word that begins at a place, and where the one behind it
// does.
func nextWord(line string, at int) (word string, next int) {
	end := at
	for end < len(line) && line[end] != ' ' && line[end] != '\t' {
		end++
	}
	next = end
	for next < len(line) && (line[next] == ' ' || line[next] == '\t') {
		next++
	}
	return line[at:end], next
}

// isProcess says whether the word is name[123]: or the product's own name with a
// colon. A priority such as <30> may stand before it.
func isProcess(word, own string) bool {
	if priority, rest, ok := strings.Cut(word, ">"); ok && inBrackets(priority+">") {
		word = rest
	}
	name, ok := strings.CutSuffix(word, ":")
	if !ok {
		return false
	}
	if own != "" && name == own {
		return true
	}
	name, number, _ := strings.Cut(strings.TrimSuffix(name, "]"), "[")
	return name != "" && isDigits(number)
}

// isPrefix says whether the word is a time, a level, a number, a place in the
// source, something in brackets, or a line between them.
func isPrefix(word string) bool {
	if inBrackets(word) {
		return true
	}
	bare := strings.Trim(word, "[](){}<>|:,")
	switch {
	case strings.Trim(bare, "-") == "":
		return bare != "" || strings.Trim(word, "|:") == ""
	case slices.Contains(prefixWords, strings.ToLower(bare)), isPlace(bare):
		return true
	case len(bare) == len("E1122") && strings.IndexByte("DIWEF", bare[0]) >= 0: // klog
		return isDigits(bare[1:])
	}
	return isTime(bare)
}

// inBrackets says whether the word is one pair of brackets.
func inBrackets(word string) bool {
	return len(word) > 2 && (word[0] == '[' && word[len(word)-1] == ']' || word[0] == '<' && word[len(word)-1] == '>')
}

var prefixWords = []string{
	"trace", "debug", "dbg", "info", "inf", "notice", "warn", "warning", "wrn", "error", "err", "crit", "critical", "fatal", "panic", "alert", "emerg",
	"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
	"mon", "tue", "wed", "thu", "fri", "sat", "sun", "utc", "gmt", "am", "pm",
}

// isTime says whether the word is digits, and what stands between those of dates
// and times.
func isTime(s string) bool {
	digit := false
	for i := range len(s) {
		digit = digit || isDigit(s[i])
		if !isDigit(s[i]) && strings.IndexByte(":.,-/+TZ", s[i]) < 0 {
			return false
		}
	}
	return digit
}

// isPlace says whether the word is a source file and a line.
func isPlace(s string) bool {
	file, line, ok := strings.Cut(s, ":")
	dot := strings.LastIndexByte(file, '.')
	return ok && isDigits(line) && dot > 0 && len(file)-dot <= len(".scala") && strings.IndexFunc(file, notPath) < 0
}

func notPath(r rune) bool { return !(r < 0x80 && isNameByte(byte(r))) && r != '/' }

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
