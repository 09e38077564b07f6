package page_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/tacit-telemetry/tacit/anon/page"
)

// FuzzParse gives any bytes: they are refused, or mean one page that nobody's
// key opens and that is written back as it was.
func FuzzParse(f *testing.F) {
	root := newRoot()
	f.Add(bytes.Repeat([]byte{0}, 4<<10-21))
	f.Add(bytes.Repeat([]byte{0xff}, 16<<10-21))
	f.Add([]byte("too short"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := page.Parse(b)
		if err != nil && !errors.Is(err, page.ErrForm) {
			t.Fatalf("%d bytes: %v", len(b), err)
		}
		if err != nil {
			return
		}
		if !bytes.Equal(p.Marshal(), b) {
			t.Error("what was parsed does not marshal back to the same bytes")
		}
		for n := range uint32(2) {
			fitting := p
			fitting.Tag = root.Day(p.Day).Tag(n)
			for _, q := range []page.Page{p, fitting} {
				if _, err := root.Day(p.Day).Open(n, q); !errors.Is(err, page.ErrClosed) {
					t.Errorf("%v, want it closed", err)
				}
			}
		}
	})
}

// FuzzParseErasures gives any bytes: they are refused, or are written back as
// they were.
func FuzzParseErasures(f *testing.F) {
	f.Add([]byte{0, 0})
	f.Add(page.MarshalErasures(make([]page.Erasure, 3)))
	f.Fuzz(func(t *testing.T, b []byte) {
		es, err := page.ParseErasures(b)
		if err != nil && !errors.Is(err, page.ErrForm) {
			t.Fatal(err)
		}
		if err == nil && !bytes.Equal(page.MarshalErasures(es), b) {
			t.Error("what was parsed does not marshal back to the same bytes")
		}
	})
}
