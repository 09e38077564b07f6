package policy

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// FuzzParse reads logs that somebody edited: what is taken is a chain of
// entries that this package could have written, and can be told to agents.
func FuzzParse(f *testing.F) {
	s := siteIn(f, f.TempDir())
	p := s.open()
	s.save(p, off)
	if err := p.Note(f.Context(), "restored", "anna"); err != nil {
		f.Fatal(err)
	}
	f.Add(s.read(s.log()))
	f.Add([]byte(`{"n":1,"prev":"` + strings.Repeat("0", 64) + `","act":"decided","by":"a","revision":1,"ceip":"on","csp":"off","level":"standard"}` + "\n"))
	f.Add([]byte(`{"act":"default","time":"9999-12-31T23:59:59-01:00","revision":1,"ceip":"held","csp":"off","level":"enhanced"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parse(b)
		if len(r.entries) != len(r.chain.Lines) || err == nil && bytes.Count(b, []byte{'\n'}) != len(r.entries) {
			t.Fatalf("%d entries of %d lines, %v", len(r.entries), len(r.chain.Lines), err)
		}
		for line := range bytes.Lines(b) { // as if each followed from the one before
			var e Entry
			if json.Unmarshal(line, &e) == nil {
				checkEntry(t, e)
			}
		}
	})
}

func checkEntry(t *testing.T, e Entry) {
	t.Helper()
	b, err := json.Marshal(e)
	var again Entry
	if err != nil || json.Unmarshal(b, &again) != nil || again != e {
		t.Fatalf("%+v is written as %s, %v", e, b, err)
	}
	if !e.decides() {
		return
	}
	got, err := wire.ParsePolicy(e.wire().Marshal())
	if err != nil || got.Revision != e.Revision || e.Act != ActDefault && e.Act != ActDecided && got.CEIP != wire.Held {
		t.Fatalf("agents read %+v as %+v, %v", e, got, err)
	}
}

// FuzzWitness reads witnesses that somebody edited.
func FuzzWitness(f *testing.F) {
	path := filepath.Join(f.TempDir(), "witness")
	s := siteIn(f, f.TempDir())
	s.open()
	f.Add(s.read(s.c.Witness))
	f.Add([]byte(`{"revision":18446744073709551615,"lines":-1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &site{t: t}
		s.put(path, append([]byte{}, b...))
		if w, err := readWitness(path); (w == nil) != (err != nil) || w != nil && (w.Lines < 0 || w.Revision > maxRevision) {
			t.Fatalf("%+v, %v", w, err)
		}
	})
}
