package page_test

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
)

const day = schema.Day(20780)

var build = page.Build{Release: 7, Version: "1.2.3-rc.1"}

func newRoot() page.Root {
	var id [16]byte
	_, _ = rand.Read(id[:])
	return page.NewRoot(id)
}

func sealed(t testing.TB, root page.Root, d schema.Day, n uint32, plain []byte) page.Page {
	t.Helper()
	p, err := page.Seal(root, d, n, build, plain)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestTagsAreUnlinkable collects what a store sees of many pages of a few
// installations: no two share a tag or a witness, and no bytes repeat.
func TestTagsAreUnlinkable(t *testing.T) {
	tags, witnesses := map[page.Tag]bool{}, map[page.Witness]bool{}
	halves := map[[8]byte]bool{}
	const roots, days, numbers = 4, 30, 20
	for range roots {
		root := newRoot()
		for d := day; d < day+days; d++ {
			keys := root.Day(d)
			for n := range uint32(numbers) {
				tag, w := keys.Tag(n), root.EraseRight(d, n).Witness()
				tags[tag], witnesses[w] = true, true
				halves[[8]byte(tag[:8])], halves[[8]byte(tag[8:])] = true, true
				halves[[8]byte(w[:8])], halves[[8]byte(w[8:])] = true, true
			}
		}
	}
	const want = roots * days * numbers
	if len(tags) != want || len(witnesses) != want || len(halves) != 4*want {
		t.Errorf("%d tags, %d witnesses, %d halves of %d pages: some repeat", len(tags), len(witnesses), len(halves), want)
	}
}

// TestSealedTwiceLooksUnrelated seals the same plaintext in the same place, as
// a host does that was restored from a snapshot.
func TestSealedTwiceLooksUnrelated(t *testing.T) {
	root := newRoot()
	plain := bytes.Repeat([]byte("the same "), 50)
	a, b := sealed(t, root, day, 0, plain), sealed(t, root, day, 0, plain)
	for i := 0; i+16 <= len(a.Sealed); i++ {
		if bytes.Contains(b.Sealed, a.Sealed[i:i+16]) {
			t.Fatal("two sealings share bytes")
		}
	}
}

func TestDayKeyOpensItsPageOnly(t *testing.T) {
	root, other := newRoot(), newRoot()
	plain := []byte("what support reads")
	p := sealed(t, root, day, 3, plain)
	got, err := root.Day(day).Open(3, p)
	if err != nil || !bytes.Equal(got, plain) {
		t.Fatalf("%q, %v", got, err)
	}
	again := p
	again.Sealed = bytes.Clone(p.Sealed)
	if got, err := root.Day(day).OpenInPlace(3, again); err != nil || !bytes.Equal(got, plain) {
		t.Fatalf("in place: %q, %v", got, err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"another number":       func() ([]byte, error) { return root.Day(day).Open(2, p) },
		"the next day":         func() ([]byte, error) { return root.Day(day+1).Open(3, p) },
		"the day before":       func() ([]byte, error) { return root.Day(day-1).Open(3, p) },
		"another installation": func() ([]byte, error) { return other.Day(day).Open(3, p) },
		"the next day, tag and day made to fit": func() ([]byte, error) {
			moved := p
			moved.Day, moved.Tag = day+1, root.Day(day+1).Tag(3)
			return root.Day(day+1).Open(3, moved)
		},
		"another number, tag made to fit": func() ([]byte, error) {
			moved := p
			moved.Tag = root.Day(day).Tag(4)
			return root.Day(day).Open(4, moved)
		},
	} {
		if got, err := open(); !errors.Is(err, page.ErrClosed) {
			t.Errorf("%s: %q, %v, want it closed", name, got, err)
		}
	}
	if got := root.Day(day).Day(); got != day {
		t.Errorf("keys are of day %s, want %s", got, day)
	}
}

func TestFlippedBits(t *testing.T) {
	root := newRoot()
	p := sealed(t, root, day, 0, []byte("plain"))
	good := p.Marshal()
	for i := range good {
		for _, bit := range []byte{1, 0x80} {
			bad := bytes.Clone(good)
			bad[i] ^= bit
			p, err := page.Parse(bad)
			if errors.Is(err, page.ErrForm) && i >= 36 && i < 36+page.BuildLen {
				continue // a version that is no text
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := root.Day(day).Open(0, p); !errors.Is(err, page.ErrClosed) {
				t.Errorf("byte %d: %v, want it closed", i, err)
			}
		}
	}
}

// TestAsDocumented derives the keys of two pages with nothing but the package
// comment and opens them.
func TestAsDocumented(t *testing.T) {
	id := [16]byte{1, 2, 3}
	expand := func(key []byte, label string) []byte {
		out, err := hkdf.Expand(sha256.New, key, "tacit/v1/"+label, 32)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	extracted, err := hkdf.Extract(sha256.New, id[:], []byte("tacit/v1"))
	if err != nil {
		t.Fatal(err)
	}
	ofDay := expand(extracted, "day"+string(day.Bytes()))
	for n := range uint32(2) {
		number := binary.BigEndian.AppendUint32(nil, n)
		tag := hmac.New(sha256.New, expand(ofDay, "tag"))
		tag.Write(number)
		p := sealed(t, page.NewRoot(id), day, n, []byte("plain"))
		if !bytes.Equal(p.Tag[:], tag.Sum(nil)[:16]) {
			t.Errorf("page %d has another tag", n)
		}
		aead, err := chacha20poly1305.NewX(expand(expand(ofDay, "page"), "n"+string(number)))
		if err != nil {
			t.Fatal(err)
		}
		version := append([]byte(build.Version), make([]byte, 24-len(build.Version))...)
		aad := slices.Concat([]byte("page"), p.Tag[:], day.Bytes(), p.Witness[:], []byte{0, 0, 0, 7}, version)
		padded := append([]byte("\x00\x00\x00\x05plain"), make([]byte, 4096-21-64-40-9)...)
		if got, err := aead.Open(nil, p.Sealed[:24], p.Sealed[24:], aad); err != nil || !bytes.Equal(got, padded) {
			t.Errorf("page %d: %d bytes, %v", n, len(got), err)
		}
	}
}

// TestEraseRight: the witness beside a page is of its right, and nothing that
// a day key or a page gives makes one.
func TestEraseRight(t *testing.T) {
	root := newRoot()
	p := sealed(t, root, day, 1, nil)
	right := root.EraseRight(day, 1)
	if right.Witness() != p.Witness {
		t.Error("the right is not the page's")
	}
	if root.EraseRight(day, 1) != right || newRoot().EraseRight(day, 1) == right {
		t.Error("the right is not the installation's own")
	}
	for name, e := range map[string]page.EraseRight{
		"another number": root.EraseRight(day, 2), "another day": root.EraseRight(day+1, 1), "another host": newRoot().EraseRight(day, 1),
		"the witness itself": page.EraseRight(slices.Concat(p.Witness[:], p.Witness[:])), "the tag": page.EraseRight(slices.Concat(p.Tag[:], p.Tag[:])),
	} {
		if e.Witness() == p.Witness {
			t.Errorf("%s erases the page", name)
		}
	}
	if bytes.Contains(p.Marshal(), right[:16]) {
		t.Error("the right travels with the page")
	}
}

func TestParse(t *testing.T) {
	p := sealed(t, newRoot(), day, 0, []byte("plain"))
	got, err := page.Parse(p.Marshal())
	if err != nil || got.Tag != p.Tag || got.Day != p.Day || got.Witness != p.Witness || got.Build != build || !bytes.Equal(got.Sealed, p.Sealed) {
		t.Errorf("%v: another page came back", err)
	}
	for _, n := range []int{0, 1, 1<<10 - 21, 4<<10 - 22, 4<<10 - 20, 64 << 10} {
		_, err := page.Parse(make([]byte, n))
		if !errors.Is(err, page.ErrForm) || !strings.Contains(err.Error(), fmt.Sprint(n)) {
			t.Errorf("%d bytes: %v, want not a page, and the length", n, err)
		}
	}
	empty, err := page.Parse(make([]byte, 4<<10-21))
	if err != nil {
		t.Fatalf("the shortest page: %v", err)
	}
	if _, err := newRoot().Day(0).Open(0, empty); !errors.Is(err, page.ErrClosed) {
		t.Errorf("zeros: %v, want it closed", err)
	}
	if _, err := newRoot().Day(0).Open(0, page.Page{}); !errors.Is(err, page.ErrClosed) {
		t.Errorf("a page that was not parsed: %v, want it closed", err)
	}
}

// TestKeysAreNotPrinted prints what holds keys in every way that a careless
// log line does, alone and inside something else.
func TestKeysAreNotPrinted(t *testing.T) {
	id := [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	root := page.NewRoot(id)
	keys, right := root.Day(day), root.EraseRight(day, 0)
	for _, v := range []any{root, &root, keys, &keys, right, &right, []any{root, keys, right}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
			got := fmt.Sprintf(verb, v)
			plain, _ := strings.CutPrefix(got, "[]interface {}")
			// Hidden, nothing but words is left.
			if verb != "%x" && strings.ContainsAny(plain, "0123456789") {
				t.Errorf("%T with %s prints %s", v, verb, got)
			}
		}
	}
	// %x writes the word in hex, which is the same for every key.
	if fmt.Sprintf("%x", root) != fmt.Sprintf("%x", newRoot()) || fmt.Sprintf("%x", right) != fmt.Sprintf("%x", newRoot().EraseRight(day, 0)) {
		t.Error("the hex verb prints the key")
	}
}

// TestOneSize: pages fill the envelope of one size, whatever they hold; only
// what does not fit it makes a larger one.
func TestOneSize(t *testing.T) {
	root := newRoot()
	for _, c := range []struct{ plain, page int }{
		{0, 4 << 10}, {1, 4 << 10}, {page.Capacity, 4 << 10}, {page.Capacity + 1, 16 << 10}, {page.MaxPlain, 64 << 10},
	} {
		p := sealed(t, root, day, 0, bytes.Repeat([]byte{0}, c.plain))
		if n := len(p.Marshal()); n != c.page-21 {
			t.Errorf("%d bytes make a page of %d, want %d", c.plain, n, c.page-21)
		}
		if got, err := root.Day(day).Open(0, p); err != nil || len(got) != c.plain {
			t.Errorf("%d bytes come back as %d, %v", c.plain, len(got), err)
		}
	}
	if _, err := page.Seal(root, day, 0, build, make([]byte, page.MaxPlain+1)); !errors.Is(err, page.ErrForm) {
		t.Errorf("a page that fits no envelope: %v", err)
	}
}

func TestBuild(t *testing.T) {
	for _, version := range []string{strings.Repeat("1", 25), "1 2", "1\x00", "é"} {
		if _, err := page.Seal(newRoot(), day, 0, page.Build{Version: version}, nil); !errors.Is(err, page.ErrForm) {
			t.Errorf("version %q: %v, want it refused", version, err)
		}
	}
	for _, b := range []page.Build{{}, build, {Release: 1<<32 - 1, Version: strings.Repeat("9", 24)}} {
		if got, err := page.ParseBuild(b.Bytes()); err != nil || got != b {
			t.Errorf("%v comes back as %v, %v", b, got, err)
		}
	}
	inside := append(make([]byte, 4), "1\x002"...)
	if _, err := page.ParseBuild(append(inside, make([]byte, page.BuildLen-len(inside))...)); !errors.Is(err, page.ErrForm) {
		t.Errorf("a zero within a version: %v", err)
	}
}

func TestErasures(t *testing.T) {
	root := newRoot()
	all := []page.Erasure{root.Erasure(day, 0), root.Erasure(day+1, 3)}
	for _, es := range [][]page.Erasure{{}, all[:1], all} {
		got, err := page.ParseErasures(page.MarshalErasures(es))
		if err != nil || !slices.Equal(got, es) {
			t.Errorf("%d erasures come back as %d, %v", len(es), len(got), err)
		}
	}
	if p := sealed(t, root, day, 0, nil); all[0].Tag != p.Tag || all[0].Right.Witness() != p.Witness {
		t.Error("an erasure does not name its page")
	}
	most := page.MarshalErasures(make([]page.Erasure, page.MaxErasures))
	if _, err := page.ParseErasures(most); err != nil || len(most) > 64<<10-21 {
		t.Errorf("the most erasures take %d bytes, %v", len(most), err)
	}
	for _, b := range [][]byte{nil, {0}, {0, 1}, most[:len(most)-1], append(most, 0)} {
		if _, err := page.ParseErasures(b); !errors.Is(err, page.ErrForm) {
			t.Errorf("%d bytes: %v", len(b), err)
		}
	}
}
