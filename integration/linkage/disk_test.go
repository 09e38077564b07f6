package linkage

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/badger/v4/y"
	"github.com/dgraph-io/ristretto/v2/z"
)

// spot is a row of the store, and all that the disk tells of where and how it
// lies. A number that is not there is missing from traits.
type spot struct {
	half   string // of the month, with the month: 2026-11/pages
	key    []byte
	begin  []byte // of the value
	end    []byte // of the value
	length int    // of the value
	traits map[string]float64
}

// stolen is a disk as the attacker has it.
type stolen struct {
	dir  string // with store, relay and log
	rows map[string]*spot
}

// steal copies everything but the keys, as it is at one moment, with the times of
// the files. While files come and go it begins again.
func steal(t *testing.T, from string) string {
	t.Helper()
	for range 100 {
		before := names(t, from)
		to := copyAll(t, from)
		if slices.Equal(before, names(t, from)) {
			return to
		}
	}
	t.Fatal("files come and go all the time")
	return ""
}

// names lists the files below a directory that tell where rows lie, and how long
// they are: while Badger merges, they change.
func names(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(dir, "store"), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		out = append(out, fmt.Sprint(path, info.Size()))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func copyAll(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(from, path) // both are absolute
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // it went meanwhile
		case err != nil:
			return err
		case rel == "keys":
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		case !d.Type().IsRegular():
			return nil
		}
		return copyFile(path, filepath.Join(to, rel))
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func copyFile(from, to string) error {
	info, err := os.Stat(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || info.Size() > 64<<20 && filepath.Base(from) == "ballast" {
		return err
	}
	b, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err == nil {
		err = os.Chtimes(to, info.ModTime(), info.ModTime())
	}
	return err
}

// look reads every half of every month.
func look(t *testing.T, dir string) *stolen {
	t.Helper()
	d := &stolen{dir: dir, rows: map[string]*spot{}}
	halves, err := filepath.Glob(filepath.Join(dir, "store", "20??-??", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, half := range halves {
		if info, err := os.Stat(half); err == nil && info.IsDir() {
			d.readHalf(t, half)
		}
	}
	d.searchFiles(t)
	return d
}

// readHalf reads the tables and the logs of one Badger.
func (d *stolen) readHalf(t *testing.T, half string) {
	t.Helper()
	name := filepath.Join(filepath.Base(filepath.Dir(half)), filepath.Base(half))
	f, err := os.Open(filepath.Join(half, badger.ManifestFilename))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	manifest, _, err := badger.ReplayManifestFile(f, 0, badger.DefaultOptions(half).WithLogger(nil))
	if err != nil {
		t.Fatal(err)
	}
	for id, m := range manifest.Tables {
		path := table.NewFilename(id, half)
		if info, err := os.Stat(path); err == nil {
			d.readTable(t, name, path, m.Compression, map[string]float64{
				"number of its table": float64(id), "level": float64(m.Level),
				"time of its table": float64(info.ModTime().UnixNano()), "size of its table": float64(info.Size()),
			})
		}
	}
	logs, err := filepath.Glob(filepath.Join(half, "*.mem"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(logs)
	at := 0
	for _, path := range logs {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		at = d.readLog(name, b, at)
	}
}

func (d *stolen) readTable(t *testing.T, half, path string, c options.CompressionType, of map[string]float64) {
	t.Helper()
	f, err := z.OpenMmapFile(path, os.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	tab, err := table.OpenTable(f, table.Options{ReadOnly: true, ChkMode: options.NoVerification, Compression: c, BlockSize: 4 << 10})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tab.Close(-1) }()
	it := tab.NewIterator(0)
	defer it.Close()
	n := 0
	for it.Rewind(); it.Valid(); it.Next() {
		v := it.Value()
		traits := map[string]float64{
			"place in its table": float64(n), "version": float64(y.ParseTs(it.Key())),
			"marks": float64(v.Meta), "user's marks": float64(v.UserMeta), "expiry": float64(v.ExpiresAt),
		}
		for k, x := range of {
			traits[k] = x
		}
		d.add(half, y.ParseKey(it.Key()), v.Value, traits)
		n++
	}
}

// readLog reads a log that Badger writes before its tables. Rows of one
// transaction stand together, and an entry with the mark 0x80 ends it.
//
//	entry = marks | user's marks | uvarint length of key | of value | expiry | key, u64 version | value | u32 checksum
func (d *stolen) readLog(half string, b []byte, transactions int) int {
	const header, checksum, fin = 20, 4, 0x80
	for at := header; at+8 < len(b); {
		in := bytes.NewReader(b[at+2:])
		klen, err1 := binary.ReadUvarint(in)
		vlen, err2 := binary.ReadUvarint(in)
		expiry, err3 := binary.ReadUvarint(in)
		start := len(b) - in.Len()
		if errors.Join(err1, err2, err3) != nil || klen < 8 || uint64(start)+klen+vlen+checksum > uint64(len(b)) {
			return transactions
		}
		key, value := b[start:start+int(klen)], b[start+int(klen):start+int(klen+vlen)]
		if b[at]&fin != 0 {
			transactions++
		} else {
			d.add(half, y.ParseKey(key), value, map[string]float64{
				"place in the log": float64(transactions) + float64(at)/float64(len(b)), "transaction in the log": float64(transactions),
				"version": float64(y.ParseTs(key)), "marks": float64(b[at]), "user's marks": float64(b[at+1]), "expiry": float64(expiry),
			})
		}
		at = start + int(klen+vlen) + checksum
	}
	return transactions
}

// add notes a row. Of one that lies in two places the later version counts, and
// of two with one version the log.
func (d *stolen) add(half string, key, value []byte, traits map[string]float64) {
	id := half + "/" + string(key)
	s := &spot{half: half, key: bytes.Clone(key), begin: bytes.Clone(value[:min(64, len(value))]), end: bytes.Clone(value[max(0, len(value)-8):]), length: len(value), traits: traits}
	if old := d.rows[id]; old != nil && old.traits["version"] > traits["version"] {
		return
	}
	d.rows[id] = s
}

// searchFiles looks for whatever names a row in every other file, and notes
// where: the SHA-256 of its key, as manifests have it, and the batch ID.
func (d *stolen) searchFiles(t *testing.T) {
	t.Helper()
	named := make(map[uint64][]*spot, 3*len(d.rows))
	for _, s := range d.rows {
		sum := sha256.Sum256(s.key)
		names := [][]byte{sum[:], s.key[:min(16, len(s.key))]}
		if len(s.key) >= 17 {
			names = append(names, s.key[1:], s.key[len(s.key)-16:])
		}
		for _, name := range names {
			if len(name) >= 8 {
				n := binary.LittleEndian.Uint64(name)
				named[n] = append(named[n], s)
			}
		}
	}
	err := filepath.WalkDir(d.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(path, ".sst") || strings.HasSuffix(path, ".mem") {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(d.dir, path) // both are absolute
		trait := "place in " + kindOf(rel)
		for at := 0; at+8 <= len(b); at++ {
			for _, s := range named[binary.LittleEndian.Uint64(b[at:])] {
				if _, ok := s.traits[trait]; !ok {
					s.traits[trait] = float64(at)
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// kindOf names a file for what it is, whatever its month and number.
func kindOf(path string) string {
	name := filepath.Base(path)
	switch {
	case strings.HasSuffix(name, ".manifest"):
		return "the manifest"
	case strings.Contains(name, ".tail."):
		return "the manifest's tail"
	case strings.HasPrefix(path, "relay"):
		return "the relay's files"
	}
	return name
}

// of returns the rows of one table, by the batch ID that their keys end with.
func (d *stolen) of(table byte) map[[16]byte]*spot {
	out := map[[16]byte]*spot{}
	for _, s := range d.rows {
		if s.key[0] == table && len(s.key) >= 17 {
			out[[16]byte(s.key[len(s.key)-16:])] = s
		}
	}
	return out
}
