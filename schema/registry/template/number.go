package template

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxNumber bounds the bytes of a number with its unit.
const maxNumber = 32

// number reads a number as logs write it, and returns it in the unit of the
// registry, towards zero: 1234, 1,234, 12.5 and -3 in any; 340ms, 1.2 s and 3m4s
// in us and s; 12 B, 4.5KiB and 3 MB in By; 7% in %. Microseconds are never
// without their own unit, since nobody logs them so.
func number(s, unit string) (int64, bool) {
	if s == "" || len(s) > maxNumber || !beginsNumber(s[0]) {
		return 0, false
	}
	digits := strings.TrimRight(s, unitLetters)
	suffix := s[len(digits):]
	digits = strings.TrimSuffix(digits, " ")
	if strings.Contains(suffix, " ") || suffix == "" && len(digits) < len(s) {
		return 0, false
	}
	switch unit {
	case "us", "s":
		return duration(digits, suffix, unit)
	case "By":
		return scaled(digits, sizes[suffix])
	case "%":
		if suffix != "" && suffix != "%" {
			return 0, false
		}
		return scaled(digits, 1)
	}
	if suffix != "" {
		return 0, false
	}
	return scaled(digits, 1)
}

// unitLetters are the bytes of all units that a number may end in.
const unitLetters = "nuµμmshBkKMGTi%"

var sizes = map[string]float64{
	"": 1, "B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
	"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
}

// duration reads one as Go writes it, or a number of seconds.
func duration(digits, suffix, unit string) (int64, bool) {
	if suffix == "" {
		if unit == "us" {
			return 0, false
		}
		return scaled(digits, 1)
	}
	plain, ok := ungrouped(digits)
	if !ok {
		plain = digits // several units follow each other: 3m4s
	}
	d, err := time.ParseDuration(plain + suffix)
	if err != nil {
		return 0, false
	}
	if unit == "s" {
		return int64(d / time.Second), true
	}
	return d.Microseconds(), true
}

// scaled reads a number and multiplies it.
func scaled(digits string, by float64) (int64, bool) {
	plain, ok := ungrouped(digits)
	if !ok || by == 0 {
		return 0, false
	}
	if n, err := strconv.ParseInt(plain, 10, 64); err == nil && by == 1 {
		return n, true
	}
	f, err := strconv.ParseFloat(plain, 64)
	if err != nil {
		return 0, false
	}
	f *= by
	switch {
	case f >= math.MaxInt64:
		return math.MaxInt64, true
	case f <= math.MinInt64:
		return math.MinInt64, true
	}
	return int64(f), true
}

// ungrouped takes the commas out of a number that is written in groups of three
// digits. It refuses what is no decimal number.
func ungrouped(s string) (string, bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	sign := len(whole) - len(strings.TrimLeft(whole, "+-"))
	groups := strings.Split(whole[min(sign, 1):], ",")
	for i, g := range groups {
		if strings.Trim(g, "0123456789") != "" || i > 0 && len(g) != 3 || len(groups) > 1 && (g == "" || len(g) > 3) {
			return "", false
		}
	}
	if strings.Trim(fraction, "0123456789") != "" || strings.Join(groups, "")+fraction == "" {
		return "", false
	}
	return strings.ReplaceAll(s, ",", ""), true
}

func beginsNumber(c byte) bool { return isDigit(c) || c == '-' || c == '+' || c == '.' }

// inNumber says whether a number may go on with the byte.
func inNumber(c byte) bool {
	return isDigit(c) || c == '.' || c == ',' || c == ' ' || strings.IndexByte(unitLetters, c) >= 0
}

// unitBehind returns a number's name and the unit that stands behind it as if it
// were none of the number's.
func unitBehind(pieces []piece) (name, unit string) {
	for i := range len(pieces) - 1 {
		behind := strings.TrimPrefix(pieces[i+1].constant, " ")
		rest := strings.TrimLeft(behind, unitLetters)
		unit = behind[:len(behind)-len(rest)]
		next, _ := utf8.DecodeRuneInString(rest)
		slot := pieces[i].slot
		if slot == nil || slot.Bucket == nil || unit == "" || unicode.IsLetter(next) {
			continue
		}
		if _, ok := number("1"+unit, slot.Unit); ok {
			return pieces[i].name, unit
		}
	}
	return "", ""
}
