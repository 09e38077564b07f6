package anon_test

import (
	_ "embed"
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/anon"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

//go:embed testdata/registry.yaml
var registryYAML []byte

// blunt replaces every word, and shows by its brackets that it saw one line at
// a time.
type blunt struct{}

func (blunt) Line(line string) string {
	return "[" + regexp.MustCompile(`\w+`).ReplaceAllString(line, "*") + "]"
}

func treatments(t testing.TB, key byte) *anon.Treatments {
	t.Helper()
	reg, err := registry.Parse("registry.yaml", registryYAML)
	if err != nil {
		t.Fatal(err)
	}
	return &anon.Treatments{Registry: reg, Scrubber: blunt{}, HashingKey: [32]byte{key}}
}

func record(metric string, v schema.Value, labels ...schema.Label) schema.Record {
	return schema.Record{
		Time: 1_795_000_000, Product: schema.Product{Name: "finder", Version: "5.3.1"}, Metric: metric, Value: v, Labels: labels,
	}
}

func label(name, value string) schema.Label { return schema.Label{Name: name, Value: value} }

func TestApply(t *testing.T) {
	const hashed = "a hash"
	cases := map[string]struct {
		in     schema.Record
		value  schema.Value
		labels []schema.Label
	}{
		"keep a text":          {record("os.type", schema.Text("linux")), schema.Text("linux"), nil},
		"keep a number":        {record("open.time", schema.Number(340)), schema.Number(340), nil},
		"bucket below":         {record("queue.size", schema.Number(0)), schema.Text("<1 KiB"), nil},
		"bucket on its bound":  {record("queue.size", schema.Number(1024)), schema.Text("1 KiB–1 MiB"), nil},
		"bucket above":         {record("queue.size", schema.Number(5<<20)), schema.Text("≥1 MiB"), nil},
		"hash a value":         {record("queue.name", schema.Text("mail of Zoe")), schema.Text(hashed), nil},
		"scrub a line":         {record("crash", schema.Text("disk full: /home/zoe")), schema.Text("[* *: /*/*]"), nil},
		"scrub line by line":   {record("crash", schema.Text("one\n\ntwo\n")), schema.Text("[*]\n[]\n[*]\n[]"), nil},
		"keep a label":         {record("open.time", schema.Number(1), label("menu", "open")), schema.Number(1), []schema.Label{label("menu", "open")}},
		"hash a label":         {record("open.time", schema.Number(1), label("path", "/home/zoe")), schema.Number(1), []schema.Label{label("path", hashed)}},
		"scrub a label":        {record("open.time", schema.Number(1), label("shown", "Zoe\nMax")), schema.Number(1), []schema.Label{label("shown", "[*]\n[*]")}},
		"drop a label":         {record("open.time", schema.Number(1), label("title", "Zoe's letter\xff")), schema.Number(1), nil},
		"in roll-ups only":     {record("rolled.only", schema.Number(9), label("menu", "save"), label("title", "x")), schema.Text("<1 KiB"), []schema.Label{label("menu", "save")}},
		"one label of each":    {record("open.time", schema.Number(1), label("menu", "save"), label("path", "p"), label("shown", "s"), label("title", "t")), schema.Number(1), []schema.Label{label("menu", "save"), label("path", hashed), label("shown", "[*]")}},
		"a listed text":        {record("fault", schema.Text("disk_full"), label("during", "open")), schema.Text("disk_full"), []schema.Label{label("during", "open")}},
		"a text not listed":    {record("fault", schema.Text("Zoe's disk is full")), schema.Text("other"), nil},
		"a label not listed":   {record("fault", schema.Text("disk_full"), label("during", "Zoe's call"), label("path", "p")), schema.Text("disk_full"), []schema.Label{label("during", "other"), label("path", hashed)}},
		"not listed, all kept": {record("menu.used", schema.Number(1), label("menu", "Zoe's own")), schema.Number(1), []schema.Label{label("menu", "other")}},
		"empty text is hashed": {record("queue.name", schema.Text("")), schema.Text(hashed), nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := treatments(t, 1).Apply(c.in)
			if err != nil {
				t.Fatal(err)
			}
			want := record(c.in.Metric, c.value, c.labels...)
			blank(t, &got, hashed)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// TestCountIsKept: whether anything else of a record changes or not, it stays
// the record of as many events.
func TestCountIsKept(t *testing.T) {
	for _, r := range []schema.Record{record("open.time", schema.Number(340)), record("open.time", schema.Number(340), label("path", "/home/zoe"))} {
		r.Count = 12
		if got, err := treatments(t, 1).Apply(r); err != nil || got.Count != 12 {
			t.Errorf("a record of 12 events is one of %d: %v", got.Count, err)
		}
	}
}

// blank writes one word in place of every hash.
func blank(t *testing.T, r *schema.Record, word string) {
	t.Helper()
	hash := regexp.MustCompile(`^[0-9a-f]{32}$`)
	if hash.MatchString(r.Value.Text) {
		r.Value.Text = word
	}
	for i := range r.Labels {
		if hash.MatchString(r.Labels[i].Value) {
			r.Labels[i].Value = word
		}
	}
}

// TestOfferedIsUnchanged: the caller may still show or count what it offered.
func TestOfferedIsUnchanged(t *testing.T) {
	offered := func() schema.Record {
		return record("open.time", schema.Number(1), label("menu", "save"), label("path", "p"), label("shown", "s"), label("title", "t"))
	}
	in := offered()
	if _, err := treatments(t, 1).Apply(in); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(in, offered()) {
		t.Errorf("the offered record is now %+v", in)
	}
}

func TestRefused(t *testing.T) {
	unknown := record("os.type", schema.Text("linux"))
	unknown.Product.Name = "zoe"
	for name, c := range map[string]struct {
		in   schema.Record
		want error
	}{
		"unknown product":              {unknown, registry.ErrUnknownProduct},
		"unknown metric":               {record("zoe", schema.Number(1)), registry.ErrUnknownMetric},
		"unknown label":                {record("os.type", schema.Text("linux"), label("zoe", "x")), registry.ErrUnknownLabel},
		"label twice":                  {record("open.time", schema.Number(1), label("menu", "open"), label("menu", "save")), registry.ErrLabelOrder},
		"value not listed":             {record("os.type", schema.Text("zoe")), registry.ErrNotListed},
		"text where a number is":       {record("open.time", schema.Text("zoe")), registry.ErrWrongType},
		"number where a text is":       {record("crash", schema.Number(5)), registry.ErrWrongType},
		"no value":                     {record("crash", schema.Value{}), registry.ErrWrongType},
		"negative":                     {record("open.time", schema.Number(-1)), registry.ErrOutOfRange},
		"too long to be scrubbed":      {record("crash", schema.Text(strings.Repeat("zoe ", 3000))), registry.ErrTooLong},
		"too long once scrubbed":       {record("crash", schema.Text(strings.Repeat("\n", 4000))), registry.ErrTooLong},
		"not a text":                   {record("crash", schema.Text("zoe\xff")), registry.ErrNotUTF8},
		"not listed, too long":         {record("fault", schema.Text(strings.Repeat("zoe ", 3000))), registry.ErrTooLong},
		"not listed, not a text":       {record("menu.used", schema.Number(1), label("menu", "zoe\xff")), registry.ErrNotUTF8},
		"label in roll-ups not listed": {record("rolled.only", schema.Number(1), label("menu", "zoe")), registry.ErrNotListed},
	} {
		got, err := treatments(t, 1).Apply(c.in)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
			continue
		}
		if strings.Contains(err.Error(), "zoe") {
			t.Errorf("%s: the error holds what was offered: %v", name, err)
		}
		if !reflect.DeepEqual(got, schema.Record{}) {
			t.Errorf("%s: refused, and %+v all the same", name, got)
		}
	}
}
