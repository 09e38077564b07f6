package registry

import "strings"

// farthest is how many slips of the hand still make a suggestion.
const farthest = 3

// nearest returns the candidate that word is most likely a misspelling of, or
// an empty text when none is near.
func nearest(word string, candidates []string) string {
	best, least := "", farthest+1
	for _, c := range candidates {
		d := distance(strings.ToLower(word), c)
		if d < least && d < max(len(c), len(word)) { // at least one letter agrees
			best, least = c, d
		}
	}
	return best
}

// distance is the Levenshtein distance in bytes, and farthest+1 for lengths
// that are further apart than that.
func distance(a, b string) int {
	if d := len(a) - len(b); d > farthest || -d > farthest {
		return farthest + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
