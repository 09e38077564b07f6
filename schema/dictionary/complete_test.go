package dictionary_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema/dictionary"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// variants change one key each of testdata/base.yaml or testdata/product.yaml:
// pairs of a text and what takes its place. Whoever adds a key to the registry
// adds it to one of these files, and its change here.
var variants = map[string][]string{
	"Registry.Release":        {"release: 3\n", "release: 4\n"},
	"Product.Name":            {"- name: alpha\n", "- name: gamma\n", "product: alpha,", "product: gamma,"},
	"Product.Modules":         {"[example.com/alpha]", "[example.com/alpha, example.com/gamma]"},
	"Programme.Name":          {"ceip", "csp"},
	"Programme.Default":       {"default: ask", "default: on"},
	"Programme.Purpose":       {"To make it better.", "To sell more."},
	"Metric.Name":             {"name: alpha.depth", "name: alpha.waiting"},
	"Metric.Description":      {"How many wait.", "How many stand in line."},
	"Metric.Category":         {"category: performance", "category: engine"},
	"Metric.Programme":        {"ceip", "csp"},
	"Metric.Level":            {"engine\n    programme: ceip\n    level: standard\n    type: quantity\n    unit: \"{item}\"", "product_log\n    programme: ceip\n    level: enhanced\n    type: counter\n    unit: \"{item}\""},
	"Metric.Type":             {"type: quantity\n    unit: \"{item}\"", "type: counter\n    unit: \"{item}\""},
	"Metric.Unit":             {"{item}", "{job}"},
	"Metric.Treatment":        {"unit: By\n    treatment: keep", "unit: By\n    treatment: bucket"},
	"Metric.Values":           {"[single, shared, other]", "[single, shared, double, other]"},
	"Metric.Format":           {"format: country", "format: os_version"},
	"Metric.Overflow":         {"    overflow: other # of the mode\n", ""},
	"Metric.Max":              {"max: 5000", "max: 6000"},
	"Metric.Buckets":          {"[1024, 1048576]", "[2048, 1048576]"},
	"Metric.Products":         {"metrics:\n  - name: alpha.mode", "  - name: beta\n    modules: [example.com/beta]\nmetrics:\n  - name: alpha.mode"},
	"Metric.Page":             {"page: true # of the depth", "page: false"},
	"Metric.Owner":            {"alpha@example.com", "beta@example.com"},
	"Metric.Purpose":          {"To test what is used.", "To sell what is used."},
	"Metric.Review":           {"https://example.com/2", "https://example.com/3"},
	"Metric.Since":            {"since: 1\n    expires: 2030-01-31", "since: 2\n    expires: 2030-01-31"},
	"Metric.Expires":          {"2030-01-31", "2031-01-31"},
	"Label.Name":              {"name: kind", "name: sort"},
	"Label.Description":       {"What was asked for.", "What was wanted."},
	"Label.Treatment":         {"treatment: hash", "treatment: scrub"},
	"Label.Values":            {"[read, write, other]", "[read, write, list, other]"},
	"Label.Format":            {"format: version", "format: country"},
	"Label.Overflow":          {"        overflow: other # of the kind\n", ""},
	"Label.Unit":              {"bucket, unit: \"{item}\"", "bucket, unit: \"{job}\""},
	"Label.Buckets":           {"[2, 20]", "[3, 20]"},
	"Label.Attribute":         {"attribute: alpha.kind", "attribute: alpha.sort"},
	"Template.ID":             {"id: begun", "id: started"},
	"Template.Text":           {"It has begun.", "It has started."},
	"Rollup.Facets":           {"[{facets: [alpha.mode], min", "[{facets: [os.type], min"},
	"Rollup.MinInstallations": {"min_installations: 30", "min_installations: 10"},
	"Log.Name":                {"name: alpha.unit", "name: alpha.journal"},
	"Log.Product":             {"  - {name: alpha.files, product: alpha", "  - {name: alpha.files, product: beta", "modules: [example.com/alpha]\n", "modules: [example.com/alpha]\n  - name: beta\n    modules: [example.com/beta]\n"},
	"Log.Path":                {"/var/log/alpha/*.log", "/srv/alpha/*.log"},
	"Log.Unit":                {"journal: alpha.service", "journal: alpha@1.service"},
	"Log.Metric":              {"journal: alpha.service, metric: alpha.log", "journal: alpha.service, metric: alpha.lines", "  - name: alpha.mode\n", "  - {name: alpha.lines, description: L., category: product_log, programme: ceip, level: enhanced, type: log, treatment: keep, templates: [{id: a, text: It is one.}], page: true, owner: a, purpose: b, review: \"https://example.com/\", since: 1, expires: never}\n  - name: alpha.mode\n"},
	"Source.Kind":             {"{span: alpha.time}", "{metric: alpha.time}"},
	"Source.Name":             {"{span: alpha.time}", "{span: alpha.took}"},
}

// unsaid are keys of which a form says nothing, and why.
var unsaid = map[string]string{
	"dictionary.csv Programme.Purpose": "a line of the CSV is a field, not a programme",
	"diff Registry.Release":            "whoever calls Diff has both; alone it lets nothing else be collected",
}

// TestComplete: each key that a registry can have is on the page, in each of its
// forms, and a change of it is in the difference.
func TestComplete(t *testing.T) {
	was := fixture(t)
	if changes := dictionary.Diff(was, fixture(t)); len(changes) > 0 {
		t.Errorf("two equal registries differ: %v", changes)
	}
	keys := map[string]bool{}
	keysOf(reflect.TypeFor[registry.Registry](), keys)
	for key := range keys {
		change, ok := variants[key]
		if !ok {
			t.Errorf("%s is new: add it to the dictionary, to Diff, and to the variants of this test", key)
			continue
		}
		is := fixture(t, change...)
		if got := changedKeys(was, is); !got[key] {
			t.Errorf("the variant of %s changes %v", key, got)
		}
		checkForms(t, key, was, is)
		if _, ok := unsaid["diff "+key]; !ok && (len(dictionary.Diff(was, is)) == 0 || len(dictionary.Diff(is, was)) == 0) {
			t.Errorf("a change of %s is no difference", key)
		}
	}
	for key := range variants {
		if !keys[key] {
			t.Errorf("there is no key %s any more", key)
		}
	}
}

func checkForms(t *testing.T, key string, was, is *registry.Registry) {
	t.Helper()
	after := forms(dictionary.New(is, dictionary.Config{}))
	for name, write := range forms(dictionary.New(was, dictionary.Config{})) {
		var before, now bytes.Buffer
		if err := write(&before); err != nil {
			t.Fatal(err)
		}
		if err := after[name](&now); err != nil {
			t.Fatal(err)
		}
		if _, ok := unsaid[name+" "+key]; !ok && bytes.Equal(before.Bytes(), now.Bytes()) {
			t.Errorf("%s does not say %s", name, key)
		}
	}
}

// fixture reads the registry of the testdata after the replacements.
func fixture(t *testing.T, replace ...string) *registry.Registry {
	t.Helper()
	found := len(replace) == 0
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		changed := strings.NewReplacer(replace...).Replace(string(b))
		found = found || changed != string(b)
		return []byte(changed)
	}
	base, err := registry.Parse("base.yaml", read("base.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	reg := overlay(t, base, registry.File{Name: "product.yaml", Data: read("product.yaml")})
	if !found {
		t.Fatalf("testdata has no %q", replace[0])
	}
	return reg
}

// keysOf gathers the exported fields of a type and of all that it holds, but
// for lists of such, which are what they hold.
func keysOf(typ reflect.Type, into map[string]bool) {
	for _, f := range reflect.VisibleFields(typ) {
		switch {
		case !f.IsExported():
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
			keysOf(f.Type.Elem(), into)
		default:
			into[typ.Name()+"."+f.Name] = true
		}
	}
}

// changedKeys returns in which keys two registries differ.
func changedKeys(a, b *registry.Registry) map[string]bool {
	out := map[string]bool{}
	compare(reflect.ValueOf(*a), reflect.ValueOf(*b), out)
	return out
}

func compare(a, b reflect.Value, into map[string]bool) {
	for _, f := range reflect.VisibleFields(a.Type()) {
		x, y := a.FieldByIndex(f.Index), b.FieldByIndex(f.Index)
		switch {
		case !f.IsExported():
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
			for i := range min(x.Len(), y.Len()) {
				compare(x.Index(i), y.Index(i), into)
			}
		case !reflect.DeepEqual(x.Interface(), y.Interface()):
			into[a.Type().Name()+"."+f.Name] = true
		}
	}
}

// TestNeverMapped: the names on the page are those that the registry refuses.
func TestNeverMapped(t *testing.T) {
	words := dictionary.New(fixture(t), dictionary.Config{}).Sections[0].Words
	if !slices.Contains(words, "host.name") || slices.ContainsFunc(words, func(w string) bool { return !registry.NeverMapped(w) }) {
		t.Errorf("the page names %v", words)
	}
}
