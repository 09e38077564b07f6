//go:build ignore

// Words_gen writes words.txt, the vocabulary of the scrubber. WORDS.md says
// from what, and what of it is in.
//
//	go run words_gen.go -english FILE -wide FILE -programs FILE -acronyms FILE -given FILE -names FILE,FILE -proper FILE -before FILE DIR...
//
// Each DIR is the source tree of one free project; the Go distribution's own
// is always read. FILE of -english is a list of plain English words, that of
// -wide a longer one, of which a word needs to stand somewhere more often, that of
// -programs one of the names of daemons and kernel modules, that of -acronyms
// one of acronyms, that of -proper one where names begin with a capital, that of
// -given one of given names, those of -names list people and places, that of
// -before is a list that this program has written.
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
	minShort   = 5       // the same of a short word
	shortLen   = 4       // letters of one: names of hosts are as short
	minCount   = 8       // times in all of them
	often      = 20      // times in one tree less
	minHome    = 3       // times and
	minDirs    = 2       // directories, in the Go distribution alone
	rooted     = 13      // trees from which a name is a technical word as well
	settled    = 5       // trees that a word with digits in it stands in
	maxText    = 2 << 20 // bytes read of a file
)

// word is what is counted of one word.
type word struct {
	count, small, upper, home int // times in all, in small letters, in capitals, in the Go distribution
	sources                   map[int]bool
	dirs                      map[string]bool // of the first tree, the Go distribution
}

func main() {
	english := flag.String("english", "", "plain English words, one a line")
	wide := flag.String("wide", "", "more English words, one a line")
	programs := flag.String("programs", "", "names of programs, one a line")
	acronyms := flag.String("acronyms", "", "acronyms, one a line")
	given := flag.String("given", "", "given names, one a line")
	names := flag.String("names", "", "files of people's and places' names, comma-separated")
	before := flag.String("before", "", "a list that this program has written: what is no name of it stays")
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
	list = keep(list, read(*before), named, lines(*given))
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
		common := seen.isTechnical(len(w))
		technical := l.programs[w] || common && (plain[w] || seen.small > 0 && 8*seen.small >= seen.count-seen.upper)
		acronym := l.acronyms[w] || common && len(seen.sources) >= settled && 8*seen.upper >= 7*seen.count
		english := plain[w] && seen.count > 0 || l.wide[w] && seen.count >= minCount
		switch {
		case strings.ContainsAny(w, "0123456789"):
			if seen.isNumbered(w, plain, l) {
				list = append(list, w)
			}
			continue
		case acronym && !technical && !english && !name && !l.out[w]:
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

// keep adds what was in before and is no name, so that other trees take no word
// from the list.
func keep(list, before []string, named, given map[string]bool) []string {
	have := map[string]bool{}
	for _, line := range list {
		have[strings.TrimRight(line, marks)] = true
	}
	for _, line := range before {
		w := strings.TrimRight(line, marks)
		if !have[w] && !strings.Contains(line, "*") && !named[w] && !given[w] {
			list = append(list, line)
		}
	}
	slices.Sort(list)
	return list
}

// marks are what may stand behind a word.
const marks = "+*^"

// isTechnical reports whether enough sources hold the word of so many letters.
func (w *word) isTechnical(letters int) bool {
	trees, least := len(w.sources), minSources
	if letters <= shortLen {
		least = minShort
	}
	if w.count >= often {
		trees++
	}
	common := w.count >= minCount && trees >= least
	home := w.home >= minHome && len(w.dirs) >= minDirs
	return common || home
}

// isNumbered reports whether a word with digits in it (slf4j, sha512, pkcs11)
// is the name of a thing that everybody has. Those of hosts are made of a plain
// word or of what a host does, and a number.
func (w *word) isNumbered(text string, plain map[string]bool, l lists) bool {
	const least = 3 // letters
	part := text[:strings.IndexAny(text, "0123456789")]
	rest := strings.TrimLeft(text[len(part):], "0123456789")
	switch {
	case len(w.sources) < settled || w.count < minCount || strings.Trim(text, "abcdef0123456789") == "":
		return false
	case hosts[part] || l.out[part] || l.given[part] || l.named[part]:
		return false
	case rest != "":
		return len(part)+len(rest) >= least && strings.Trim(text[1:], "abcdef0123456789") != ""
	}
	return len(part) >= least && !plain[part]
}

// hosts are what hosts are named after, with a number behind.
var hosts = func() map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(`api app cam con cpu dev dns esx eth gpu gpt hub idx imap lab ldap log nas nat ntp ops pdc pod pop
		prd ptr qas rds san sip smtp sql srv svc tor tst tty uat usb vcs vip vlan vpn wan wap web wks wlan`) {
		set[w] = true
	}
	return set
}()

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
	skipped  = regexp.MustCompile(`(?i)^(testdata|vendor|tests?|third_?party|external|node_modules|locales?|licen[cs]es|\.git)$`)
	sources  = regexp.MustCompile(`\.(go|java|scala|py|cs|c|h|cpp|m|swift|ps1|psm1|resx|xaml)$`)
	numbered = regexp.MustCompile(`\b[A-Za-z]+[0-9][A-Za-z0-9]*\b`)
	isTest   = regexp.MustCompile(`(?i)(_test\.go|tests?\.(java|scala|cs|swift|ps1)|test[^/]*\.(c|py))$`)
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
		text = text[:min(len(text), maxText)]
		for w := range split(text) {
			count(words, string(w), source, filepath.Dir(path))
		}
		for _, w := range numbered.FindAll(text, -1) {
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
	switch w {
	case small:
		seen.small++
	case strings.ToUpper(w):
		seen.upper++
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
