package db

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// newManifest opens a manifest in a directory of its own.
func newManifest(t *testing.T) (*manifest, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pages")
	return reopen(t, path), path
}

func reopen(t *testing.T, path string) *manifest {
	t.Helper()
	m, err := openManifest(path, false)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// note lists rows of these names, and syncs.
func note(t *testing.T, m *manifest, say string, names ...string) {
	t.Helper()
	for _, name := range names {
		e := entryOf([]byte(name), []byte(say))
		if say == "gone" {
			e.Say = sayGone
		}
		m.owe(e.append(nil))
	}
	if err := m.flush(); err != nil {
		t.Fatal(err)
	}
}

// says returns what the sorted part says of the names, in order.
func says(t *testing.T, path string, names ...string) (out []string) {
	t.Helper()
	l, err := openList(t.Context(), path+manifestExt)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	for _, name := range names {
		_, say, ok, err := l.find(nameOf([]byte(name)))
		if err != nil {
			t.Fatal(err)
		}
		word := "-"
		for _, w := range []string{"1", "2"} {
			if ok && say == entryOf(nil, []byte(w)).Say {
				word = w
			}
		}
		out = append(out, word)
	}
	return out
}

func TestManifestMergesItsTails(t *testing.T) {
	m, path := newManifest(t)
	note(t, m, "1", "a", "b", "c", "d")
	for range 2 {
		if err := m.merge(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	note(t, m, "2", "b")
	note(t, m, "gone", "c", "never there")
	note(t, m, "2", "e", "f")
	note(t, m, "gone", "f")
	if got := m.listed(); got != 7 {
		t.Errorf("listed %d, want 7", got)
	}
	if err := m.close(); err != nil {
		t.Fatal(err)
	}
	if got := says(t, path, "a", "b", "c", "d", "e", "f"); !slices.Equal(got, []string{"1", "2", "-", "1", "2", "-"}) {
		t.Errorf("says %v", got)
	}
	if left, _ := filepath.Glob(path + tailExt + "*"); len(left) > 0 {
		t.Errorf("tails are left: %d", len(left))
	}
	m = reopen(t, path)
	defer m.close()
	if got := m.listed(); got != 7 || m.head.entries != 4 {
		t.Errorf("listed %d of %d entries after reopening", got, m.head.entries)
	}
}

// TestManifestSurvivesACrashInAMerge puts together what a crash can leave: tails
// that are merged already, and a new sorted part that was not finished.
func TestManifestSurvivesACrashInAMerge(t *testing.T) {
	m, path := newManifest(t)
	note(t, m, "1", "a", "b")
	tail, err := os.ReadFile(tailPath(path, 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.merge(t.Context()); err != nil {
		t.Fatal(err)
	}
	note(t, m, "2", "c")
	if err := closeTails(m.tails); err != nil { // and nothing is merged, as after a kill
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{tailPath(path, 1): tail, path + manifestExt + mergeExt: []byte("torn")} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m = reopen(t, path)
	if got := m.listed(); got != 3 {
		t.Errorf("listed %d, want 3", got)
	}
	if err := m.close(); err != nil {
		t.Fatal(err)
	}
	if got := says(t, path, "a", "b", "c"); !slices.Equal(got, []string{"1", "1", "2"}) {
		t.Errorf("says %v", got)
	}
	if err := os.WriteFile(tailPath(path, 9), tail, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openManifest(path, false); err == nil {
		t.Error("a tail before which others are missing is taken")
	}
}

func TestManifestCutsATornEntry(t *testing.T) {
	m, path := newManifest(t)
	note(t, m, "1", "a", "b")
	if err := closeTails(m.tails); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(tailPath(path, 1), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("torn"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	m = reopen(t, path)
	note(t, m, "2", "c")
	if err := m.close(); err != nil {
		t.Fatal(err)
	}
	if got := says(t, path, "a", "b", "c"); !slices.Equal(got, []string{"1", "1", "2"}) || m.head.torn != 0 {
		t.Errorf("says %v, %d torn", got, m.head.torn)
	}
}

func TestManifestKeepsWhatItOwes(t *testing.T) {
	m, path := newManifest(t)
	last := m.tails[0]
	sound := last.f
	var err error
	if last.f, err = os.Open(last.path); err != nil { // read only: writing fails
		t.Fatal(err)
	}
	m.owe(entryOf([]byte("a"), []byte("1")).append(nil))
	if err := m.flush(); err == nil {
		t.Fatal("flush to a file that cannot be written: no error")
	}
	last.f.Close()
	last.f = sound
	if err := m.close(); err != nil {
		t.Fatal(err)
	}
	if got := says(t, path, "a"); got[0] != "1" {
		t.Errorf("says %v", got)
	}
}

// TestManifestFindsAroundDamage flips each entry of a long sorted part in turn:
// all others are found.
func TestManifestFindsAroundDamage(t *testing.T) {
	m, path := newManifest(t)
	var names []string
	for i := range 3 * stride {
		names = append(names, fmt.Sprint(i))
	}
	note(t, m, "1", names...)
	if err := m.close(); err != nil {
		t.Fatal(err)
	}
	sound, err := os.ReadFile(path + manifestExt)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 1, stride - 1, stride, stride + 1, 2 * stride, 3*stride - 1} {
		b := bytes.Clone(sound)
		b[headerLen+i*entryLen] ^= 0x40
		if err := os.WriteFile(path+manifestExt, b, 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := openList(t.Context(), path+manifestExt)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, name := range names {
			if _, _, ok, err := l.find(nameOf([]byte(name))); err != nil {
				t.Fatal(err)
			} else if ok {
				found++
			}
		}
		if found != len(names)-1 || l.torn != 1 || l.unseen() != int64(len(names)-1) {
			t.Errorf("entry %d: %d found, %d torn, %d unseen", i, found, l.torn, l.unseen())
		}
		l.close()
	}
}

func FuzzReadTail(f *testing.F) {
	sound := entryOf([]byte("a"), []byte("1")).append([]byte(tailMagic))
	f.Add(sound)
	f.Add(append(bytes.Clone(sound), "torn"...))
	f.Add([]byte(tailMagic))
	f.Add([]byte("something else"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		torn, err := readTail(bytes.NewReader(b), func(e entry) {
			n++
			if !bytes.Contains(b, e.append(nil)) {
				t.Error("an entry that is not in the file")
			}
		})
		if err == nil && n+int(torn) != (len(b)-len(tailMagic))/entryLen {
			t.Errorf("%d sound and %d damaged entries in %d bytes", n, torn, len(b))
		}
	})
}

func FuzzReadSorted(f *testing.F) {
	h := header{merged: 1, listed: 2, entries: 1}
	f.Add(entryOf([]byte("a"), []byte("1")).append(h.bytes()))
	f.Add(h.bytes())
	f.Add([]byte("something else"))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "m")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := openList(context.Background(), path)
		if err != nil {
			return
		}
		defer l.close()
		if _, _, ok, err := l.find(nameOf([]byte("a"))); err != nil || ok && l.head.entries == 0 {
			t.Errorf("find: %v, %v", ok, err)
		}
		if headerLen+int(l.head.entries)*entryLen != len(b) {
			t.Errorf("%d entries in %d bytes", l.head.entries, len(b))
		}
	})
}

func FuzzParseCounted(f *testing.F) {
	c := counted{count: 3, lost: 2, digest: digest{1}, owed: entryOf([]byte("a"), []byte("1")).append(nil)}
	f.Add(c.bytes())
	f.Add([]byte{})
	f.Add([]byte("something else"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := parseCounted(b)
		if err == nil && len(b) > 0 && !bytes.Equal(c.bytes(), b) {
			t.Errorf("%x does not come back", b)
		}
	})
}
