package vectors

import (
	"bytes"
	"context"
	"testing"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/pages"
)

// monthSecret is S of a month that exists in tests only.
var monthSecret = db.Secret(fromHex("00ff11ee22dd33cc44bb55aa66997788807f6e5d4c3b2a190817263544536271"))

type monthVector struct {
	Secret octets `json:"secret"`
	Index  octets `json:"index"`
	Wrap   octets `json:"wrap"`
	Dedupe octets `json:"dedupe"`
	Known  octets `json:"known"` // what the row of a batch keeps of the payload "payload"
	Next   octets `json:"next"`
}

func TestMonths(t *testing.T) {
	var vs []monthVector
	s := monthSecret
	for range 3 {
		keys, next := s.Keys(), s.Next()
		vs = append(vs, monthVector{
			Secret: bytes.Clone(s[:]), Index: keys.Index[:], Wrap: keys.Wrap[:],
			Dedupe: keys.Dedupe[:], Known: keys.Known([]byte("payload")), Next: next[:],
		})
		s = next
	}
	exact(t, "month.json", "A month's secret, its keys, and the secret of the month after.", vs)
}

type rowVector struct {
	Index octets `json:"index"`
	Wrap  octets `json:"wrap"`
	Batch octets `json:"batch"`
	Page  octets `json:"page"` // as it came
	Key   octets `json:"key"`
	Value octets `json:"value"`
}

// frozenRow is a store that holds one frozen row.
type frozenRow rowVector

func (r frozenRow) Keys(schema.Month) (db.MonthKeys, error) {
	return monthSecret.Keys(), nil
}

func (r frozenRow) Scan(_ context.Context, _ schema.Month, _ db.Table, prefix []byte, each func(key, value []byte) error) error {
	if !bytes.HasPrefix(r.Key, prefix) {
		return nil
	}
	return each(r.Key, r.Value)
}

func TestPageRows(t *testing.T) {
	sealed := frozenPages(t)
	const about = "Rows of pages in a store: their keys from the index key, their values under the wrap key."
	vs := frozen(t, "row.json", about, func() (vs []rowVector) {
		for i, p := range sealed {
			vs = append(vs, makeRow(t, i, p))
		}
		return vs
	})
	if len(vs) != len(sealed) {
		t.Fatalf("row.json has %d vectors, want %d", len(vs), len(sealed))
	}
	for i, v := range vs {
		want := makeRow(t, i, sealed[i])
		want.Value = v.Value
		equal(t, "row.json, vector", v, want)
		equal(t, "page of row.json", octets(rowPage(t, v, sealed[i])), v.Page)
	}
}

// frozenPages are the pages that page.json holds.
func frozenPages(t *testing.T) (ps []page.Page) {
	t.Helper()
	for _, v := range read[pageVector](t, "page.json").Vectors {
		p, err := page.Parse(v.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
	return ps
}

func makeRow(t *testing.T, i int, p page.Page) rowVector {
	t.Helper()
	keys, id := monthSecret.Keys(), batch(i)
	row, err := pages.Row(keys, p, id)
	if err != nil {
		t.Fatal(err)
	}
	return rowVector{Index: keys.Index[:], Wrap: keys.Wrap[:], Batch: id[:], Page: p.Marshal(), Key: row.Key, Value: row.Value}
}

// rowPage is the page that a store gives back from a frozen row.
func rowPage(t *testing.T, v rowVector, p page.Page) (found []byte) {
	t.Helper()
	ask := pages.Ask{Day: p.Day, Tag: p.Tag}
	unread, err := pages.New(frozenRow(v), nil).Get(t.Context(), []pages.Ask{ask}, func(f pages.Found) error {
		found = f.Page
		return nil
	})
	if err != nil || len(unread) > 0 {
		t.Fatalf("read frozen row: unread months %v, %v", unread, err)
	}
	return found
}

type questionVector struct {
	Days  []uint32 `json:"days"`
	Tags  []octets `json:"tags"`
	Bytes octets   `json:"bytes"`
}

func TestQuestions(t *testing.T) {
	var vs []questionVector
	for _, count := range []int{0, 1, 3} {
		v := questionVector{Days: []uint32{}, Tags: []octets{}}
		var asks []pages.Ask
		for n := range count {
			tag := page.NewRoot(installations[0]).Day(20778).Tag(uint32(n))
			asks = append(asks, pages.Ask{Day: 20778, Tag: tag})
			v.Days, v.Tags = append(v.Days, 20778), append(v.Tags, tag[:])
		}
		v.Bytes = pages.MarshalAsks(asks)
		back, err := pages.ParseAsks(v.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "question that was read back", append([]pages.Ask{}, back...), append([]pages.Ask{}, asks...))
		vs = append(vs, v)
	}
	exact(t, "question.json", "The question for pages by their tags.", vs)
}

type answerVector struct {
	Pages  []octets `json:"pages"`  // page i answers tag i
	Unread []string `json:"unread"` // months
	Bytes  octets   `json:"bytes"`
}

func TestAnswers(t *testing.T) {
	v := answerVector{Unread: []string{"2026-11"}}
	unread, err := schema.ParseMonth(v.Unread[0])
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := pages.NewAnswerWriter(&b)
	for i, p := range frozenPages(t) {
		v.Pages = append(v.Pages, p.Marshal())
		if err := w.Row(pages.Found{Index: i, Page: p.Marshal()}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.End([]schema.Month{unread}); err != nil {
		t.Fatal(err)
	}
	v.Bytes = b.Bytes()
	exact(t, "answer.json", "The answer with sealed pages, and a month that could not be read.", []answerVector{v})
}
