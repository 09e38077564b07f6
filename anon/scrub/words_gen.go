//go:build ignore

// Words_gen writes words.gz, the vocabulary of the scrubber: the words of the
// Go standard library's own sources (comments, strings, identifiers), without
// tests and vendored code, that stand there at least three times and in two
// directories, and at least once in small letters, so that names are left out.
// What names.txt lists is left out too. The output depends on the Go release
// and on names.txt only; WORDS.md records the release.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

const (
	minLen   = 3
	maxLen   = 24
	minCount = 3
	minDirs  = 2
)

// word is what is counted of one word.
type word struct {
	count, small int
	dirs         map[string]bool
}

func main() {
	words, err := collect(filepath.Join(runtime.GOROOT(), "src"))
	if err != nil {
		log.Fatal(err)
	}
	names, err := os.ReadFile("names.txt")
	if err != nil {
		log.Fatal(err)
	}
	for _, n := range strings.Fields(string(names)) {
		delete(words, n)
	}
	var list []string
	for w, seen := range words {
		if seen.count >= minCount && seen.small > 0 && len(seen.dirs) >= minDirs {
			list = append(list, w)
		}
	}
	slices.Sort(list)
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	fmt.Fprint(z, strings.Join(list, "\n"))
	if err := z.Close(); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("words.gz", b.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: %d words, %d bytes\n", runtime.Version(), len(list), b.Len())
}

// collect counts the words of every Go file below root.
func collect(root string) (map[string]*word, error) {
	words := map[string]*word{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "vendor"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for w := range split(text) {
			count(words, string(w), filepath.Dir(path))
		}
		return nil
	})
	return words, err
}

func count(words map[string]*word, w, dir string) {
	small := strings.ToLower(w)
	if len(w) < minLen || len(w) > maxLen {
		return
	}
	seen := words[small]
	if seen == nil {
		seen = &word{dirs: map[string]bool{}}
		words[small] = seen
	}
	seen.count++
	seen.dirs[dir] = true
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
