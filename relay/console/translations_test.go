package console

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/relay/policy"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// named are whole keys in the code; those that end in a dot are the beginnings
// of built ones.
var named = regexp.MustCompile(`"(console\.[a-z_.]*[a-z_])"`)

// built returns the keys that the code puts together from words.
func built() (keys []string) {
	add := func(begin string, words ...string) {
		for _, w := range words {
			keys = append(keys, begin+w)
		}
	}
	for _, c := range schema.Categories() {
		add("console.category.", string(c))
	}
	add("console.level.", string(schema.Standard), string(schema.Enhanced))
	add("console.programme.", string(schema.CEIP), string(schema.CSP))
	add("console.treatment.", string(schema.Hash), string(schema.Scrub), string(schema.Drop))
	add("console.treatment.format.", string(registry.FormatVersion), string(registry.FormatOSVersion),
		string(registry.FormatCountry), string(registry.FormatFrames))
	add("console.refused.", refusals...)
	add("console.upstream.", UpstreamConnected, UpstreamAway, UpstreamStream)
	for cause := range fixes {
		add("console.cause.", string(cause))
	}
	for _, act := range acts {
		add("", actKey(act))
	}
	add("console.sent.by.", inputs...)
	for _, word := range firsts {
		add("", firstKey(word))
	}
	return keys
}

func TestTranslations(t *testing.T) {
	keys := built()
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sources {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, m := range named.FindAllSubmatch(b, -1) {
			keys = append(keys, string(m[1]))
		}
	}
	if len(keys) < 80 {
		t.Fatalf("only %d keys were found in the code", len(keys))
	}
	if err := web.CheckTranslations(files, keys...); err != nil {
		t.Error(err)
	}
}

// Every cause of a policy that holds has words here, so that none is told in
// English only.
func TestEveryCauseHasWords(t *testing.T) {
	b, err := os.ReadFile("../policy/state.go")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`Cause\w+\s+Cause = "(\w+)"`).FindAllSubmatch(b, -1)
	if len(found) < 5 {
		t.Fatalf("only %d causes were found", len(found))
	}
	for _, m := range found {
		cause := policy.Cause(m[1])
		if _, ok := fixes[cause]; !ok && cause != policy.CauseAsks {
			t.Errorf("cause %q has no words", cause)
		}
	}
}

// The registry is the one place of the English descriptions; the catalogue
// repeats them word for word, so that a change there asks for the translation.
func TestEveryMetricIsTranslated(t *testing.T) {
	texts := map[string]map[string]string{}
	for _, lang := range web.Languages {
		b, err := os.ReadFile("../../internal/web/translations/" + lang + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		var in map[string]string
		if err := yaml.Unmarshal(b, &in); err != nil {
			t.Fatal(err)
		}
		texts[lang] = in
	}
	want := map[string]string{}
	for _, m := range registry.Base().Metrics {
		want["metric."+m.Name+".description"], want["metric."+m.Name+".purpose"] = m.Description, m.Purpose
		for _, l := range m.Labels {
			want["metric."+m.Name+".label."+l.Name] = l.Description
		}
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if texts["en"][key] != want[key] {
			t.Errorf("en.yaml: %s is %q, and the registry says %q: change it and its translations", key, texts["en"][key], want[key])
		}
		if it := texts["it"][key]; it == "" || it == want[key] {
			t.Errorf("it.yaml: %s is not translated", key)
		}
	}
	for _, lang := range web.Languages {
		for key := range texts[lang] {
			if _, ok := want[key]; !ok && strings.HasPrefix(key, "metric.") {
				t.Errorf("%s.yaml: %s is not in the registry", lang, key)
			}
		}
	}
}
