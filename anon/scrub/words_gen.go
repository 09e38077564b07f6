//go:build ignore

// Words_gen writes words.txt, the vocabulary of the scrubber. WORDS.md says
// from what, and what of it is in.
//
//	go run words_gen.go -english FILE -wide FILE -programs FILE -acronyms FILE -given FILE -names FILE,FILE -proper FILE DIR...
//
// Each DIR is the source tree of one free project; the Go distribution's own
// is always read. FILE of -english is a list of plain English words, that of
// -wide a longer one, of which a word needs to stand somewhere more often, that of
// -programs one of the names of daemons and kernel modules, that of -acronyms
// one of acronyms, that of -proper
// one where names begin with a capital, that of -given one of given names,
// those of -names list people and places.
//
// Behind a word stand the marks that vocabulary_gen.go reads: + for one that
// is plain English only and no technical word, * for one that is a name of
// people or places too, ** for one that is a usual given name, ^ for an acronym.
package main

import (
	"flag"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// Bounds of a word that the sources vouch for.
const (
	minLen     = 3
	maxLen     = 24
	minSources = 3       // trees that it stands in
	minCount   = 8       // times in all of them
	often      = 20      // times in one tree less
	minHome    = 3       // times and
	minDirs    = 2       // directories, in the Go distribution alone
	rooted     = 6       // trees from which a name is a technical word as well
	maxText    = 2 << 20 // bytes read of a file
)

// word is what is counted of one word.
type word struct {
	count, small, home int
	sources            map[int]bool
	dirs               map[string]bool // of the first tree, the Go distribution
}

func main() {
	english := flag.String("english", "", "plain English words, one a line")
	wide := flag.String("wide", "", "more English words, one a line")
	programs := flag.String("programs", "", "names of programs, one a line")
	acronyms := flag.String("acronyms", "", "acronyms, one a line")
	given := flag.String("given", "", "given names, one a line")
	names := flag.String("names", "", "files of people's and places' names, comma-separated")
	proper := flag.String("proper", "", "a word list with names in capitals")
	flag.Parse()
	words := map[string]*word{}
	for i, dir := range append([]string{filepath.Join(runtime.GOROOT(), "src")}, flag.Args()...) {
		if err := collect(words, i, dir); err != nil {
			log.Fatal(err)
		}
	}
	plain := lines(*english)
	named := map[string]bool{}
	for _, file := range strings.Split(*names, ",") {
		for n := range lines(file) {
			named[n] = true
		}
	}
	list := choose(words, plain, lists{lines(*wide), lines(*programs), lines(*acronyms), named, lines(*given), capitals(*proper), lines("names.txt")})
	if err := os.WriteFile("words.txt", []byte(strings.Join(list, "\n")+"\n"), 0o644); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: %d words\n", runtime.Version(), len(list))
}

// lists are further words: English that needs less evidence, names of programs,
// acronyms, of people and places, usual given ones, such as stand in a dictionary with a
// capital only, and what is out.
type lists struct{ wide, programs, acronyms, named, given, proper, out map[string]bool }

// choose returns the words that are in, in order, with their marks.
func choose(words map[string]*word, plain map[string]bool, l lists) []string {
	var list []string
	for w := range plain {
		if words[w] == nil {
			words[w] = &word{}
		}
	}
	for _, more := range []map[string]bool{l.programs, l.acronyms} {
		for w := range more {
			if words[w] == nil {
				words[w] = &word{}
			}
		}
	}
	for w, seen := range words {
		name := l.named[w] || l.given[w] || l.proper[w] && !plain[w]
		technical := l.programs[w] || seen.isTechnical() && (plain[w] || 8*seen.small >= seen.count)
		english := plain[w] && seen.count > 0 || l.wide[w] && seen.count >= minCount
		switch {
		case l.acronyms[w] && !technical && !english && !name && !l.out[w]:
			list = append(list, w+"^")
			continue
		case l.out[w], !technical && !english, name && !plain[w] && len(seen.sources) < rooted:
			continue
		}
		mark := ""
		if !technical {
			mark += "+"
		}
		if name {
			mark += "*"
		}
		if l.given[w] {
			mark += "*"
		}
		list = append(list, w+mark)
	}
	slices.Sort(list)
	return list
}

// isTechnical reports whether enough sources hold the word.
func (w *word) isTechnical() bool {
	trees := len(w.sources)
	if w.count >= often {
		trees++
	}
	common := w.count >= minCount && trees >= minSources
	home := w.home >= minHome && len(w.dirs) >= minDirs
	return common || home
}

// lines returns the small-letter words of a list.
func lines(file string) map[string]bool {
	found := map[string]bool{}
	for _, w := range read(file) {
		if len(w) >= minLen && len(w) <= maxLen && strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") == "" {
			found[w] = true
		}
	}
	return found
}

// capitals returns the words of a list that stand there with a capital only.
func capitals(file string) map[string]bool {
	found := map[string]bool{}
	list := read(file)
	for _, w := range list {
		if low := strings.ToLower(w); low != w && w != strings.ToUpper(w) { // an acronym is no name
			found[low] = true
		}
	}
	for _, w := range list {
		delete(found, w)
	}
	return found
}

func read(file string) []string {
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	return strings.Fields(string(text))
}

var (
	skipped = regexp.MustCompile(`(?i)^(testdata|vendor|tests?|third_?party|external|node_modules|locales?|licen[cs]es|\.git)$`)
	sources = regexp.MustCompile(`\.(go|java|cs|c|h|cpp|m|swift|ps1|psm1|resx|xaml)$`)
	isTest  = regexp.MustCompile(`(?i)(_test\.go|tests?\.(java|cs|swift|ps1)|test[^/]*\.c)$`)
)

// collect counts the words of every source file below root.
func collect(words map[string]*word, source int, root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && skipped.MatchString(d.Name()):
			return filepath.SkipDir
		case !d.Type().IsRegular() || !sources.MatchString(path) || isTest.MatchString(path):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for w := range split(text[:min(len(text), maxText)]) {
			count(words, string(w), source, filepath.Dir(path))
		}
		return nil
	})
}

func count(words map[string]*word, w string, source int, dir string) {
	small := strings.ToLower(w)
	if len(w) < minLen || len(w) > maxLen {
		return
	}
	seen := words[small]
	if seen == nil {
		seen = &word{sources: map[int]bool{}, dirs: map[string]bool{}}
		words[small] = seen
	}
	seen.count++
	seen.sources[source] = true
	if source == 0 {
		seen.home++
		seen.dirs[dir] = true
	}
	if w == small {
		seen.small++
	}
}

// split yields the words of a text: runs of letters, cut before a capital that
// follows or precedes a small letter (readAll, HTTPServer).
func split(text []byte) func(yield func([]byte) bool) {
	small := func(i int) bool { return i < len(text) && 'a' <= text[i] && text[i] <= 'z' }
	capital := func(i int) bool { return i < len(text) && 'A' <= text[i] && text[i] <= 'Z' }
	return func(yield func([]byte) bool) {
		for i := 0; i < len(text); i++ {
			start := i
			for small(i) || capital(i) {
				if i > start && capital(i) && (small(i-1) || small(i+1)) {
					break
				}
				i++
			}
			if i > start {
				if !yield(text[start:i]) {
					return
				}
				i--
			}
		}
	}
}
