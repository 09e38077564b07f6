package cli

import (
	"slices"
	"strconv"
	"strings"
)

// Count returns a number with its noun: "1 envelope", "2,000 replies".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if stem, ok := strings.CutSuffix(noun, "y"); ok && !strings.ContainsAny(stem[len(stem)-1:], "aeou") {
		noun = stem + "ie" // replies, but days and keys
	}
	return Thousands(n) + " " + noun + "s"
}

// Sizes returns sizes in words: "1,024 B each", or "1,024 to 4,096 B".
func Sizes(sizes []int) string {
	if len(sizes) == 0 {
		return "0 B"
	}
	low, high := slices.Min(sizes), slices.Max(sizes)
	if low == high {
		return Thousands(low) + " B each"
	}
	return Thousands(low) + " to " + Thousands(high) + " B"
}

// Thousands returns a number with commas.
func Thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
