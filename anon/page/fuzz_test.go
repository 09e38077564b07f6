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
	f.Add(bytes.Repeat([]byte{0xff}, page.Overhead))
	f.Add([]byte("too short"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := page.Parse(b)
		if (err == nil) != (len(b) >= page.Overhead) || err != nil && !errors.Is(err, page.ErrForm) {
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
