package page_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
)

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// TestCodeFindsMistakes: every single wrong character and every swap of
// neighbours in codes is found, the check character included.
func TestCodeFindsMistakes(t *testing.T) {
	for range 20 {
		spoken := page.NewCode().Spoken()
		plain := strings.ReplaceAll(spoken, "-", "")
		if len(plain) != page.CodeLen || strings.Trim(plain, crockford) != "" {
			t.Fatalf("a code has %d characters, or others than base 32 has", len(plain))
		}
		c, err := page.ParseCode(plain)
		if err != nil || c.Spoken() != spoken {
			t.Fatalf("a code does not come back: %v", err)
		}
		for i := range plain {
			for _, by := range crockford {
				if wrong := plain[:i] + string(by) + plain[i+1:]; wrong != plain {
					if _, err := page.ParseCode(wrong); !errors.Is(err, page.ErrCodeMistyped) {
						t.Errorf("character %d: %v", i+1, err)
					}
				}
			}
			if i > 0 && plain[i] != plain[i-1] {
				swapped := plain[:i-1] + plain[i:i+1] + plain[i-1:i] + plain[i+1:]
				if _, err := page.ParseCode(swapped); !errors.Is(err, page.ErrCodeMistyped) {
					t.Errorf("characters %d and %d swapped: %v", i, i+1, err)
				}
			}
		}
	}
	for _, bad := range []string{"", "0", strings.Repeat("U", 20), strings.Repeat("0", 21), strings.Repeat("0", 19) + "!"} {
		if _, err := page.ParseCode(bad); !errors.Is(err, page.ErrCodeForm) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestGrantOpensItsDays: the last days through the day on which it ends, the
// mailboxes of its life, and nothing without the very code.
func TestGrantOpensItsDays(t *testing.T) {
	root, code := newRoot(), page.NewCode()
	for _, c := range []struct {
		days   int
		expiry schema.Day
	}{{1, day}, {7, day + 1}, {page.MaxGrantDays, day + 1}} {
		g, err := page.SealGrant(root, code, day, c.days, c.expiry)
		if err != nil {
			t.Fatal(err)
		}
		b := g.Marshal()
		if len(b) != page.GrantLen {
			t.Errorf("a grant of %d days has %d bytes, others %d", c.days, len(b), page.GrantLen)
		}
		got, err := page.ParseGrant(b)
		if err != nil {
			t.Fatal(err)
		}
		access, err := code.Open(got)
		if err != nil || len(access.Days) != c.days+int(c.expiry-day) || len(access.Boxes) != 1+int(c.expiry-day) {
			t.Fatalf("%v: it opens %d days and %d mailboxes, %v", c, len(access.Days), len(access.Boxes), err)
		}
		for i, d := range access.Days {
			p := sealed(t, root, day-schema.Day(c.days)+1+schema.Day(i), 2, []byte("plain"))
			if plain, err := d.Open(2, p); err != nil || string(plain) != "plain" {
				t.Errorf("%v: its day %d: %v", c, i, err)
			}
		}
		for i, box := range access.Boxes {
			if box != root.Mailbox(day+schema.Day(i)) {
				t.Errorf("%v: mailbox %d is another", c, i)
			}
		}
		if _, err := page.NewCode().Open(got); !errors.Is(err, page.ErrClosed) {
			t.Errorf("another code: %v", err)
		}
	}
	for _, c := range []struct {
		days   int
		expiry schema.Day
	}{{0, day}, {page.MaxGrantDays + 1, day}, {7, day - 1}, {7, day + 2}} {
		if _, err := page.SealGrant(root, code, day, c.days, c.expiry); !errors.Is(err, page.ErrForm) {
			t.Errorf("%d days through %s: %v", c.days, c.expiry, err)
		}
	}
}

// TestGrantSaysNothing: what a store sees of a grant has no day key, ID, or code
// in it, and its last day cannot be moved.
func TestGrantSaysNothing(t *testing.T) {
	root, code := newRoot(), page.NewCode()
	g, err := page.SealGrant(root, code, day, 7, day)
	if err != nil {
		t.Fatal(err)
	}
	again, err := page.SealGrant(root, code, day, 7, day)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := g.Marshal()[20:], again.Marshal()[20:]; bytes.Equal(a[:16], b[:16]) || bytes.Contains(b, a[100:116]) {
		t.Error("two grants of one code share bytes")
	}
	later := g
	later.Expiry++
	if _, err := code.Open(later); !errors.Is(err, page.ErrClosed) {
		t.Errorf("with a later last day: %v", err)
	}
	for i := range g.Marshal() {
		b := g.Marshal()
		b[i] ^= 1
		bad, err := page.ParseGrant(b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := code.Open(bad); !errors.Is(err, page.ErrClosed) {
			t.Errorf("byte %d: %v", i, err)
		}
	}
	if r := g.Revocation(); len(r.Marshal()) != 20 {
		t.Error("a revocation carries the grant")
	}
	box := root.Mailbox(day)
	for _, v := range []any{code, &code, box, &box, page.Access{Boxes: []page.Mailbox{box}}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if got := fmt.Sprintf(verb, v); strings.ContainsAny(got, "0123456789") {
				t.Errorf("%T with %s prints %s", v, verb, got)
			}
		}
	}
}

// TestNotes: a note opens in its own mailbox only.
func TestNotes(t *testing.T) {
	root := newRoot()
	box := root.Mailbox(day)
	n := page.Note{Minute: 61, Ticket: "SUP-1", ByCode: true}
	l, err := box.Seal(n)
	if err != nil {
		t.Fatal(err)
	}
	back, err := page.ParseLetter(l.Marshal())
	if err != nil || back != l {
		t.Fatalf("the letter does not come back: %v", err)
	}
	if got, err := box.Open(l.Sealed[:]); err != nil || got != n {
		t.Errorf("%+v, %v", got, err)
	}
	for name, other := range map[string]page.Mailbox{"the day before": root.Mailbox(day - 1), "another host": newRoot().Mailbox(day)} {
		if _, err := other.Open(l.Sealed[:]); !errors.Is(err, page.ErrClosed) || other.Tag() == box.Tag() {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, bad := range []page.Note{{Minute: 1440}, {Minute: -1}, {Ticket: strings.Repeat("x", 25)}, {Ticket: "a\nb"}, {Ticket: "é"}} {
		if _, err := box.Seal(bad); !errors.Is(err, page.ErrForm) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	total, notes, err := page.ParseNotes(page.MarshalNotes(5, [][]byte{l.Sealed[:], l.Sealed[:], l.Sealed[:]}))
	if err != nil || total != 5 || len(notes) != page.NotesInReply {
		t.Errorf("%d of %d notes, %v", len(notes), total, err)
	}
	q := page.Inquiry{Box: box.Tag(), Day: day, Skip: 2}
	if got, err := page.ParseInquiry(q.Marshal()); err != nil || got != q {
		t.Errorf("%v, %v", got, err)
	}
}

// FuzzParseSupport gives any bytes to the readers of what goes with support codes
// and notes: refused, or written back as they were.
func FuzzParseSupport(f *testing.F) {
	f.Add(make([]byte, 20))
	f.Add(make([]byte, 22))
	f.Add(make([]byte, 2+page.NoteLen))
	f.Add(make([]byte, page.GrantLen))
	f.Add(make([]byte, 20+page.NoteLen))
	f.Fuzz(func(t *testing.T, b []byte) {
		g, grantErr := page.ParseGrant(b)
		l, letterErr := page.ParseLetter(b)
		q, inquiryErr := page.ParseInquiry(b)
		total, notes, notesErr := page.ParseNotes(b)
		for name, back := range map[string]struct {
			err error
			b   []byte
		}{"grant": {grantErr, g.Marshal()}, "note": {letterErr, l.Marshal()}, "question": {inquiryErr, q.Marshal()}} {
			if back.err == nil && !bytes.Equal(back.b, b) || back.err != nil && !errors.Is(back.err, page.ErrForm) {
				t.Errorf("%s: %v, or it does not marshal back to the same bytes", name, back.err)
			}
		}
		if notesErr == nil && len(notes) <= page.NotesInReply && !bytes.Equal(page.MarshalNotes(total, notes), b) {
			t.Error("notes do not marshal back to the same bytes")
		}
	})
}
