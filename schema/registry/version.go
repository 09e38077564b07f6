package registry

import (
	"slices"
	"strconv"
	"strings"
)

const (
	maxVersionNumbers = 4
	maxVersionDigits  = 6
	maxPreParts       = 6
	highestMajor      = 49                    // of a version of four numbers up to 255
	stampLen          = len("20060102150405") // in a Go pseudo-version
	commitLen         = len("0123456789ab")
)

// IsVersion says whether s has the form of a product's version: see
// [FormatVersion]. A record of a product with another is refused.
func IsVersion(s string) bool { return isVersion(s) }

// isVersion: see FormatVersion. Words after the numbers are listed, so that a
// version cannot carry a customer's name.
func isVersion(s string) bool {
	if s == "devel" || s == "unknown" {
		return true
	}
	if len(s) > maxVersionLen {
		return false
	}
	rest, build, hasBuild := strings.Cut(s, "+")
	if hasBuild && build != "dirty" && build != "incompatible" && build != "incompatible.dirty" {
		return false
	}
	numbers, pre, hasPre := strings.Cut(strings.TrimPrefix(rest, "v"), "-")
	if strings.Count(numbers, ".") >= maxVersionNumbers || isAddress(numbers) {
		return false
	}
	for p := range strings.SplitSeq(numbers, ".") {
		if !isNumber(p, maxVersionDigits) {
			return false
		}
	}
	return !hasPre || isPreRelease(pre)
}

// isAddress says whether four numbers are sooner an IPv4 address than a version:
// versions of four small numbers begin low, and have at most one of three digits.
// What is left of 10.0.0.0/8 and of low first numbers could be either.
func isAddress(s string) bool {
	if strings.Count(s, ".") != 3 {
		return false
	}
	first, long := -1, 0
	for p := range strings.SplitSeq(s, ".") {
		if !isNumber(p, len("255")) {
			return false
		}
		n, _ := strconv.Atoi(p) // isNumber lets nothing else pass
		if n > 255 {
			return false
		}
		if first < 0 {
			first = n
		}
		if n > 99 {
			long++
		}
	}
	return first > highestMajor || long > 1
}

// isPreRelease reads what follows the numbers: "rc.1", "rc1", "4",
// "0.20261121183000-0123456789ab" (Go), "14-g0123456" (git describe).
func isPreRelease(s string) bool {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '.' || r == '-' })
	if len(parts)-1 != strings.Count(s, ".")+strings.Count(s, "-") || len(parts) > maxPreParts {
		return false // a separator without a part beside it, or too many
	}
	for i, p := range parts {
		last := i == len(parts)-1
		afterStamp := i > 0 && isStamp(parts[i-1])
		afterNumber := i > 0 && isNumber(parts[i-1], maxVersionDigits)
		switch {
		case isNumber(p, maxVersionDigits), isPreWord(p):
		case !last && isStamp(p) && isHex(parts[i+1], commitLen, commitLen):
		case last && afterStamp && isHex(p, commitLen, commitLen):
		case last && afterNumber && p[0] == 'g' && isHex(p[1:], 7, commitLen):
		default:
			return false
		}
	}
	return true
}

// isPreWord says whether s is a known word, with or without a number behind.
func isPreWord(s string) bool {
	word := strings.TrimRight(s, "0123456789")
	if len(s)-len(word) > maxVersionDigits {
		return false
	}
	known := []string{"alpha", "beta", "rc", "pre", "preview", "dev", "snapshot", "nightly", "lts", "SNAPSHOT"}
	return slices.Contains(known, word)
}

// isStamp says whether s can be the time in a Go pseudo-version.
func isStamp(s string) bool {
	return len(s) == stampLen && isNumber(s, stampLen) && (s[:2] == "19" || s[:2] == "20")
}

// isHex says whether s is least to most lower-case hexadecimal digits.
func isHex(s string, least, most int) bool {
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && (s[i] < 'a' || s[i] > 'f') {
			return false
		}
	}
	return least <= len(s) && len(s) <= most
}
