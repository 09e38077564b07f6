package db

import (
	"bytes"
	"errors"
	"path/filepath"
	"testing"
)

func TestDumpedRowsCanBeLoaded(t *testing.T) {
	from, to := open(t, t.TempDir()), open(t, t.TempDir())
	commit(t, from, nov, batch("a", 40, 100), fragment("f", 30, 100), fragment("g", 30, 100))
	if err := from.Delete(t.Context(), nov, Pages, [][]byte{[]byte("a-0007")}); err != nil {
		t.Fatal(err)
	}
	for _, kind := range halves {
		var rows []Whole
		err := from.Dump(t.Context(), nov, kind, func(key, value []byte) error {
			rows = append(rows, Whole{Key: bytes.Clone(key), Value: bytes.Clone(value)})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // loading again changes nothing
			for part := rows; len(part) > 0; part = part[min(25, len(part)):] {
				if err := to.Load(t.Context(), nov, part[:min(25, len(part))]); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	want := Report{Pages: Findings{Rows: 39}, Sums: Findings{Rows: 61}}
	checkReport(t, from, nov, want)
	checkReport(t, to, nov, want)
	a, _, _ := from.Get(nov, Measures, []byte("sum"))
	b, ok, err := to.Get(nov, Measures, []byte("sum"))
	if err != nil || !ok || !bytes.Equal(a, b) {
		t.Errorf("sum %x, %v, want %x", b, err, a)
	}
	if err := to.Load(t.Context(), nov, []Whole{{Key: []byte("?")}}); err == nil {
		t.Error("a row of no table is loaded")
	}
}

func TestDumpEndsWithEach(t *testing.T) {
	d := open(t, t.TempDir())
	commit(t, d, nov, batch("a", 40, 100))
	stop := errors.New("enough")
	if err := d.Dump(t.Context(), nov, PagesHalf, func(_, _ []byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("dump: %v", err)
	}
	if err := d.Dump(t.Context(), nov-1, PagesHalf, func(_, _ []byte) error { return stop }); err != nil {
		t.Errorf("dump of nothing: %v", err)
	}
}

func TestYardstick(t *testing.T) {
	took, err := Yardstick(t.Context(), filepath.Join(t.TempDir(), "y"), 7000, func(i int) (key, value []byte) {
		return []byte{byte(i >> 8), byte(i)}, []byte("value")
	})
	if err != nil || took <= 0 {
		t.Errorf("%v, %v", took, err)
	}
}
