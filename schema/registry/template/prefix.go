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
	at, waiting := 0, false // for what may have one name before it
	for range maxPrefixWords {
		word, next := prefixWord(line, at)
		if word == "" || next > maxPrefix {
			return out
		}
		switch {
		case isProcess(word, own), isSeverity(word), !waiting && isPrefix(word):
			at, waiting = next, false
			out = append(out, at)
		case !waiting && at > 0 && mayName(word, firstWord(line, next), own):
			at, waiting = next, true
		default:
			return out
		}
	}
	return out
}

// prefixWord is nextWord, but that syslog's number at the beginning is a word of
// its own: who writes for the journal puts no blank behind it.
func prefixWord(line string, at int) (word string, next int) {
	end := strings.IndexByte(line, '>')
	if at > 0 || end < 0 || line[0] != '<' || !isDigits(line[1:end]) {
		return nextWord(line, at)
	}
	return line[:end+1], len(line) - len(strings.TrimLeft(line[end+1:], " \t"))
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

// mayName says whether the word may be a name because of the one behind it: a
// host before a process, or user@database before a severity, as PostgreSQL is set
// to write them on Debian.
func mayName(word, next, own string) bool {
	return isProcess(next, own) || isSeverity(next) && strings.Contains(word, "@")
}

// isSeverity says whether the word is a severity as PostgreSQL writes it and
// Java's own logging: in capitals and with a colon, since without these some are
// words like others. DETAIL:, HINT:, STATEMENT: and the like are none: what
// follows them is what users wrote.
func isSeverity(word string) bool {
	name, ok := strings.CutSuffix(word, ":")
	return ok && slices.Contains(severities, name)
}

var severities = []string{
	"LOG", "DEBUG", "DEBUG1", "DEBUG2", "DEBUG3", "DEBUG4", "DEBUG5", "INFO", "NOTICE", "WARNING", "ERROR", "FATAL", "PANIC",
	"SEVERE", "CONFIG", "FINE", "FINER", "FINEST",
}

// isProcess says whether the word is name[123]: or the product's own name with a
// colon.
func isProcess(word, own string) bool {
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
	if key, value, ok := strings.Cut(word, "="); ok {
		return isNamed(key, strings.Trim(value, `"`))
	}
	bare := strings.Trim(word, "[](){}<>|:,")
	switch {
	case strings.Trim(bare, "-") == "":
		return bare != "" || strings.Trim(word, "|:") == ""
	case slices.Contains(prefixWords, strings.ToLower(bare)), slices.Contains(zones, bare), isPlace(bare):
		return true
	case len(bare) == len("E1122") && strings.IndexByte("DIWEF", bare[0]) >= 0: // klog
		return isDigits(bare[1:])
	}
	return isTime(bare)
}

// isNamed says whether a field is a level or a time, by its name and its value.
func isNamed(key, value string) bool {
	switch key {
	case "level", "lvl", "severity":
		return slices.Contains(prefixWords, strings.ToLower(value))
	case "time", "ts", "timestamp":
		return isTime(value)
	}
	return false
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

// zones are those that have no number: in capitals only, since some are words.
var zones = []string{
	"CET", "CEST", "EET", "EEST", "WET", "BST", "MSK", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "IST", "JST", "KST", "AEST", "AEDT",
}

// isTime says whether the word is digits, and what stands between those of dates
// and times, or before and between those of nginx's processes and connections.
func isTime(s string) bool {
	digit := false
	for i := range len(s) {
		digit = digit || isDigit(s[i])
		if !isDigit(s[i]) && strings.IndexByte(":.,-/+TZ#*", s[i]) < 0 {
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
