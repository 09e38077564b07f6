package upload

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

const day = schema.Day(20_778)

// take gives out n numbers of days that follow each other in turn.
func take(t *testing.T, p *places, n int) {
	t.Helper()
	for i := range n {
		if got, err := p.take(day + schema.Day(i%3)); err != nil || got != uint32(i/3) {
			t.Fatalf("number %d, %v; want %d", got, err, i/3)
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestNumbersOutliveAPowerCut: whatever of the last entry was written, the
// numbers before it are known, and the next one follows.
func TestNumbersOutliveAPowerCut(t *testing.T) {
	dir := t.TempDir()
	p, err := openPlaces(dir)
	if err != nil {
		t.Fatal(err)
	}
	take(t, p, 7)
	whole := read(t, p.path)
	cut := append([]byte{}, whole...)
	clear(cut[len(cut)-5:]) // the second of two sectors was not written
	torn := [][]byte{cut}
	for n := len(whole) - placeLen; n < len(whole); n++ {
		torn = append(torn, whole[:n])
	}
	for _, b := range torn {
		if err := os.WriteFile(p.path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := openPlaces(dir)
		if err != nil {
			t.Fatalf("%d bytes: %v", len(b), err)
		}
		for d, want := range map[schema.Day]uint32{day: 2, day + 1: 2, day + 2: 2} {
			if got, err := p.take(d); err != nil || got != want {
				t.Errorf("%d bytes: number %d of %s, %v; want %d", len(b), got, d, err, want)
			}
		}
		if p, err = openPlaces(dir); err != nil || p.next[day] != 3 || p.next[day+2] != 3 {
			t.Errorf("%d bytes: %v, %v", len(b), p, err)
		}
	}
}

// TestDamagedNumber: a number in the middle that cannot be read may have been
// used.
func TestDamagedNumber(t *testing.T) {
	dir := t.TempDir()
	p, err := openPlaces(dir)
	if err != nil {
		t.Fatal(err)
	}
	take(t, p, 7)
	whole := read(t, p.path)
	for at := range len(whole) - placeLen {
		whole[at] ^= 1
		if err := os.WriteFile(p.path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openPlaces(dir); !errors.Is(err, durable.ErrDamaged) {
			t.Errorf("byte %d: %v, want that it is damaged", at, err)
		}
		whole[at] ^= 1
	}
}

// TestNumbersAreWrittenAnew: the file does not grow for ever. The earliest of
// very many days go, and none because of a clock that is far ahead.
func TestNumbersAreWrittenAnew(t *testing.T) {
	dir := t.TempDir()
	p, err := openPlaces(dir)
	if err != nil {
		t.Fatal(err)
	}
	give := func(d schema.Day, want uint32) {
		t.Helper()
		if n, err := p.take(d); err != nil || n != want {
			t.Fatalf("number %d of %s, %v; want %d", n, d, err, want)
		}
	}
	ahead := day + 3652
	for i := range schema.Day(keepPlaces) {
		give(day-i, 0)
	}
	p.size = maxPlacesFile + 1
	give(ahead, 0) // the one more is too many
	if b := read(t, filepath.Join(dir, PlacesFile)); len(b) != len(placesMagic)+keepPlaces*placeLen {
		t.Errorf("%d bytes, want an entry for each of %d days", len(b), keepPlaces)
	}
	if p, err = openPlaces(dir); err != nil {
		t.Fatal(err)
	}
	give(ahead, 1)
	give(day, 1)
	give(day-keepPlaces+2, 1)
	give(day-keepPlaces+1, 0) // forgotten
}
