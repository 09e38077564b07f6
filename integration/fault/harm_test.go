package fault

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// harming does harm to one file below dir, and returns what kind of file it was
// and what was done.
type harming func(t *testing.T, r *rand.Rand, dir string) (place, what string)

// harms are a flipped bit, half a file, and a page of zeros.
var harms = []harming{
	harm("bit flipped", func(r *rand.Rand, b []byte, used int) ([]byte, string) {
		at, bit := r.IntN(used), r.IntN(8)
		b[at] ^= 1 << bit
		return b, fmt.Sprintf("bit %d of byte %d of %d", bit, at, len(b))
	}),
	harm("halved", func(_ *rand.Rand, b []byte, used int) ([]byte, string) {
		return b[:used/2], fmt.Sprintf("cut at %d of %d bytes", used/2, len(b))
	}),
	harm("page zeroed", func(r *rand.Rand, b []byte, used int) ([]byte, string) {
		const size = 4096
		at := r.IntN((used+size-1)/size) * size
		clear(b[at:min(at+size, len(b))])
		return b, fmt.Sprintf("page at %d of %d bytes", at, len(b))
	}),
}

// harm changes a random file: every second time one of all that are there, else
// one by its size. Room that is only reserved, zeros at a file's end, counts for
// as much as a block.
func harm(name string, change func(r *rand.Rand, b []byte, used int) ([]byte, string)) harming {
	return func(t *testing.T, r *rand.Rand, dir string) (place, what string) {
		t.Helper()
		path, b, used := pickFile(t, r, dir)
		before := bytes.Clone(b)
		b, what = change(r, b, used)
		relative, err := filepath.Rel(dir, path)
		if err == nil {
			err = os.WriteFile(path, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(b, before) {
			what += ", which was so"
		}
		return fileNumbers.ReplaceAllString(relative, "N"), name + ": " + relative + ", " + what
	}
}

// fileNumbers are what tells files of one kind apart.
var fileNumbers = regexp.MustCompile(`\d+(-\d+)?`)

// pickFile returns a file below dir, its content, and how much of that is more
// than reserved room.
func pickFile(t *testing.T, r *rand.Rand, dir string) (path string, b []byte, used int) {
	t.Helper()
	var paths []string
	var contents [][]byte
	var weights []int
	total := 0
	for _, below := range []string{"data", "keys"} {
		err := filepath.WalkDir(filepath.Join(dir, below), func(path string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			b, err := os.ReadFile(path)
			if err != nil || len(b) == 0 {
				return err
			}
			used := min(len(b), len(bytes.TrimRight(b, "\x00"))+512)
			paths, contents, weights = append(paths, path), append(contents, b), append(weights, used)
			total += used
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	i := r.IntN(len(paths))
	if r.IntN(2) == 0 {
		at := r.IntN(total)
		for i = 0; at >= weights[i]; i++ {
			at -= weights[i]
		}
	}
	return paths[i], contents[i], weights[i]
}
