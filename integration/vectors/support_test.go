package vectors

import (
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
)

type grantVector struct {
	ID         octets   `json:"id"`
	Code       string   `json:"code"`  // as it is read out
	Today      uint32   `json:"today"` // on which it was made
	Days       []uint32 `json:"days"`  // that it opens
	Boxes      []uint32 `json:"boxes"` // days of the mailboxes that it gives
	Expiry     uint32   `json:"expiry"`
	Tag        octets   `json:"tag"`
	Bytes      octets   `json:"bytes"`
	Revocation octets   `json:"revocation"`
}

// grantCases are the fixed parts of the grants. A code stands without its check
// character.
var grantCases = []struct {
	code   string
	today  schema.Day
	days   int
	expiry schema.Day
}{
	{"00000-00000-00000-0000", 20778, 1, 20778},
	{"7XK2M-9PQRS-TVWXY-Z012", 20778, 7, 20779},
	{"ZZZZZ-ZZZZZ-ZZZZZ-ZZZZ", 40, page.MaxGrantDays, 41},
}

// fixedCode returns the code of a case, with the one check character that fits.
func fixedCode(t *testing.T, text string) page.Code {
	t.Helper()
	plain := strings.ReplaceAll(text, "-", "")
	for _, check := range "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U" {
		if c, err := page.ParseCode(plain + string(check)); err == nil {
			return c
		}
	}
	t.Fatal("no check character fits")
	return page.Code{}
}

func TestGrants(t *testing.T) {
	root := page.NewRoot(installations[0])
	vs := frozen(t, "grant.json", "Grants of support codes: opened with the code, to keys that the ID gives too.", func() (vs []grantVector) {
		for _, c := range grantCases {
			g, err := page.SealGrant(root, fixedCode(t, c.code), c.today, c.days, c.expiry)
			if err != nil {
				t.Fatal(err)
			}
			vs = append(vs, grantVector{Bytes: g.Marshal()})
			fillGrant(t, &vs[len(vs)-1], c.code, c.today)
		}
		return vs
	})
	if len(vs) != len(grantCases) {
		t.Fatalf("grant.json has %d vectors, want %d", len(vs), len(grantCases))
	}
	for i, v := range vs {
		c := grantCases[i]
		want := grantVector{Bytes: v.Bytes}
		fillGrant(t, &want, c.code, c.today)
		equal(t, "grant.json, vector", v, want)
		if first := c.today - schema.Day(c.days) + 1; v.Days[0] != uint32(first) || v.Expiry != uint32(c.expiry) || len(v.Boxes) != int(c.expiry-c.today)+1 {
			t.Errorf("vector %d opens %v through %d, with mailboxes of %v", i, v.Days, v.Expiry, v.Boxes)
		}
	}
}

// fillGrant opens the bytes of a vector and writes what they hold into it.
func fillGrant(t *testing.T, v *grantVector, text string, today schema.Day) {
	t.Helper()
	code, root := fixedCode(t, text), page.NewRoot(installations[0])
	g, err := page.ParseGrant(v.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	access, err := code.Open(g)
	if err != nil {
		t.Fatal(err)
	}
	tag, revocation := code.Tag(), g.Revocation()
	v.ID, v.Code, v.Today, v.Expiry, v.Tag = installations[0][:], code.Spoken(), uint32(today), uint32(g.Expiry), tag[:]
	v.Revocation = revocation.Marshal()
	for _, d := range access.Days {
		if d.Tag(3) != root.Day(d.Day()).Tag(3) {
			t.Errorf("the keys of %s are not the installation's", d.Day())
		}
		v.Days = append(v.Days, uint32(d.Day()))
	}
	for _, b := range access.Boxes {
		if b != root.Mailbox(b.Day()) {
			t.Errorf("the mailbox of %s is not the installation's", b.Day())
		}
		v.Boxes = append(v.Boxes, uint32(b.Day()))
	}
}

type noteVector struct {
	ID      octets `json:"id"`
	Day     uint32 `json:"day"`
	Minute  int    `json:"minute"`
	Ticket  string `json:"ticket"`
	ByCode  bool   `json:"by_code"`
	Bytes   octets `json:"bytes"`   // of the note's envelope
	Inquiry octets `json:"inquiry"` // that asks for all but the first Minute notes of the mailbox
	Answer  octets `json:"answer"`  // with this note alone, of a mailbox that has Minute
}

var noteCases = []struct {
	day  schema.Day
	note page.Note
}{
	{0, page.Note{}},
	{20778, page.Note{Minute: 1439, Ticket: "SUP-2026/004711 (urgent)", ByCode: true}},
	{1<<32 - 1, page.Note{Minute: 61, Ticket: "#1"}},
}

func TestNotes(t *testing.T) {
	root := page.NewRoot(installations[0])
	vs := frozen(t, "note.json", "Notes that lookups leave: opened with keys that the ID gives.", func() (vs []noteVector) {
		for _, c := range noteCases {
			l, err := root.Mailbox(c.day).Seal(c.note)
			if err != nil {
				t.Fatal(err)
			}
			vs = append(vs, noteOf(t, root, l.Marshal()))
		}
		return vs
	})
	if len(vs) != len(noteCases) {
		t.Fatalf("note.json has %d vectors, want %d", len(vs), len(noteCases))
	}
	for i, v := range vs {
		c := noteCases[i]
		equal(t, "note.json, vector", v, noteOf(t, root, v.Bytes))
		if got := (page.Note{Minute: v.Minute, Ticket: v.Ticket, ByCode: v.ByCode}); got != c.note || v.Day != uint32(c.day) {
			t.Errorf("vector %d is the note %+v of day %d", i, got, v.Day)
		}
	}
}

// noteOf opens the bytes of a note.
func noteOf(t *testing.T, root page.Root, b []byte) noteVector {
	t.Helper()
	l, err := page.ParseLetter(b)
	if err != nil {
		t.Fatal(err)
	}
	n, err := root.Mailbox(l.Day).Open(l.Sealed[:])
	if err != nil {
		t.Fatal(err)
	}
	return noteVector{ID: installations[0][:], Day: uint32(l.Day), Minute: n.Minute, Ticket: n.Ticket, ByCode: n.ByCode, Bytes: b,
		Inquiry: page.Inquiry{Box: l.Box, Day: l.Day, Skip: uint16(n.Minute)}.Marshal(),
		Answer:  page.MarshalNotes(n.Minute, [][]byte{l.Sealed[:]})}
}
