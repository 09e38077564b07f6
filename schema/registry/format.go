package registry

import (
	"slices"
	"strings"

	"github.com/tacit-telemetry/tacit/schema/codec"
)

// Format names a bounded form of text that may be kept though its values are
// not listed one by one. The zero Format is none.
type Format string

// The formats. Each has an exact matcher; there is none for free text.
const (
	// FormatVersion is a product's version: up to four numbers with dots, then
	// a known pre-release word, a revision number, or the stamp that Go or git
	// gives an untagged build; or "devel" or "unknown". At most 64 bytes. Four
	// numbers that look like an IPv4 address are none.
	FormatVersion Format = "version"
	// FormatOSVersion is a system's version: numbers of at most 8 digits with
	// dots, or "rolling" or "unknown". At most 16 bytes. Nor is an IPv4 address one.
	FormatOSVersion Format = "os_version"
	// FormatCountry is an ISO 3166-1 alpha-2 code, or "unknown".
	FormatCountry Format = "country"
	// FormatFrames is a stack: up to 32 lines "function file.go:123", each of
	// the product's own modules or of Go's standard library. Pages only.
	FormatFrames Format = "frames"
)

const (
	maxVersionLen   = 64
	maxOSVersionLen = 16

	maxOSVersionDigits = len("20261121") // of one number: rolling systems have dates
)

func formats() []Format {
	return []Format{FormatVersion, FormatOSVersion, FormatCountry, FormatFrames}
}

// match refuses a text that does not have the format. The product is asked
// for frames only.
func (f Format) match(s string, p *Product) error {
	ok := false
	switch f {
	case FormatVersion:
		ok = isVersion(s)
	case FormatOSVersion:
		ok = isOSVersion(s)
	case FormatCountry:
		ok = isCountry(s)
	case FormatFrames:
		return matchFrames(s, p)
	}
	if !ok {
		return ErrWrongFormat
	}
	return nil
}

// text says which texts of a metric or a label may be kept.
type text struct {
	values   []string
	format   Format
	overflow string
}

// allowed refuses a text that may not be kept.
func (t text) allowed(s string, p *Product) error {
	if len(s) > codec.MaxTextLen {
		return ErrTooLong
	}
	if t.format != "" {
		return t.format.match(s, p)
	}
	if !slices.Contains(t.values, s) {
		return ErrNotListed
	}
	return nil
}

// isOSVersion: see FormatOSVersion.
func isOSVersion(s string) bool {
	if s == "rolling" || s == "unknown" {
		return true
	}
	if len(s) > maxOSVersionLen || isAddress(s) {
		return false
	}
	for part := range strings.SplitSeq(s, ".") {
		if !isNumber(part, maxOSVersionDigits) {
			return false
		}
	}
	return true
}

// isNumber says whether s is one to n decimal digits.
func isNumber(s string, n int) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return 0 < len(s) && len(s) <= n
}
