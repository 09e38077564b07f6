package dictionary_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema/dictionary"
)

// changesText is a golden file's form of changes.
func changesText(changes []dictionary.Change) []byte {
	var b strings.Builder
	for _, c := range changes {
		fmt.Fprintln(&b, c)
	}
	return []byte(b.String())
}

// TestDiffGolden: a release that changes much, read in both directions.
func TestDiffGolden(t *testing.T) {
	was := fixture(t)
	is := fixture(t, "release: 3\n", "release: 4\n",
		"default: ask", "default: on",
		"[example.com/alpha]", "[example.com/alpha, example.com/lib]",
		"[single, shared, other]\n    overflow: other # of the mode", "[single, double]",
		"min_installations: 30", "min_installations: 10",
		"format: country", "format: os_version",
		"\"{item}\"\n    treatment: keep\n    max: 5000\n    rollups: [{facets: [os.type]}]\n    page: true # of the depth", "\"{item}\"\n    treatment: bucket\n    buckets: [1, 10]\n    rollups: [{facets: [alpha.mode]}]\n    page: false",
		"[1024, 1048576]", "[1024, 65536, 1048576]",
		"name: kind\n        description: What was asked for.", "name: sort\n        description: What was wanted.",
		"[{span: alpha.time}]", "[{span: alpha.time}, {metric: alpha.time}]",
		"treatment: hash", "treatment: scrub",
		"It has ended.", "It was ended.",
		"bucket, unit: \"{item}\", buckets: [2, 20]", "bucket, unit: \"{job}\", buckets: [2, 10, 20]",
		"name: alpha.error", "name: alpha.failure",
		"expires: 2030-01-31", "expires: never",
	)
	golden(t, filepath.Join("testdata", "diff.txt"), changesText(dictionary.Diff(was, is)))
	golden(t, filepath.Join("testdata", "diff-back.txt"), changesText(dictionary.Diff(is, was)))
}

// TestDiffMarks: what collects more asks again, and its way back does not; what
// means something else needs a new name in both directions.
func TestDiffMarks(t *testing.T) {
	for name, c := range map[string]struct {
		replace   []string
		ask, back bool // forth, and back
		newName   bool
	}{
		"a new field":                 {[]string{"metrics:\n  - name: alpha.mode", "metrics:\n  - {name: alpha.on, description: On., category: configuration, programme: ceip, level: standard, type: flag, treatment: keep, page: true, owner: a, purpose: b, review: \"https://example.com/\", since: 1, expires: never}\n  - name: alpha.mode"}, true, false, false},
		"a longer list":               {[]string{"[single, shared, other]", "[single, shared, double, other]"}, true, false, false},
		"a longer list of a label":    {[]string{"[read, write, other]", "[read, write, list, other]"}, true, false, false},
		"no overflow":                 {[]string{"    overflow: other # of the mode\n", ""}, false, true, false},
		"a lower threshold":           {[]string{"min_installations: 30", "min_installations: 10"}, true, false, false},
		"one more list of facets":     {[]string{"[{facets: [alpha.mode], min_installations: 30}]", "[{facets: [alpha.mode], min_installations: 30}, {facets: [os.type]}]"}, true, false, false},
		"no page":                     {[]string{"page: true # of the depth", "page: false"}, false, true, false},
		"kept for longer":             {[]string{"2030-01-31", "never"}, true, false, false},
		"a later end":                 {[]string{"2030-01-31", "2031-01-31"}, true, false, false},
		"on by default":               {[]string{"default: ask", "default: on"}, true, false, false},
		"a higher bound":              {[]string{"max: 5000", "max: 6000"}, true, false, false},
		"a weaker treatment":          {[]string{"treatment: hash", "treatment: scrub"}, true, false, true},
		"a stronger treatment":        {[]string{"unit: By\n    treatment: keep", "unit: By\n    treatment: bucket"}, false, true, true},
		"finer ranges":                {[]string{"[1024, 1048576]", "[1024, 65536, 1048576]"}, true, false, true},
		"other ranges":                {[]string{"[1024, 1048576]", "[2048, 1048576]"}, true, true, true},
		"another unit":                {[]string{"{item}", "{job}"}, false, false, true},
		"another type":                {[]string{"type: quantity\n    unit: \"{item}\"", "type: counter\n    unit: \"{item}\""}, true, true, true},
		"another purpose":             {[]string{"To test what is used.", "To sell what is used."}, true, true, false},
		"another owner":               {[]string{"alpha@example.com", "beta@example.com"}, false, false, false},
		"one more source":             {[]string{"[{span: alpha.time}]", "[{span: alpha.time}, {metric: alpha.time}]"}, true, false, false},
		"another line under its ID":   {[]string{"It has begun.", "It has started."}, false, false, true},
		"places in more modules":      {[]string{"[example.com/alpha]", "[example.com/alpha, example.com/lib]"}, true, false, false},
		"another attribute":           {[]string{"attribute: alpha.kind", "attribute: alpha.sort"}, true, true, false},
		"one more log":                {[]string{"logs:\n", "logs:\n  - {name: alpha.more, product: alpha, path: /srv/alpha/b.log, metric: alpha.log}\n"}, true, false, false},
		"a log in another place":      {[]string{"/var/log/alpha/*.log", "/srv/alpha/*.log"}, true, true, false},
		"a label that is dropped":     {[]string{"      - name: note\n        description: What was said.\n        treatment: drop\n", ""}, false, false, false},
		"a label that is not dropped": {[]string{"      - name: frames\n        description: Where.\n        treatment: keep\n        format: frames\n", ""}, false, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			was := fixture(t)
			is := fixture(t, append(c.replace, "release: 3\n", "release: 4\n")...)
			checkMarks(t, dictionary.Diff(was, is), c.ask, c.newName)
			checkMarks(t, dictionary.Diff(is, was), c.back, c.newName)
		})
	}
}

func checkMarks(t *testing.T, changes []dictionary.Change, ask, newName bool) {
	t.Helper()
	asks, names := false, false
	for _, c := range changes {
		asks, names = asks || c.Ask, names || c.NewName
	}
	if len(changes) == 0 || asks != ask || names != newName {
		t.Errorf("people are asked again: %v, want %v; a new name: %v, want %v\n%s", asks, ask, names, newName, changesText(changes))
	}
}
