package db

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestManifestCutsATornEntry(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m")
	m, err := openManifest(path)
	if err != nil {
		t.Fatal(err)
	}
	m.owe([]entry{entryOf([]byte("a"), []byte("1")), entryOf([]byte("b"), []byte("2"))})
	if err := m.flush(); err != nil {
		t.Fatal(err)
	}
	if err := m.f.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(b, "torn"...), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err = openManifest(path)
	if err != nil {
		t.Fatal(err)
	}
	defer m.f.Close()
	m.owe([]entry{entryOf([]byte("c"), []byte("3"))})
	if err := m.flush(); err != nil {
		t.Fatal(err)
	}
	var got []entry
	b, _ = os.ReadFile(path)
	damaged, err := readManifest(bytes.NewReader(b), func(e entry) { got = append(got, e) })
	if err != nil || damaged != 0 || len(got) != 3 || got[2] != entryOf([]byte("c"), []byte("3")) || m.entries() != 3 {
		t.Errorf("%d entries, %d damaged, %v", len(got), damaged, err)
	}
}

func TestManifestKeepsWhatItOwes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m")
	m, err := openManifest(path)
	if err != nil {
		t.Fatal(err)
	}
	sound := m.f
	if m.f, err = os.Open(path); err != nil { // read only: writing fails
		t.Fatal(err)
	}
	m.owe([]entry{entryOf([]byte("a"), []byte("1"))})
	if err := m.flush(); err == nil {
		t.Fatal("flush to a file that cannot be written: no error")
	}
	if err := m.f.Close(); err != nil {
		t.Fatal(err)
	}
	m.f = sound
	if err := m.flush(); err != nil || m.end != int64(len(manifestMagic)+entryLen) {
		t.Errorf("second flush: %v, end %d", err, m.end)
	}
	if err := m.f.Close(); err != nil {
		t.Fatal(err)
	}
}

func FuzzReadManifest(f *testing.F) {
	sound := entryOf([]byte("a"), []byte("1")).append([]byte(manifestMagic))
	f.Add(sound)
	f.Add(append(bytes.Clone(sound), sound[len(manifestMagic):]...))
	f.Add(append(bytes.Clone(sound), "torn"...))
	f.Add([]byte(manifestMagic))
	f.Add([]byte("something else"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		damaged, err := readManifest(bytes.NewReader(b), func(e entry) {
			n++
			if !bytes.Contains(b, e.append(nil)) {
				t.Error("an entry that is not in the file")
			}
		})
		if err == nil && int64(n+damaged) != manifestEntries(int64(len(b))) {
			t.Errorf("%d sound and %d damaged entries in %d bytes", n, damaged, len(b))
		}
	})
}
