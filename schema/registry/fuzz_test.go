package registry

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

// FuzzParse: a stranger's file gives a registry that keeps its promises, or
// problems that say where and what to do.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob(filepath.Join("testdata", "*", "*.yaml"))
	for _, file := range append(files, filepath.Join("testdata", "good.yaml")) {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Parse("f.yaml", data)
		if err != nil {
			checkProblems(t, r, err)
			return
		}
		if len(r.Tuples()) > MaxTuples {
			t.Fatalf("%d tuples", len(r.Tuples()))
		}
		for i := range r.Metrics {
			checkParsed(t, r, &r.Metrics[i])
		}
	})
}

// FuzzOverlay: a stranger's file, laid over the base beside one of ours, gives a
// registry that keeps its promises and leaves the base as it was, or problems
// that say where and what to do.
func FuzzOverlay(f *testing.F) {
	ours := File{Name: "ours.yaml", Data: []byte("release: 2\nbase: [{release: 1, from: 1}]\nproducts: " + calendar +
		"\nmetrics:\n" + aMetric("ours", 1, ", rollups: [{facets: [ours, os.type]}]"))}
	files, _ := filepath.Glob(filepath.Join("testdata", "mistakes", "*.yaml"))
	example, _ := filepath.Glob(filepath.Join("example", "*.yaml"))
	for _, path := range append(append(files, example...), filepath.Join("testdata", "overlay.yaml")) {
		f.Add(overlayFile(f, path).Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		theirs := File{Name: "f.yaml", Data: data}
		r, err := Overlay(nil, ours, theirs)
		found := Lint(today, ours, theirs)
		if expired := strings.Contains(found.Error(), " expired on "); !expired && (err != nil) != (len(found.Errors()) > 0) {
			t.Fatalf("laid: %v, and the linter says %v", err, found)
		}
		if err != nil {
			checkProblems(t, r, err)
			return
		}
		for i := range r.Metrics {
			checkParsed(t, r, &r.Metrics[i])
		}
		checkLaid(t, r)
	})
}

// checkLaid asks again, in other words, what no overlay may get past.
func checkLaid(t *testing.T, r *Registry) {
	for i := range Base().Metrics {
		of := &Base().Metrics[i]
		m, ok := r.Metric(of.Name)
		if !ok || m.Products != nil || m.Type != of.Type || m.Treatment != of.Treatment || !slices.Equal(m.Values, of.Values) {
			t.Fatalf("metric %s of the base is now %+v", of.Name, m)
		}
	}
	for _, p := range r.Products {
		r.Matcher(p.Name)
		known := map[string]bool{}
		for i := range r.Metrics {
			for _, u := range r.Metrics[i].Rollups {
				if r.Metrics[i].MayReport(p.Name) {
					known[strings.Join(u.Facets, " ")] = true
				}
			}
		}
		if len(known) > MaxTuples || len(p.Modules) == 0 {
			t.Fatalf("product %+v with %d tuples", p, len(known))
		}
	}
}

func checkProblems(t *testing.T, r *Registry, err error) {
	var problems Problems
	if r != nil || !errors.As(err, &problems) || len(problems) == 0 {
		t.Fatalf("a registry: %v, and error %v", r != nil, err)
	}
	for i, p := range problems {
		if p.Line < 1 || p.Column < 1 || p.What == "" || p.Fix == "" || strings.Contains(p.Error(), "\n") {
			t.Fatalf("problem %+v", p)
		}
		if i > 0 && p.File == problems[i-1].File && p.Line < problems[i-1].Line {
			t.Fatalf("problems are not sorted: %v", err)
		}
	}
}

// checkParsed asks again, in other words, what no metric may get past.
func checkParsed(t *testing.T, r *Registry, m *Metric) {
	pageOnly := m.Treatment == schema.Hash || m.Treatment == schema.Scrub
	kept := m.Treatment == schema.Keep
	switch {
	case m.Name == "" || m.Owner == "" || m.Purpose == "" || m.Review == "" || m.Expires == "" || m.Since < 1 || m.Since > r.Release:
		t.Fatalf("metric without origin: %+v", m)
	case m.IsText() && kept && (len(m.Values) == 0) == (m.Format == ""), !m.IsText() && m.Max <= 0:
		t.Fatalf("unbounded metric: %+v", m)
	case m.Overflow != "" && !slices.Contains(m.Values, m.Overflow), m.Type == schema.Answer && m.Max > 10,
		(m.Type == schema.Log && kept) != (len(m.Templates) > 0), m.Type == schema.Log && (m.Level != schema.Enhanced || m.Format != ""):
		t.Fatalf("words that are not listed: %+v", m)
	case pageOnly && len(m.Rollups) > 0, !m.Page && len(m.Rollups) == 0, m.Treatment == schema.Drop:
		t.Fatalf("metric in the wrong place: %+v", m)
	case len(m.Labels) >= codec.MaxLabels || len(m.Buckets) >= codec.MaxBuckets || !slices.IsSorted(m.Buckets):
		t.Fatalf("metric out of bounds: %+v", m)
	}
	for _, l := range m.Labels {
		if (l.Treatment == schema.Bucket) != (len(l.BucketNames()) > 1) || l.Treatment == schema.Bucket && len(l.Values) > 0 {
			t.Fatalf("label %+v", l)
		}
		if len(m.OTLP) > 0 && NeverMapped(l.From()) || l.Overflow != "" && !slices.Contains(l.Values, l.Overflow) {
			t.Fatalf("label %+v", l)
		}
	}
	for _, u := range m.Rollups {
		if len(u.Facets) == 0 || len(u.Facets) > codec.MaxFacets || u.MinInstallations < MinInstallationsFloor {
			t.Fatalf("roll-up %+v", u)
		}
		for _, f := range u.Facets {
			if facet, ok := r.Metric(f); !ok || facet.Category != schema.Configuration {
				t.Fatalf("facet %q", f)
			}
		}
	}
}

// FuzzFrames: what passes as stack frames is lines of a function and a place,
// in an alphabet that holds no sentence, and of the product's modules.
func FuzzFrames(f *testing.F) {
	for _, s := range []string{
		"main.main main.go:7\nruntime.main proc.go:283",
		"example.com/acme/mail.(*T[...]).Run.func1 mail.go:1",
		"example.com/acme.F /home/ann/x.go:1",
	} {
		f.Add(s)
	}
	product := &Product{Name: "acme", Modules: []string{"example.com/acme"}}
	f.Fuzz(func(t *testing.T, s string) {
		if FormatFrames.match(s, product) != nil {
			return
		}
		lines := strings.Split(s, "\n")
		if len(lines) > maxFrames || len(s) > codec.MaxTextLen {
			t.Fatalf("%d lines, %d bytes", len(lines), len(s))
		}
		for _, line := range lines {
			words := strings.Split(line, " ")
			if len(words) != 2 || strings.ContainsAny(words[1], `/\`) || strings.ContainsAny(line, "@\"'{}=,;") {
				t.Fatalf("frame %q", line)
			}
		}
	})
}

// FuzzVersion: what passes as a version is short and of a version's alphabet.
func FuzzVersion(f *testing.F) {
	for _, s := range []string{"v1.2.3-rc.1", "v0.0.0-20261121183000-871dd1c0abcd+dirty", "1.2.3-14-g871dd1c", "1..-+"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if isVersion(s) && (len(s) > maxVersionLen || strings.IndexFunc(s, func(r rune) bool {
			return !isAlphanumeric(r) && !strings.ContainsRune(".-+", r)
		}) >= 0) {
			t.Fatalf("version %q", s)
		}
	})
}
