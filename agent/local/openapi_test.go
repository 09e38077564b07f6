package local_test

import (
	"encoding"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// TestDocumentIsServed: it is the file, to the byte.
func TestDocumentIsServed(t *testing.T) {
	want, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	local.Handler(new(agent)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/openapi.yaml", nil))
	if w.Code != http.StatusOK || w.Body.String() != string(want) || w.Header().Get("Content-Type") != "application/yaml" {
		t.Errorf("%d, %s, %d bytes, want the file", w.Code, w.Header().Get("Content-Type"), w.Body.Len())
	}
}

// TestDocumentedRoutes: each route is described, and each that is described is
// a route.
func TestDocumentedRoutes(t *testing.T) {
	d := readDocument(t)
	var described, are []string
	for path, item := range d.at(d.root, "paths") {
		for method := range item.(object) {
			if method != "parameters" {
				described = append(described, strings.ToUpper(method)+" "+path)
			}
		}
	}
	for _, r := range local.Routes() {
		are = append(are, r[0]+" "+r[1])
	}
	slices.Sort(described)
	slices.Sort(are)
	if !slices.Equal(described, are) {
		t.Errorf("described: %v\nroutes: %v", described, are)
	}
}

// TestDocumentedTypes: each field of a Go type is described with its type, and
// each that is described is a field. No schema is described in vain.
func TestDocumentedTypes(t *testing.T) {
	d := readDocument(t)
	schemas := d.at(d.root, "components", "schemas")
	for _, v := range []any{
		local.Records{}, local.Never{}, local.Participate{}, local.Problem{}, local.Results{}, local.Taken{}, local.Installation{}, local.Reset{},
		local.Erasure{}, local.SupportOrder{}, local.SupportCode{}, local.Revoked{}, local.LookupsOrder{}, local.Lookups{}, local.DebugOrder{}, local.Why{}, local.Preview{}, local.Sent{}, local.Entry{}, local.Proof{}, local.Status{},
	} {
		name := reflect.TypeOf(v).Name()
		d.met["#/components/schemas/"+name] = true
		checkType(t, d, name, schemas[name].(object), reflect.TypeOf(v))
	}
	for name := range schemas {
		if !d.met["#/components/schemas/"+name] {
			t.Errorf("%s is described, and no type has it", name)
		}
	}
}

// checkType compares a schema with a type.
func checkType(t *testing.T, d *document, at string, schema object, of reflect.Type) {
	t.Helper()
	if of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	schema = d.resolve(schema)
	if want := typeWord(of); !reflect.DeepEqual(schema["type"], want) {
		t.Errorf("%s is described as %v, want %v", at, schema["type"], want)
		return
	}
	switch {
	case schema["type"] == "array":
		checkType(t, d, at+"[]", d.at(schema, "items"), of.Elem())
	case of.Kind() == reflect.Map:
		checkType(t, d, at+"{}", d.at(schema, "additionalProperties"), of.Elem())
	case schema["type"] == "object":
		checkFields(t, d, at, schema, of)
	}
}

// checkFields compares the fields of an object with those of a struct.
func checkFields(t *testing.T, d *document, at string, schema object, of reflect.Type) {
	t.Helper()
	fields, required := map[string]reflect.Type{}, []string{}
	collectFields(of, fields, &required)
	described, _ := schema["properties"].(object)
	if got, want := slices.Sorted(maps.Keys(described)), slices.Sorted(maps.Keys(fields)); !slices.Equal(got, want) {
		t.Errorf("%s is described with %v, want %v", at, got, want)
	}
	var says []string
	for _, name := range schema["required"].([]any) {
		says = append(says, name.(string))
	}
	slices.Sort(says)
	slices.Sort(required)
	if !slices.Equal(says, required) {
		t.Errorf("%s requires %v, want %v", at, says, required)
	}
	if schema["additionalProperties"] != false {
		t.Errorf("%s leaves fields open", at)
	}
	for name, of := range fields {
		if one, ok := described[name].(object); ok {
			checkType(t, d, at+"."+name, one, of)
		}
	}
}

// collectFields returns the fields of a struct as JSON has them.
func collectFields(of reflect.Type, into map[string]reflect.Type, required *[]string) {
	for f := range of.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			collectFields(f.Type, into, required)
			continue
		}
		into[name] = f.Type
		if options == "" {
			*required = append(*required, name)
		}
	}
}

// typeWord is what a schema calls a type.
func typeWord(of reflect.Type) any {
	switch {
	case of == reflect.TypeFor[local.Value]():
		return []any{"integer", "string", "boolean"}
	case of == reflect.TypeFor[time.Time](), of == reflect.TypeFor[[]byte](), of.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return "string"
	}
	switch of.Kind() {
	case reflect.Struct, reflect.Map:
		return "object"
	case reflect.Slice:
		return "array"
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	}
	return "integer"
}

// TestDocumentedReasons: every word that a record can be dropped with.
func TestDocumentedReasons(t *testing.T) {
	d := readDocument(t)
	described := map[string]bool{}
	for _, word := range d.at(d.root, "components", "schemas", "Reason")["enum"].([]any) {
		described[word.(string)] = true
	}
	words := map[string]bool{
		intake.ReasonOff: true, intake.ReasonRelease: true, intake.ReasonLevel: true, intake.ReasonShare: true, intake.ReasonIdentifies: true, intake.ReasonOther: true,
	}
	m, _ := registry.Base().Metric("tacit.records.refused")
	for _, l := range m.Labels {
		for _, word := range l.Values {
			words[word] = true
		}
	}
	if !maps.Equal(described, words) {
		t.Errorf("described: %v\nthere are: %v", slices.Sorted(maps.Keys(described)), slices.Sorted(maps.Keys(words)))
	}
}

// trial is a way to ask that may end otherwise than well.
type trial struct {
	handler http.Handler
	body    io.Reader
	path    func(string) string
}

// slowBody does not come in time.
type slowBody struct{}

func (slowBody) Read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

// trials asks each route in every way in which something can be wrong.
func trials(t *testing.T, good string) []trial {
	t.Helper()
	l, err := datadir.Listen(long(t), datadir.AgentSocket, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	fine := local.Handler(new(agent))
	number := func(n string) func(string) string {
		return func(path string) string { return strings.ReplaceAll(path, "{number}", n) }
	}
	return []trial{
		{fine, strings.NewReader(good), number("1")},
		{fine, strings.NewReader("{"), number("zoe")},
		{fine, slowBody{}, number("99")},
		{fine, strings.NewReader(strings.Repeat(" ", local.MaxBody+1)), number("1")},
		{l.Handler(fine), strings.NewReader(good), number("1")},
		{local.Handler(&agent{fail: errDisk}), strings.NewReader(good), number("1")},
		{local.Spent(new(agent)), strings.NewReader(good), number("1")},
		{local.Full(new(agent)), strings.NewReader(good + strings.Repeat(" ", 10<<10)), number("1")},
	}
}

// TestDocumentedAnswers: every status that a route can answer with is
// described, every one that is described can be had, and each answer is as
// described, Retry-After among it.
func TestDocumentedAnswers(t *testing.T) {
	d := readDocument(t)
	goods := map[string]string{
		"/v1/records":       `{"product":{"name":"finder","version":"5.3.1"},"records":[{"metric":"known","value":1,"count":2},{"metric":"zoe","time":5,"value":"x","labels":{"a":"b"}}]}`,
		"/v1/never":         `{"values":["4711"]}`,
		"/v1/participation": `{"on":false,"purge":true}`,
		"/v1/support":       `{"days":7}`,
		"/v1/lookups":       `{"days":7}`,
		"/v1/debug":         `{"minutes":60}`,
	}
	for _, r := range local.Routes() {
		operation := d.at(d.root, "paths", r[1], strings.ToLower(r[0]))
		if body := d.at(operation, "requestBody", "content", "application/json", "schema"); body != nil || goods[r[1]] != "" {
			if wrong := d.checkText(body, goods[r[1]]); wrong != "" {
				t.Errorf("%s: what is sent%s", r[1], wrong)
			}
		}
		met := map[string]bool{}
		for _, try := range trials(t, goods[r[1]]) {
			w := httptest.NewRecorder()
			try.handler.ServeHTTP(w, httptest.NewRequest(r[0], try.path(r[1]), try.body))
			code := strconv.Itoa(w.Code)
			met[code] = true
			checkAnswer(t, d, r[0]+" "+r[1]+" "+code, d.at(operation, "responses", code), w)
		}
		for code := range d.at(operation, "responses") {
			if !met[code] {
				t.Errorf("%s %s never answers %s", r[0], r[1], code)
			}
		}
	}
}

func checkAnswer(t *testing.T, d *document, at string, described object, w *httptest.ResponseRecorder) {
	t.Helper()
	if described == nil {
		t.Errorf("%s is not described: %s", at, w.Body)
		return
	}
	kind, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
	schema := d.at(described, "content", kind, "schema")
	if kind == "application/json" {
		if wrong := d.checkText(schema, w.Body.String()); wrong != "" {
			t.Errorf("%s: the answer%s: %s", at, wrong, w.Body)
		}
	} else if schema == nil {
		t.Errorf("%s answers with %s", at, kind)
	}
	after, err := strconv.Atoi(w.Header().Get("Retry-After"))
	if want := d.at(described, "headers", "Retry-After") != nil; want != (err == nil && after >= 1) {
		t.Errorf("%s: Retry-After %q, described: %v", at, w.Header().Get("Retry-After"), want)
	}
}

// TestRecordedAnswers: what a running agent answered is as described. The names
// of the files are those of the schemas.
func TestRecordedAnswers(t *testing.T) {
	d := readDocument(t)
	names, err := filepath.Glob("testdata/answers/*.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d recorded answers, %v", len(names), err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		of := d.at(d.root, "components", "responses", strings.TrimSuffix(filepath.Base(name), ".json"), "content", "application/json", "schema")
		if wrong := d.checkText(of, string(b)); wrong != "" {
			t.Errorf("%s%s", name, wrong)
		}
	}
}
