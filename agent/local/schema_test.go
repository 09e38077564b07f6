package local_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// object is a node of the document.
type object = map[string]any

// document is openapi.yaml, as a test looks things up in it.
type document struct {
	root object
	met  map[string]bool // references that were followed
}

func readDocument(t *testing.T) *document {
	t.Helper()
	b, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d := &document{met: map[string]bool{}}
	if err := yaml.Unmarshal(b, &d.root); err != nil {
		t.Fatal(err)
	}
	return d
}

// at returns what lies on a path; nil when nothing does.
func (d *document) at(of object, path ...string) object {
	for _, name := range path {
		of, _ = d.resolve(of)[name].(object)
	}
	return d.resolve(of)
}

// resolve follows a reference.
func (d *document) resolve(of object) object {
	ref, ok := of["$ref"].(string)
	if !ok {
		return of
	}
	d.met[ref] = true
	return d.at(d.root, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
}

// words are the keywords that check knows. Another one fails the test, or
// something would be described and not looked at.
var words = []string{"type", "enum", "properties", "required", "additionalProperties", "items", "maxItems", "minimum", "maximum",
	"format", "propertyNames", "contentEncoding", "description"}

// check says where a value is not as a schema says, or "".
func (d *document) check(schema object, v any) string {
	schema = d.resolve(schema)
	if len(schema) == 0 {
		return ": nothing is described"
	}
	for word := range schema {
		if !slices.Contains(words, word) {
			return ": the test does not know " + word
		}
	}
	if types, ok := schema["type"]; ok && !isOne(types, v) {
		return fmt.Sprintf(" is %T, want %v", v, types)
	}
	if enum, ok := schema["enum"].([]any); ok && !slices.Contains(enum, v) {
		return fmt.Sprintf(" is %v, want one of %v", v, enum)
	}
	switch v := v.(type) {
	case object:
		return d.checkObject(schema, v)
	case []any:
		return d.checkList(schema, v)
	case float64:
		return checkNumber(schema, v)
	case string:
		if _, err := time.Parse(time.RFC3339, v); err != nil && schema["format"] == "date-time" {
			return " is no time"
		}
	}
	return ""
}

// isOne says whether a value is of a type, or of one of several.
func isOne(types, v any) bool {
	if several, ok := types.([]any); ok {
		return slices.ContainsFunc(several, func(one any) bool { return isOne(one, v) })
	}
	switch v := v.(type) {
	case object:
		return types == "object"
	case []any:
		return types == "array"
	case string:
		return types == "string"
	case bool:
		return types == "boolean"
	case float64:
		return types == "number" || types == "integer" && v == math.Trunc(v)
	}
	return false
}

func (d *document) checkObject(schema, v object) string {
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, ok := v[name.(string)]; !ok {
			return fmt.Sprintf(".%v is missing", name)
		}
	}
	known, _ := schema["properties"].(object)
	for name, value := range v {
		of, ok := known[name].(object)
		if !ok {
			if of, ok = schema["additionalProperties"].(object); !ok {
				return "." + name + " is not described"
			}
		}
		if names, ok := schema["propertyNames"].(object); ok {
			if wrong := d.check(names, name); wrong != "" {
				return "." + name + ", the name," + wrong
			}
		}
		if wrong := d.check(of, value); wrong != "" {
			return "." + name + wrong
		}
	}
	return ""
}

func (d *document) checkList(schema object, v []any) string {
	if most, ok := schema["maxItems"].(int); ok && len(v) > most {
		return fmt.Sprintf(" has %d items, want at most %d", len(v), most)
	}
	items, _ := schema["items"].(object)
	for i, item := range v {
		if wrong := d.check(items, item); wrong != "" {
			return fmt.Sprintf("[%d]%s", i, wrong)
		}
	}
	return ""
}

func checkNumber(schema object, v float64) string {
	if least, ok := schema["minimum"].(int); ok && v < float64(least) {
		return fmt.Sprintf(" is %v, want at least %d", v, least)
	}
	if most, ok := schema["maximum"].(int); ok && v > float64(most) {
		return fmt.Sprintf(" is %v, want at most %d", v, most)
	}
	return ""
}

// checkText says where JSON is not as a schema says, or "".
func (d *document) checkText(schema object, text string) string {
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return ": " + err.Error()
	}
	return d.check(schema, v)
}

// TestCheck: the test's own eyes see what they should.
func TestCheck(t *testing.T) {
	d := readDocument(t)
	schema := func(name string) object { return d.at(d.root, "components", "schemas", name) }
	for _, c := range []struct{ schema, text, wrong string }{
		{"Problem", `{"error":"x"}`, ""},
		{"Problem", `{"hint":"x"}`, ".error is missing"},
		{"Problem", `{"error":5}`, ".error is float64"},
		{"Problem", `{"error":null}`, ".error is <nil>"},
		{"Problem", `{"error":"x","more":1}`, ".more is not described"},
		{"Results", `{"results":[{"status":"lost"}]}`, ".results[0].status is lost"},
		{"Taken", `{"taken":-1}`, ".taken is -1"},
		{"Taken", `{"taken":1.5}`, ".taken is float64"},
		{"Record", `{"metric":"m","value":1,"count":1000001}`, ".count is 1.000001e+06"},
		{"Record", `{"metric":"m","value":1.5}`, ".value is float64"},
		{"Record", `{"metric":"m","value":true,"labels":{"a":1}}`, ".labels.a is float64"},
		{"Status", `{"spool":{},"refused":{}}`, ".spool."},
		{"RequestCounts", `{"rate":1,"zoe":1}`, ".zoe, the name,"},
		{"Proof", `[]`, " is []interface {}"},
		{"Reset", `{"installation_id":"","spoken":"","records_dropped":0,"at":"today"}`, ".at is no time"},
	} {
		if wrong := d.checkText(schema(c.schema), c.text); wrong != c.wrong && (c.wrong == "" || !strings.HasPrefix(wrong, c.wrong)) {
			t.Errorf("%s %s: %q, want %q", c.schema, c.text, wrong, c.wrong)
		}
	}
}
