package outbox_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/outbox"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

const day = schema.Day(20780)

var root = page.NewRoot([16]byte{1, 2, 3})

func open(t testing.TB, c outbox.Config) *outbox.Outbox {
	t.Helper()
	if c.Dir == "" {
		c.Dir = filepath.Join(t.TempDir(), "outbox")
	}
	o, err := outbox.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// pageEntry is a page as upload sends and keeps it.
func pageEntry(t testing.TB, n uint32, plain []byte) outbox.Entry {
	t.Helper()
	p, err := page.Seal(root, day, n, page.Build{}, plain)
	if err != nil {
		t.Fatal(err)
	}
	e := sealed(t, envelope.Page, p.Marshal())
	e.Plain, e.Day, e.N = plain, day, n
	return e
}

func sealed(t testing.TB, kind envelope.Kind, payload []byte) outbox.Entry {
	t.Helper()
	key, err := envelope.NewPrivateKey(1, day)
	if err != nil {
		t.Fatal(err)
	}
	id := schema.NewBatchID()
	s, err := envelope.Seal(key.Public(), wire.PartitionOf(id), wire.ClassNormal, envelope.Content{Kind: kind, Batch: id, Payload: payload})
	if err != nil {
		t.Fatal(err)
	}
	return outbox.Entry{Kind: kind, Batch: id, Envelope: s.Bytes, BodyKey: s.BodyKey, Plain: payload}
}

func add(t testing.TB, o *outbox.Outbox, e outbox.Entry) uint64 {
	t.Helper()
	n, err := o.Add(e)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func numbers(t testing.TB, o *outbox.Outbox) (out []uint64) {
	t.Helper()
	entries, err := o.Entries()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		out = append(out, e.Number)
	}
	return out
}

func TestKeptAndProved(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	c := outbox.Config{Dir: filepath.Join(t.TempDir(), "outbox"), Now: func() time.Time { return now }}
	o := open(t, c)
	first, second := pageEntry(t, 3, []byte("a page")), sealed(t, envelope.Fragment, []byte("a fragment"))
	if a, b := add(t, o, first), add(t, o, second); a != 1 || b != 2 {
		t.Errorf("numbers %d and %d", a, b)
	}
	now = now.Add(time.Minute)
	if err := o.Answer(1, "stored"); err != nil {
		t.Fatal(err)
	}
	o = open(t, c) // everything stands on disk
	got, err := o.Entries()
	if err != nil || len(got) != 2 {
		t.Fatalf("%d entries, %v", len(got), err)
	}
	for i, want := range []outbox.Entry{first, second} {
		if !bytes.Equal(got[i].Envelope, want.Envelope) || !bytes.Equal(got[i].Plain, want.Plain) || got[i].Batch != want.Batch {
			t.Errorf("entry %d is another", i+1)
		}
		if err := got[i].Verify(root); err != nil {
			t.Errorf("entry %d: %v", i+1, err)
		}
	}
	if e := got[0]; e.Outcome != "stored" || e.Answered-e.Sent != 60 || e.Sent != now.Unix()-60 {
		t.Errorf("outcome %q at %d, sent %d", e.Outcome, e.Answered, e.Sent)
	}
	if got[1].Outcome != "" || got[1].Answered != 0 {
		t.Error("an outcome that nobody told")
	}
	if got := o.Outcomes(); !maps.Equal(got, map[string]int{"stored": 1, "": 1}) {
		t.Errorf("outcomes %v", got)
	}
	if n := add(t, o, second); n != 3 {
		t.Errorf("the next number is %d, want 3", n)
	}
}

func TestTamperingShows(t *testing.T) {
	flip := func(b []byte, i int) []byte {
		b = bytes.Clone(b)
		b[i] ^= 1
		return b
	}
	other := pageEntry(t, 0, []byte("another page"))
	for name, tamper := range map[string]func(e *outbox.Entry){
		"a byte of the body":   func(e *outbox.Entry) { e.Envelope = flip(e.Envelope, wire.HeaderLen+5) },
		"the commitment":       func(e *outbox.Entry) { e.Envelope = flip(e.Envelope, wire.HeaderLen-1) },
		"the version":          func(e *outbox.Entry) { e.Envelope = flip(e.Envelope, 0) },
		"cut bytes":            func(e *outbox.Entry) { e.Envelope = e.Envelope[:len(e.Envelope)-1] },
		"another envelope":     func(e *outbox.Entry) { e.Envelope = other.Envelope },
		"another and its key":  func(e *outbox.Entry) { e.Envelope, e.BodyKey = other.Envelope, other.BodyKey },
		"the key":              func(e *outbox.Entry) { e.BodyKey[0] ^= 1 },
		"what is shown":        func(e *outbox.Entry) { e.Plain = []byte("a harmless page") },
		"a byte of it":         func(e *outbox.Entry) { e.Plain = flip(e.Plain, 0) },
		"nothing is shown":     func(e *outbox.Entry) { e.Plain = nil },
		"the kind":             func(e *outbox.Entry) { e.Kind = envelope.Fragment },
		"the batch":            func(e *outbox.Entry) { e.Batch[0] ^= 1 },
		"the day":              func(e *outbox.Entry) { e.Day++ },
		"the number":           func(e *outbox.Entry) { e.N++ },
		"a fragment as a page": func(e *outbox.Entry) { *e = sealed(t, envelope.Fragment, []byte("f")); e.Kind = envelope.Page },
		"no page inside":       func(e *outbox.Entry) { *e = sealed(t, envelope.Page, []byte("too short")) },
	} {
		e := pageEntry(t, 0, []byte("a page"))
		if err := e.Verify(root); err != nil {
			t.Fatal(err)
		}
		tamper(&e)
		if err := e.Verify(root); !errors.Is(err, outbox.ErrMismatch) {
			t.Errorf("%s: %v, want a mismatch", name, err)
		}
	}
	e := pageEntry(t, 0, []byte("a page"))
	if err := e.Verify(page.NewRoot([16]byte{9})); !errors.Is(err, outbox.ErrMismatch) {
		t.Errorf("another installation: %v, want a mismatch", err)
	}
}

func TestBlockedWasNotSent(t *testing.T) {
	o := open(t, outbox.Config{})
	n := add(t, o, outbox.Entry{Kind: envelope.Page, Plain: []byte("blocked"), Outcome: "blocked: host"})
	e, err := o.Entry(n)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Verify(root); !errors.Is(err, outbox.ErrNotSent) || errors.Is(err, outbox.ErrMismatch) {
		t.Errorf("%v, want that it was not sent", err)
	}
	if e.Outcome != "blocked: host" || !bytes.Equal(e.Plain, []byte("blocked")) {
		t.Errorf("entry %+v", e)
	}
}

func TestBounds(t *testing.T) {
	one := sealed(t, envelope.Fragment, []byte("f"))
	for name, c := range map[string]struct {
		config outbox.Config
		want   []uint64
	}{
		"entries":             {outbox.Config{MaxEntries: 3}, []uint64{8, 9, 10}},
		"bytes":               {outbox.Config{MaxBytes: 2*int64(len(one.Envelope)) + 600}, []uint64{9, 10}},
		"room for everything": {outbox.Config{}, []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
		"room for nothing":    {outbox.Config{MaxBytes: 1}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t, c.config)
			for range 10 {
				add(t, o, one)
			}
			if got := numbers(t, o); !slices.Equal(got, c.want) {
				t.Errorf("kept %v, want %v", got, c.want)
			}
			if err := o.Answer(1, "stored"); err != nil {
				t.Errorf("answer of an entry that is gone: %v", err)
			}
		})
	}
}

func TestPurge(t *testing.T) {
	c := outbox.Config{Dir: filepath.Join(t.TempDir(), "outbox")}
	o := open(t, c)
	for range 3 {
		add(t, o, sealed(t, envelope.Fragment, []byte("f")))
	}
	if err := o.Purge(); err != nil {
		t.Fatal(err)
	}
	names, err := os.ReadDir(c.Dir)
	if err != nil || len(names) != 0 {
		t.Errorf("%d files are left: %v, %v", len(names), names, err)
	}
	if _, err := o.Entry(1); !errors.Is(err, outbox.ErrNoEntry) {
		t.Errorf("%v, want no such entry", err)
	}
	if n := add(t, o, sealed(t, envelope.Fragment, nil)); n != 4 {
		t.Errorf("the next number is %d, want 4", n)
	}
}

func TestDamagedEntry(t *testing.T) {
	for name, at := range map[string]int64{"its length": 0, "its checksum": 5, "its kind": 8, "its content": 400} {
		t.Run(name, func(t *testing.T) {
			c := outbox.Config{Dir: filepath.Join(t.TempDir(), "outbox")}
			o := open(t, c)
			path := filepath.Join(c.Dir, "0000000001.sent")
			var ends []int64
			for range 3 {
				add(t, o, sealed(t, envelope.Fragment, []byte("f")))
				info, err := os.Stat(path)
				if err != nil {
					t.Fatal(err)
				}
				ends = append(ends, info.Size())
			}
			flip(t, path, ends[0]+at)
			for range 2 { // as it is noticed when it was open already, and by the next start
				if _, err := o.Entry(2); !errors.Is(err, outbox.ErrMismatch) {
					t.Errorf("%v, want a mismatch", err)
				}
				// The others can be seen and proved, and this one shows.
				entries, err := o.Entries()
				if err != nil || len(entries) != 3 {
					t.Fatalf("%d entries, %v", len(entries), err)
				}
				for i, e := range entries {
					if err := e.Verify(root); e.Number != uint64(i+1) || errors.Is(err, outbox.ErrMismatch) != (i == 1) || i != 1 && err != nil {
						t.Errorf("entry %d: %v", e.Number, err)
					}
				}
				o = open(t, c)
			}
			if n := add(t, o, sealed(t, envelope.Fragment, nil)); n != 4 {
				t.Errorf("the next number is %d, want 4", n)
			}
		})
	}
}

// flip changes one byte of a file.
func flip(t *testing.T, path string, at int64) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[at] ^= 0x55
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDamagedLast: what stands last and cannot be read is shown too, and
// numbers are not given out twice.
func TestDamagedLast(t *testing.T) {
	c := outbox.Config{Dir: filepath.Join(t.TempDir(), "outbox")}
	o := open(t, c)
	add(t, o, sealed(t, envelope.Fragment, []byte("f")))
	flip(t, filepath.Join(c.Dir, "0000000001.sent"), 400)
	o = open(t, c)
	if entries, err := o.Entries(); err != nil || len(entries) != 1 || !errors.Is(entries[0].Verify(root), outbox.ErrMismatch) {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	if n := add(t, o, sealed(t, envelope.Fragment, nil)); n != 2 {
		t.Errorf("the next number is %d, want 2", n)
	}
	o = open(t, c)
	if _, err := o.Entry(2); err != nil {
		t.Error(err)
	}
}

// TestManyFiles: the log goes on in further files, and old ones go with their
// entries.
func TestManyFiles(t *testing.T) {
	c := outbox.Config{Dir: filepath.Join(t.TempDir(), "outbox"), MaxEntries: 20}
	o := open(t, c)
	payload := make([]byte, 60<<10)
	for i := range 50 {
		n := add(t, o, sealed(t, envelope.Fragment, payload))
		if err := o.Answer(n, fmt.Sprint("answer ", i)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		entries, err := o.Entries()
		if err != nil || len(entries) != 20 {
			t.Fatalf("%d entries, %v", len(entries), err)
		}
		for i, e := range entries {
			if err := e.Verify(root); err != nil || e.Number != uint64(31+i) || e.Outcome != fmt.Sprint("answer ", 30+i) {
				t.Errorf("entry %d: %q, %v", e.Number, e.Outcome, err)
			}
		}
		o = open(t, c)
	}
	names, err := os.ReadDir(c.Dir)
	if err != nil || len(names) > 20 {
		t.Errorf("%d files, %v", len(names), err)
	}
}

func TestCannotBeWritten(t *testing.T) {
	c := outbox.Config{Dir: filepath.Join(t.TempDir(), "outbox")}
	o := open(t, c)
	if err := os.RemoveAll(c.Dir); err != nil {
		t.Fatal(err)
	}
	if n, err := o.Add(sealed(t, envelope.Fragment, nil)); n != 0 || err == nil {
		t.Errorf("entry %d, %v: want an error, so that nothing is sent", n, err)
	}
}

// TestTornAnswer: a power cut while an answer is noted costs that answer and
// nothing of the entry.
func TestTornAnswer(t *testing.T) {
	c := outbox.Config{Dir: filepath.Join(t.TempDir(), "outbox")}
	o := open(t, c)
	n := add(t, o, sealed(t, envelope.Fragment, []byte("f")))
	path := filepath.Join(c.Dir, "0000000001.sent")
	entry, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Answer(n, "stored"); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for length := len(entry); length <= len(whole); length++ {
		if err := os.WriteFile(path, whole[:length], 0o600); err != nil {
			t.Fatal(err)
		}
		want := ""
		if length == len(whole) {
			want = "stored"
		}
		e, err := open(t, c).Entry(n)
		if err != nil || e.Outcome != want {
			t.Fatalf("%d of %d bytes: outcome %q, want %q: %v", length, len(whole), e.Outcome, want, err)
		}
		if err := e.Verify(root); err != nil {
			t.Fatalf("%d of %d bytes: %v", length, len(whole), err)
		}
	}
}
