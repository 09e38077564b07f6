package codec

import (
	"errors"
	"slices"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
)

// table is a page of form 1 before its compression, as it is written and as no
// encoder would write it.
type table struct {
	texts                []string
	series               []series
	kinds, times, values []uint64
}

// sound is a table of three records, of two series.
func sound() table {
	return table{
		texts:  []string{"p", "m", "x"},
		series: []series{{metric: 1, kind: schema.KindNumber}, {metric: 1, kind: schema.KindText, labels: []uint64{0, 2}}},
		kinds:  []uint64{0, 1, 0}, times: []uint64{5, 1, 1}, values: []uint64{7, 2, 8},
	}
}

func (t *table) plain() []byte {
	b := appendBytes(appendBytes(appendUint(appendArray(nil, pageLen), formPlain), make([]byte, 16)), make([]byte, 16))
	b = appendArray(appendUint(appendUint(b, 1), 0), len(t.texts))
	for _, s := range t.texts {
		b = appendText(b, s)
	}
	b = appendArray(b, len(t.series))
	for i := range t.series {
		b = t.series[i].append(b)
	}
	for _, column := range [][]uint64{t.kinds, t.times, t.values} {
		b = appendArray(b, len(column))
		for _, n := range column {
			b = appendUint(b, n)
		}
	}
	return b
}

// TestTablesFit: an index names what is there, columns are as long as each other, and
// no series is without a record.
func TestTablesFit(t *testing.T) {
	for name, change := range map[string]func(*table){
		"a series beyond":          func(t *table) { t.kinds[2] = 2 },
		"a value beyond":           func(t *table) { t.values[1] = 3 },
		"a metric beyond":          func(t *table) { t.series[1].metric = 3 },
		"a label beyond":           func(t *table) { t.series[1].labels[1] = 3 },
		"a name without a value":   func(t *table) { t.series[1].labels = []uint64{0} },
		"a kind of no value":       func(t *table) { t.series[1].kind = 0 },
		"a kind beyond":            func(t *table) { t.series[1].kind = 3 },
		"a time more":              func(t *table) { t.times = append(t.times, 1) },
		"a time less":              func(t *table) { t.times = t.times[:2] },
		"a value more":             func(t *table) { t.values = append(t.values, 1) },
		"a value less":             func(t *table) { t.values = t.values[:2] },
		"more series than records": func(t *table) { t.kinds, t.times, t.values = t.kinds[:1], t.times[:1], t.values[:1] },
		"series, and no record":    func(t *table) { t.kinds, t.times, t.values = nil, nil, nil },
		"a record, and no series":  func(t *table) { t.series = nil },
		"a record, and no text":    func(t *table) { t.texts = nil },
		"as it is":                 nil,
		"nothing":                  func(t *table) { *t = table{} },
	} {
		page := sound()
		if change != nil {
			change(&page)
		}
		want := change == nil || len(page.kinds)+len(page.series) == 0
		if _, err := DecodePage(packed(page.plain())); want != (err == nil) || err != nil && !errors.Is(err, ErrForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEachAgain: a table may be read again and says the same, and the next page in it
// leaves the texts of the one before as they were.
func TestEachAgain(t *testing.T) {
	type row struct {
		series int
		Row
	}
	var (
		opened Table
		got    []row
	)
	open := func(text string) {
		page := sound()
		page.texts[2] = text
		if err := opened.Open(packed(page.plain())); err != nil {
			t.Fatal(err)
		}
	}
	each := func() {
		if err := opened.Each(func(series int, r Row) { got = append(got, row{series, r}) }); err != nil {
			t.Error(err)
		}
	}
	open("x")
	each()
	each()
	open("y")
	each()
	var want []row
	for _, text := range []string{"x", "x", "y"} {
		want = append(want, row{0, Row{Time: 5, Value: schema.Number(7)}}, row{1, Row{Time: 6, Value: schema.Text(text)}}, row{0, Row{Time: 7, Value: schema.Number(8)}})
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
