package registry

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
)

// aMetric returns a metric of a file, in one line.
func aMetric(name string, since int, more string) string {
	return fmt.Sprintf(`  - {name: %s, description: On., category: configuration, programme: ceip, level: standard, type: state,
     treatment: keep, values: [a, b], page: true, owner: me, purpose: To test., review: "https://example.com/1",
     since: %d, expires: never%s}
`, name, since, more)
}

// threeReleases is a base of which each release brought a metric.
func threeReleases(t *testing.T) *Registry {
	t.Helper()
	r, err := Parse("three.yaml", []byte(`
release: 3
products: [{name: tacit, modules: [example.com/tacit]}]
programmes: [{name: ceip, default: on, purpose: To test.}]
metrics:
`+aMetric("one", 1, "")+aMetric("two", 2, "")+aMetric("three", 3, "")))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// file returns a file of an overlay at release 5.
func file(name, base, products, metrics string) File {
	return File{Name: name, Data: []byte("release: 5\nbase: " + base + "\nproducts: " + products + "\nmetrics:\n" + metrics)}
}

const (
	mail     = "[{name: mail, modules: [example.com/mail]}]"
	calendar = "[{name: calendar, modules: [example.com/calendar]}]"
)

func TestOverlay(t *testing.T) {
	base := threeReleases(t)
	r, err := Overlay(base,
		file("mail.yaml", "[{release: 1, from: 2}, {release: 2, from: 4}]", mail, aMetric("sent", 5, ", rollups: [{facets: [shared]}]")),
		file("both.yaml", "[{release: 1, from: 2}, {release: 2, from: 4}]", "[{name: mail}, "+calendar[1:], aMetric("shared", 1, "")))
	if err != nil {
		t.Fatal(err)
	}
	since := map[string]schema.Release{}
	for _, m := range r.Metrics {
		since[m.Name] = m.Since
	}
	if got := fmt.Sprint(since); r.Release != 5 || got != "map[one:2 sent:5 shared:1 two:4]" {
		t.Errorf("release %d of %s", r.Release, got)
	}
	for metric, want := range map[string][3]bool{"one": {true, true, true}, "sent": {true, false, false}, "shared": {true, true, false}} {
		m, ok := r.Metric(metric)
		if got := [3]bool{m.MayReport("mail"), m.MayReport("calendar"), m.MayReport("tacit")}; !ok || got != want {
			t.Errorf("%s may be reported by mail, calendar, tacit: %v, want %v", metric, got, want)
		}
	}
	if p, ok := r.Product("calendar"); !ok || len(r.Products) != 3 || !slices.Equal(p.Modules, []string{"example.com/calendar"}) {
		t.Errorf("products %+v", r.Products)
	}
	if one, _ := base.Metric("one"); one.Since != 1 || base.Release != 3 || len(base.Products) != 1 {
		t.Error("the base was changed")
	}
}

// TestOverlayDecidesProgrammes: a vendor says whether a programme is on where
// nobody decided, in one place.
func TestOverlayDecidesProgrammes(t *testing.T) {
	base, steps := threeReleases(t), "[{release: 3, from: 5}]"
	ask := "programmes: [{name: ceip, default: ask, purpose: To ask.}, {name: csp, default: off, purpose: To help.}]\n"
	one := file("mail.yaml", steps, mail, aMetric("sent", 5, ""))
	two := file("calendar.yaml", steps, calendar, aMetric("met", 5, ""))
	one.Data = append([]byte(ask), one.Data...)
	r, err := Overlay(base, one, two)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[schema.Programme]Default{schema.CEIP: DefaultAsk, schema.CSP: DefaultOff} {
		if p, ok := r.Programme(name); !ok || p.Default != want {
			t.Errorf("%s: %+v, want default %s", name, p, want)
		}
	}
	if p, _ := base.Programme(schema.CEIP); p.Default != DefaultOn {
		t.Errorf("the base's own is changed: %+v", p)
	}
	two.Data = append([]byte(ask), two.Data...)
	_, err = Overlay(base, one, two)
	if ps, ok := errors.AsType[Problems](err); !ok || len(ps) != 2 || !strings.Contains(ps[0].Error(), `calendar.yaml:1:13: programme "ceip" is there already: mail.yaml has it`) {
		t.Errorf("said in two files: %v", err)
	}
}

func TestOverlayOfNothing(t *testing.T) {
	if r, err := Overlay(nil); r != Base() || err != nil {
		t.Errorf("no file: the base is %v, error %v", r == Base(), err)
	}
}

// TestOverlayTogether has mistakes that no file has alone.
func TestOverlayTogether(t *testing.T) {
	const steps = "[{release: 3, from: 1}]"
	first := file("a.yaml", steps, mail, aMetric("sent", 1, ", rollups: [{facets: [one, two]}]"))
	other := file("b.yaml", steps, calendar, aMetric("seen", 1, ""))
	later := File{Name: "b.yaml", Data: []byte(strings.Replace(string(other.Data), "release: 5", "release: 4", 1))}
	for name, c := range map[string]struct {
		second File
		want   string
	}{
		"another release": {later, "b.yaml:1:10: release 4, but a.yaml has release 5; fix: write the same release in all files of one registry"},
		"another base": {
			file("b.yaml", "[{release: 2, from: 1}, {release: 3, from: 2}]", calendar, aMetric("seen", 1, "")),
			"b.yaml:2:7: base is not that of a.yaml; fix: write [{release: 3, from: 1}]",
		},
		"the same metric": {
			file("b.yaml", steps, calendar, aMetric("sent", 1, "")),
			`b.yaml:5:12: metric "sent" is there already: a.yaml has it; fix: rename it: what is registered is not redefined`,
		},
		"the same product": {
			file("b.yaml", steps, mail, aMetric("seen", 1, "")),
			`b.yaml:3:19: product "mail" is there already: a.yaml has it; fix: rename it: what is registered is not redefined`,
		},
		"facets in another order": {
			file("b.yaml", steps, calendar, aMetric("seen", 1, ", rollups: [{facets: [two, one]}]")),
			"b.yaml:7:42: these facets are elsewhere in another order; fix: write [one, two]",
		},
		"not YAML": {File{Name: "b.yaml", Data: []byte("release: [")}, "b.yaml:1:1: not YAML: did not find expected node content; fix: look at this line and those beside it: indentation by spaces, a space after each colon, closed quotes and brackets"},
	} {
		r, err := Overlay(threeReleases(t), first, c.second)
		var problems Problems
		if r != nil || !errors.As(err, &problems) || len(problems) != 1 || err.Error() != c.want {
			t.Errorf("%s: %v\nwant %s", name, err, c.want)
		}
	}
	if _, err := Overlay(threeReleases(t), first, first); err == nil {
		t.Error("a file was laid over itself")
	}
	if _, err := Overlay(threeReleases(t), first, other); err != nil {
		t.Errorf("without a mistake: %v", err)
	}
}

// TestOverlayLeavesOut: what the base has of a later release cannot be built on.
func TestOverlayLeavesOut(t *testing.T) {
	_, err := Overlay(threeReleases(t), file("a.yaml", "[{release: 2, from: 1}]", mail, aMetric("sent", 1, ", rollups: [{facets: [three]}]")))
	if want := `a.yaml:7:52: facet "three" is not a metric; fix: register it first`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	_, err = Overlay(threeReleases(t), file("a.yaml", "[{release: 2, from: 1}]", mail, aMetric("three", 1, "")))
	if err == nil || !strings.Contains(err.Error(), "the base has it") {
		t.Errorf("a name that the base has in a later release: %v", err)
	}
}

// TestSameSourceOfTwoProducts: the product that reports says which is meant.
func TestSameSourceOfTwoProducts(t *testing.T) {
	one := overlayFile(t, filepath.Join("testdata", "overlay.yaml"))
	text := strings.NewReplacer("- name: mail\n", "- name: post\n", "name: mail.", "name: post.", "mail.edition]", "post.edition]").Replace(string(one.Data))
	if r, err := Overlay(nil, one, File{Name: "post.yaml", Data: []byte(text)}); err != nil || len(r.Products) != 3 {
		t.Error(err)
	}
}
