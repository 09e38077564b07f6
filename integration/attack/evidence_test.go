package attack

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// exhibit is something that Tacit wrote, printed, answered or sent.
type exhibit struct {
	name string
	data []byte
	home bool // the file where the installation ID is at home
}

// evidence collects exhibits.
type evidence struct{ exhibits []exhibit }

func (e *evidence) add(name string, data []byte) {
	e.exhibits = append(e.exhibits, exhibit{name: name, data: data})
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
	e.add(name, []byte(text))
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

// search looks for everything in everything, and for the installation ID
// everywhere but at home.
func (e *evidence) search(ids, installation []identifier) (found []finding) {
	everywhere, abroad := newSearcher(ids), newSearcher(installation)
	for _, x := range e.exhibits {
		found = append(found, everywhere.find(x.name, x.data)...)
		if !x.home {
			found = append(found, abroad.find(x.name, x.data)...)
		}
	}
	return found
}

// report fails the test for every finding.
func report(t testing.TB, found []finding) {
	t.Helper()
	const most = 40
	for i, f := range found {
		if i == most {
			t.Errorf("and %d more", len(found)-most)
			return
		}
		t.Errorf("found %s", f)
	}
}
