package attack

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// exhibit is something that Tacit wrote, printed, answered or sent.
type exhibit struct {
	name string
	data []byte
	home bool   // the file where the installation ID is at home
	to   string // the place whose secrets somebody typed, when this is the answer to him
}

// evidence collects exhibits.
type evidence struct{ exhibits []exhibit }

func (e *evidence) add(name string, data []byte) {
	e.exhibits = append(e.exhibits, exhibit{name: name, data: data})
}

// answer adds what somebody was answered who typed the secrets of a place. They
// may be in it, as they stand on his screen already.
func (e *evidence) answer(name, place string, data []byte) {
	e.exhibits = append(e.exhibits, exhibit{name: name, data: data, to: place})
}

// files adds every file below dir, as it is at this moment.
func (e *evidence) files(t testing.TB, moment, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		e.add("the names of files "+moment, []byte(rel))
		if !d.Type().IsRegular() {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if filepath.ToSlash(rel) == "desk/audit.log" {
			b = ranLookup.ReplaceAll(b, []byte(`"by":"user"`))
		}
		e.exhibits = append(e.exhibits, exhibit{
			name: filepath.Join("D", rel) + " " + moment,
			data: bytes.TrimRight(b, "\x00"), // Badger's logs are long and empty
			home: filepath.ToSlash(rel) == "agent/installation.json",
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ranLookup matches what the audit log is for: who opened a history by command, as
// the store's machine calls him. Here that is the planted user.
var ranLookup = regexp.MustCompile(`"by":"user [^"\\]*"`)

// showsID matches the lines whose purpose is to show the ID.
var showsID = regexp.MustCompile(`(?m)^(\s*"(installation_id|spoken)": "|\s*installation ID  ).*$`)

// printed adds what a command printed: without the installation ID in the
// lines whose purpose is to show it, and without the directory's name where
// the user is told what to type to mean the same directory.
func (e *evidence) printed(name, text, dir string, ids ...string) {
	text = showsID.ReplaceAllStringFunc(text, func(line string) string { return without(line, ids) })
	typed := []string{dir}
	if home, err := os.UserHomeDir(); err == nil {
		typed = append(typed, strings.Replace(dir, home, "~", 1))
	}
	for _, path := range typed {
		text = strings.ReplaceAll(text, " --data "+path, " --data D")
	}
	e.answer(name, toldOnly(name), []byte(text))
}

// toldOnly names the place whose secrets a command may print: what a product emits
// for OpenTelemetry and no registry maps is counted by its name, in the agent's
// memory, and its user sees that.
func toldOnly(name string) string {
	if strings.HasPrefix(name, "stdout of tacit") && strings.Contains(name, " why") {
		return inName
	}
	return ""
}

func without(line string, ids []string) string {
	for _, id := range ids {
		if id != "" {
			line = strings.ReplaceAll(line, id, "ID")
		}
	}
	return line
}

// size is how much was searched.
func (e *evidence) size() (n int) {
	for _, x := range e.exhibits {
		n += len(x.data)
	}
	return n
}

// sinks counts the places that were searched, each once however often it was
// looked at: numbers in names are only which one of many.
func (e *evidence) sinks() int {
	places := map[string]bool{}
	for _, x := range e.exhibits {
		places[anyNumber.ReplaceAllString(x.name, "#")] = true
	}
	return len(places)
}

var anyNumber = regexp.MustCompile(`[0-9]+`)

// figure is canaries × sinks / hits.
func (e *evidence) figure(host []identifier, found []finding) string {
	return fmt.Sprintf("%d canaries × %d sinks (%d MB) / %d hits", canaries(host), e.sinks(), e.size()>>20, len(found))
}

// search looks for everything in everything, and for the installation ID
// everywhere but at home.
func (e *evidence) search(ids, installation []identifier) (found []finding) {
	everywhere, abroad := newSearcher(ids), newSearcher(installation)
	for _, x := range e.exhibits {
		found = append(found, slices.DeleteFunc(everywhere.find(x.name, x.data), func(f finding) bool { return x.to != "" && f.needle.of.place == x.to })...)
		if !x.home {
			found = append(found, abroad.find(x.name, x.data)...)
		}
	}
	return found
}

// report fails the test for every finding, and says the first of each place
// that something was planted in.
func report(t testing.TB, found []finding) {
	t.Helper()
	const most = 5
	of := map[string]int{}
	for _, f := range found {
		if of[f.needle.of.place]++; of[f.needle.of.place] <= most {
			t.Errorf("found %s", f)
		}
	}
	for place, n := range of {
		if n > most {
			t.Errorf("and %d more of what was planted in %s", n-most, place)
		}
	}
}
