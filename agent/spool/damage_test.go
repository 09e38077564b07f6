//go:build unix

package spool

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
)

// frames returns a segment without the zeros that wait to be written over.
func frames(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.TrimRight(b, "\x00")
}

func TestDamagedSegmentIsSetAside(t *testing.T) {
	damage := map[string]struct {
		do   func(b []byte) []byte
		want []string
	}{
		"one bit of a record":   {func(b []byte) []byte { i := bytes.Index(b, []byte("second")); b[i] ^= 1; return b }, []string{"first", "third"}},
		"a length":              {func(b []byte) []byte { i := bytes.Index(b, []byte("second")); b[i-8-9] = 0xff; return b }, []string{"first", "third"}},
		"garbage at the end":    {func(b []byte) []byte { return append(b, "garbage"...) }, []string{"first", "second", "third"}},
		"torn in the last word": {func(b []byte) []byte { return b[:len(b)-2] }, []string{"first", "second"}},
		"no magic":              {func(b []byte) []byte { b[0] ^= 1; return b }, []string{"first", "second", "third"}},
	}
	for name, d := range damage {
		t.Run(name, func(t *testing.T) {
			c := Config{Dir: filepath.Join(t.TempDir(), "spool")}
			s := open(t, c)
			for _, r := range []string{"first", "second", "third"} {
				if err := s.Append(t.Context(), []byte(r)); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			path := s.path(1)
			bad := d.do(frames(t, path))
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			s = open(t, c)
			if got := texts(s); !reflect.DeepEqual(got, d.want) {
				t.Errorf("read %q, want %q", got, d.want)
			}
			if s.Stats().Aside != 1 {
				t.Errorf("%d set aside, want 1", s.Stats().Aside)
			}
			kept, err := filepath.Glob(filepath.Join(c.Dir, "aside", "*"))
			if err != nil || len(kept) != 1 {
				t.Fatalf("kept %d files, %v", len(kept), err)
			}
			if got, _ := os.ReadFile(kept[0]); !bytes.Equal(got, bad) {
				t.Error("the file set aside is not the damaged one")
			}
		})
	}
}

// hasty is a disk that syncs nothing, for tests that begin very often.
type hasty struct{ osDisk }

func (hasty) SyncDir(string) error { return nil }

func (d hasty) Create(path string, size int64) (File, error) {
	f, err := d.osDisk.Create(path, size)
	return hastyFile{f}, err
}

func (d hasty) Open(path string) (File, error) {
	f, err := d.osDisk.Open(path)
	return hastyFile{f}, err
}

type hastyFile struct{ File }

func (hastyFile) Sync() error { return nil }

// TestDamagedCutDoublesNothing changes every byte of a segment in turn, in which
// records were cut into a batch, and that was replaced by another. Whatever is
// lost by it, nothing may be there again that a batch may have brought to the
// store already.
func TestDamagedCutDoublesNothing(t *testing.T) {
	c := Config{Dir: filepath.Join(t.TempDir(), "spool"), MaxBytes: 64 << 10, Disk: hasty{}}
	s := open(t, c)
	if err := s.Append(t.Context(), []byte("one"), []byte("two")); err != nil {
		t.Fatal(err)
	}
	_, through, _, _ := s.Uncut()
	b := Batch{ID: schema.NewBatchID(), Kind: envelope.Page, Records: 2, Plain: []byte("plain")}
	fresh := Batch{ID: schema.NewBatchID(), Kind: envelope.Page, Records: 2, Plain: []byte("fresh")}
	for _, cut := range []Cut{
		{Through: through, Batches: []Batch{b}}, {Batches: []Batch{fresh}, Ends: []schema.BatchID{b.ID}},
	} {
		if err := s.Cut(t.Context(), cut); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	whole := frames(t, s.path(1))
	for i := range whole {
		bad := bytes.Clone(whole)
		bad[i] ^= 0x41
		c.Dir = filepath.Join(t.TempDir(), "spool")
		if err := os.Mkdir(c.Dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(c.Dir, "00000001.seg"), bad, 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second start must say the same
			s := open(t, c)
			st, pending := s.Stats(), s.Pending()
			switch {
			case st.Records != 0:
				t.Fatalf("byte %d: %d records are free again", i, st.Records)
			case len(pending) == 0 && st.Dropped != 2:
				t.Fatalf("byte %d: the batch is gone and not counted: %+v", i, st)
			case len(pending) > 1 || len(pending) == 1 && (pending[0].ID != fresh.ID || st.Dropped != 0):
				t.Fatalf("byte %d: %d pending, %+v", i, len(pending), st)
			case st.Aside != 1:
				t.Fatalf("byte %d: %d set aside", i, st.Aside)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestAsideIsBounded: what is set aside takes a part of the spool's bytes; the
// oldest goes and is counted, also after a restart.
func TestAsideIsBounded(t *testing.T) {
	c := Config{Dir: filepath.Join(t.TempDir(), "spool"), MaxBytes: 64 << 10}
	const rounds = 12
	for range rounds {
		s := open(t, c)
		if err := s.Append(t.Context(), bytes.Repeat([]byte("x"), 1000)); err != nil {
			t.Fatal(err)
		}
		path := s.path(s.log.last().number)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		b := frames(t, path)
		b[len(b)-1] ^= 1
		if err := os.WriteFile(path, append(b, make([]byte, 3000)...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		s := open(t, c)
		kept, err := filepath.Glob(filepath.Join(c.Dir, asideDir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		var total int64
		for _, path := range kept {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			total += info.Size()
		}
		st := s.Stats()
		if total > c.MaxBytes/asidePart || len(kept) < 2 || st.Aside != rounds || st.Gone != uint64(rounds-len(kept)) {
			t.Errorf("%d kept of %d bytes, %+v", len(kept), total, st)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestZerosAreNoDamage: what was reserved and never written is the end; a hole
// before something is damage.
func TestZerosAreNoDamage(t *testing.T) {
	c := Config{Dir: filepath.Join(t.TempDir(), "spool"), MaxBytes: 64 << 10}
	s := open(t, c)
	for _, r := range []string{"first", "ends in zeros\x00\x00\x00"} {
		if err := s.Append(t.Context(), []byte(r)); err != nil {
			t.Fatal(err)
		}
	}
	want := texts(s)
	whole := frames(t, s.path(1))
	for name, d := range map[string]struct {
		bytes []byte
		aside uint64
	}{
		"no zeros":          {append(bytes.Clone(whole), 0, 0, 0), 0},
		"many zeros":        {append(bytes.Clone(whole), make([]byte, 1<<20)...), 0},
		"a hole in zeros":   {append(append(bytes.Clone(whole), make([]byte, 900)...), 1, 0, 0), 1},
		"nothing but zeros": {make([]byte, 4096), 0},
		"an empty file":     {nil, 0},
	} {
		c := c
		c.Dir = filepath.Join(t.TempDir(), "spool")
		if err := os.Mkdir(c.Dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(c.Dir, "00000001.seg"), d.bytes, 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, c)
		if got := texts(s); s.Stats().Aside != d.aside || len(d.bytes) > 4096 && !reflect.DeepEqual(got, want) {
			t.Errorf("%s: read %q, %+v", name, got, s.Stats())
		}
		if err := s.Append(t.Context(), []byte("goes on")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
