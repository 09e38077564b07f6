package registry

import (
	"path/filepath"
	"reflect"
	"sync"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

// logRegistry has a log whose lines fill labels in.
func logRegistry(t *testing.T) *Registry {
	t.Helper()
	text := string(overlayFile(t, filepath.Join("testdata", "overlay.yaml")).Data) + `
  - {name: mail.log, description: A line., category: product_log, programme: ceip, level: enhanced, type: log, treatment: keep,
     templates: [
       {id: begun, text: The work has begun.},
       {id: fetched, text: "Fetched {mails} of {account} in {took}: {result} by={version}"}],
     labels: [
       {name: mails, description: How many., treatment: bucket, unit: "{mail}", buckets: [1, 100]},
       {name: took, description: How long., treatment: bucket, unit: us, buckets: [1_000, 1_000_000]},
       {name: result, description: What came of it., treatment: keep, values: [done, refused, other], overflow: other},
       {name: version, description: Of the other side., treatment: keep, format: version}],
     rollups: [{facets: [os.type]}], page: true, owner: me, purpose: To test., review: "https://example.com/1", since: 1, expires: never}
`
	r, err := Overlay(nil, File{Name: "log.yaml", Data: []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestMatcher(t *testing.T) {
	r := logRegistry(t)
	m := r.Matcher("mail")
	for line, want := range map[string][]schema.Label{
		"2026/11/22 09:49:17 The work has begun.":                        nil,
		"Fetched 12 of " + secret + " in 340ms: done by=1.2.3":           {label("mails", "1–100"), label("result", "done"), label("took", "1 ms–1 s"), label("version", "1.2.3")},
		"Fetched 0 of " + secret + " in 1.5s: " + secret + " by=1.2":     {label("mails", "<1"), label("result", "other"), label("took", "≥1 s"), label("version", "1.2")},
		"Fetched 12 of x in 340ms: done by=" + secret:                    {label("mails", "1–100"), label("result", "done"), label("took", "1 ms–1 s")},
		`{"msg":"Fetched 12 of x in 340ms: done","by":"` + secret + `"}`: {label("mails", "1–100"), label("result", "done"), label("took", "1 ms–1 s")},
	} {
		rec, ok := m.Match(line)
		id := "fetched"
		if want == nil {
			id = "begun"
		}
		if !ok || rec.Metric != "mail.log" || rec.Product.Name != "mail" || rec.Value != schema.Text(id) || !reflect.DeepEqual(rec.Labels, want) {
			t.Errorf("%q: %+v, %v", line, rec, ok)
		}
		rec.Product.Version = "1.0"
		for i, err := range []error{r.CheckOffered(&rec), r.CheckTreated(&rec)} {
			if err != nil {
				t.Errorf("%q is refused at check %d: %v", line, i, err)
			}
		}
	}
	for _, line := range []string{"", secret, "Fetched many of x in 340ms: done by=1", "The work has begun. " + secret} {
		if rec, ok := m.Match(line); ok || !reflect.DeepEqual(rec, schema.Record{}) {
			t.Errorf("%q: %+v", line, rec)
		}
	}
}

// TestMatcherOfOthers: no line is of a product that has no templates.
func TestMatcherOfOthers(t *testing.T) {
	for _, product := range []string{"tacit", "unknown", ""} {
		if rec, ok := logRegistry(t).Matcher(product).Match("The work has begun."); ok {
			t.Errorf("%q: %+v", product, rec)
		}
	}
}

// TestMatcherAtOnce: many may match at once.
func TestMatcherAtOnce(t *testing.T) {
	m := logRegistry(t).Matcher("mail")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				if _, ok := m.Match("INFO Fetched 12 of x in 340ms: done by=1.2.3"); !ok {
					t.Error("the line is of no template")
				}
			}
		})
	}
	all.Wait()
}

// TestLabelInBuckets: a label is offered as a number or its bucket's name, and
// leaves the host as the latter.
func TestLabelInBuckets(t *testing.T) {
	took := func(s string) schema.Record { return record("mail.log", schema.Text("begun"), label("took", s)) }
	cases := []checkCase{
		{"a number", took("340000"), nil, ErrNotTreated},
		{"zero", took("0"), nil, ErrNotTreated},
		{"a bucket", took("1 ms–1 s"), nil, nil},
		{"below zero", took("-1"), ErrOutOfRange, ErrNotTreated},
		{"too large", took("9223372036854775807"), ErrOutOfRange, ErrNotTreated},
		{"far too large", took("99999999999999999999"), ErrOutOfRange, ErrNotTreated},
		{"no number", took(secret), ErrWrongFormat, ErrNotTreated},
		{"another form", took("340ms"), ErrWrongFormat, ErrNotTreated},
		{"nothing", took(""), ErrWrongFormat, ErrNotTreated},
		{"equal lines", counted(took("≥1 s"), 12), nil, nil},
		{"too many equal lines", counted(took("≥1 s"), schema.MaxCount+1), ErrBadCount, ErrBadCount},
	}
	for i := range cases {
		cases[i].rec.Product = schema.Product{Name: "mail", Version: "1.0"}
	}
	r := logRegistry(t)
	checkRecords(t, r, cases)
	m, _ := r.Metric("mail.log")
	l, _ := m.label("took")
	for in, want := range map[string]string{"0": "<1 ms", "1000": "1 ms–1 s", "1000000": "≥1 s", "≥1 s": "≥1 s"} {
		if got := l.Fit(in); got != want {
			t.Errorf("%s becomes %s, want %s", in, got, want)
		}
	}
}

// TestLabelInBucketsInFragments: such a label splits sums by the bucket, never
// by the number.
func TestLabelInBucketsInFragments(t *testing.T) {
	r := logRegistry(t)
	for took, want := range map[string]error{"≥1 s": nil, "1000": ErrNotListed, secret: ErrNotListed} {
		f := codec.Fragment{Release: r.Release, Facets: pairs("os.type", "linux"),
			Values: []codec.Measure{{Metric: "mail.log", Labels: pairs("took", took, "value", "begun"), Count: 1}}}
		wantRefusal(t, took, r.CheckFragment(&f), want)
	}
}
