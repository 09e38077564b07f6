package diagnosis

import (
	"errors"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema/registry"
)

const vendorFile = `
known_issues:
  - product: finder
    code: search_timeout
    function: query.Run
    title: Search gives up too early
    since: 5.3.0
    fixed_in: 5.3.1
    workaround: Set the time for a search to 60 s.
    url: https://example.com/issues/217
  - {product: finder, operation: open, title: Opening is slow, since: "5.3"}
releases:
  - {product: finder, version: "5.2", end_of_life: 2026-06-30}
  - {product: finder, version: 5.2.9, end_of_life: 2027-06-30}
`

func known(t *testing.T, text string) *Known {
	t.Helper()
	k, err := ParseKnown("known.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestKnownIssues(t *testing.T) {
	k := known(t, vendorFile)
	for _, tt := range []struct {
		what    string
		s       Signature
		version string
		want    bool
	}{
		{"the signature", Signature{Product: "finder", Code: "search_timeout", Function: "example.com/finder/query.Run"}, "5.3.0", true},
		{"a pre-release of the fix", Signature{Product: "finder", Code: "search_timeout", Function: "query.Run"}, "5.3.1-rc.1", true},
		{"the fix", Signature{Product: "finder", Code: "search_timeout", Function: "query.Run"}, "5.3.1", false},
		{"before it", Signature{Product: "finder", Code: "search_timeout", Function: "query.Run"}, "5.2.9", false},
		{"another code", Signature{Product: "finder", Code: "disk_full", Function: "query.Run"}, "5.3.0", false},
		{"another function", Signature{Product: "finder", Code: "search_timeout", Function: "query.Runner"}, "5.3.0", false},
		{"another product", Signature{Product: "engine", Code: "search_timeout", Function: "query.Run"}, "5.3.0", false},
		{"an operation's is for what is slow", Signature{Product: "finder", Code: "x", Operation: "open"}, "5.3.0", false},
	} {
		if got := k.ofSignature(&tt.s, tt.version); (got != nil) != tt.want {
			t.Errorf("%s: %+v", tt.what, got)
		}
	}
	if k.ofSlow(&Slow{Product: "finder", Operation: "open", Version: "5.3.0"}) == nil || k.ofSlow(&Slow{Product: "finder", Operation: "save", Version: "5.3.0"}) != nil {
		t.Error("of slow operations")
	}
	for version, want := range map[string]string{"5.2": "2026-06-30", "5.2.1": "2026-06-30", "5.2.9": "2027-06-30", "5.20": "", "5.3.0": "", "5": ""} {
		if got := k.endOfLife("finder", version); got != want {
			t.Errorf("%s ends %q, want %q", version, got, want)
		}
	}
	var none *Known
	if none.ofSignature(&Signature{}, "") != nil || none.endOfLife("finder", "5.2") != "" || len(known(t, "").Issues) != 0 {
		t.Error("of no file")
	}
}

// TestKnownMistakes: each is told with its line and what to write instead.
func TestKnownMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"known_issue: []":            `known.yaml:1:1: unknown key "known_issue" in the file; fix: use only known_issues, releases`,
		"[]":                         "known.yaml:1:1: the file has no keys and values",
		"releases: {}":               "known.yaml:1:11: releases is no list; fix: begin each",
		"a: [":                       "not YAML",
		"releases: []\n---\nx: 1":    "a second YAML document",
		"releases: []\nreleases: []": "known.yaml:2:1: the file has the key releases twice",
		"known_issues:\n- title: x":  "known.yaml:2:3: the issue has no product; fix: add product: ...",
		"known_issues: [&a {}, *a]":  "an alias; fix: write the value out",
		"known_issues: [x]":          "the issue has no keys and values",
		"releases:\n- {product: f, version: 5.2, end_of_life: 2026-01-01}":                `known.yaml:2:25: version is a number, and YAML may cut its last digit; fix: put it in quotes: "5.2"`,
		"releases:\n- {product: f, version: soon, end_of_life: 2026-01-01}":               `version is "soon", which is no version`,
		"releases:\n- {product: f, version: 5.2.1, end_of_life: June}":                    `end_of_life is "June", which is no day; fix: write it as 2027-06-30`,
		"known_issues:\n- {product: f, title: x}":                                         "neither code, function nor operation",
		"known_issues:\n- {product: f, title: x, code: y, url: 'javascript:alert(1)'}":    "no address of a page",
		"known_issues:\n- {product: f, title: x, code: y, since: 1.0.1, fixed_in: 1.0.0}": "fixed_in is not after since",
		"known_issues:\n- {product: f, title: [x], code: y}":                              "title is no text",
		"known_issues:\n- {product: f, code: y, title: " + strings.Repeat("x", 501) + "}": "more than 500 characters",
		"\xff":                           "not UTF-8",
		strings.Repeat("#", 1<<20) + "#": "write at most 1048576 bytes",
	} {
		k, err := ParseKnown("known.yaml", []byte(text))
		if ps, ok := errors.AsType[registry.Problems](err); k != nil || !ok || len(ps) == 0 || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %s", text, err, want)
		}
	}
}

func FuzzParseKnown(f *testing.F) {
	f.Add([]byte(vendorFile))
	f.Add([]byte("known_issues:\n- {product: f, title: x, code: y, since: 1.0.1, fixed_in: 1.0.0}"))
	f.Add([]byte("releases: [&a {}, *a]"))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := ParseKnown("known.yaml", b)
		if (k == nil) == (err == nil) {
			t.Errorf("%v, %v", k, err)
		}
		if k == nil {
			return
		}
		for _, i := range k.Issues {
			if i.Product == "" || i.Title == "" || strings.ContainsAny(i.Title+i.Workaround, "\n\r") {
				t.Errorf("%+v", i)
			}
		}
	})
}
