package registry

import (
	"cmp"
	"strconv"
	"strings"
)

// CompareVersions orders versions of one product as [IsVersion] takes them, from
// older to newer: by their numbers, a missing one being 0, a release after the
// versions before it ("5.3.0-rc.1" before "5.3.0"), and words as letters. What has
// no numbers, as "devel", is newer than all that has. 0 means equally new, as 5.3
// and 5.3.0 are.
func CompareVersions(a, b string) int {
	numbersA, preA := splitVersion(a)
	numbersB, preB := splitVersion(b)
	if len(numbersA) == 0 || len(numbersB) == 0 {
		return cmp.Or(cmp.Compare(len(numbersB), len(numbersA)), cmp.Compare(a, b))
	}
	for i := range max(len(numbersA), len(numbersB)) {
		if c := cmp.Compare(at(numbersA, i), at(numbersB, i)); c != 0 {
			return c
		}
	}
	if preA == "" || preB == "" {
		return cmp.Compare(len(preB), len(preA)) // who has none is the release
	}
	return comparePre(preA, preB)
}

// splitVersion returns the numbers of a version and what follows them.
func splitVersion(s string) (numbers []int, pre string) {
	s, _, _ = strings.Cut(strings.TrimPrefix(s, "v"), "+")
	s, pre, _ = strings.Cut(s, "-")
	for p := range strings.SplitSeq(s, ".") {
		n, err := strconv.Atoi(p)
		if err != nil {
			return nil, ""
		}
		numbers = append(numbers, n)
	}
	return numbers, pre
}

func at(numbers []int, i int) int {
	if i < len(numbers) {
		return numbers[i]
	}
	return 0
}

// comparePre orders what follows the numbers, part by part.
func comparePre(a, b string) int {
	partsA, partsB := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(partsA), len(partsB)) {
		wordA, numA := splitPart(partsA[i])
		wordB, numB := splitPart(partsB[i])
		if c := cmp.Or(cmp.Compare(wordA, wordB), cmp.Compare(numA, numB)); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(partsA), len(partsB))
}

// splitPart returns the word of a part, as "rc" of "rc12", and its number.
func splitPart(s string) (word string, n int) {
	word = strings.TrimRight(s, "0123456789")
	n, _ = strconv.Atoi(s[len(word):]) // none is 0; one that is too long is no version's
	return word, n
}
