package codec

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tacit-telemetry/tacit/schema"
)

// testdata/released has one directory a form and in it one file a version of
// Tacit: what that version encoded, and what it was. A release adds its files,
//
//	go test ./schema/codec -run Released -release 0.2.0
//
// and no file is ever changed: agents that were never updated send it still, and
// stores keep it.
var release = flag.String("release", "", "write what this tree encodes as the vectors of the version of that name")

const releasedDir = "testdata/released"

// vector is one value as a version encoded it. A field that the value did not
// have then is zero.
type vector struct {
	Content json.RawMessage `json:"content"`
	Bytes   string          `json:"bytes"` // hexadecimal
}

// releasedForm is one form with values that this tree writes so.
type releasedForm struct {
	check func(t *testing.T, v vector)
	make  func(t *testing.T) []vector
}

func releasedForms() map[string]releasedForm {
	few := Page{Batch: schema.BatchID{9}, Writer: schema.Writer{8}, Release: 2, Records: newTraffic(7).batch(40, true)}
	several := few
	several.Records = slices.Clone(few.Records)
	for i := range several.Records {
		several.Records[i].Count = []uint32{0, 2, 300}[i%3]
	}
	none := Page{Batch: schema.BatchID{7}, Writer: schema.Writer{6}, Release: 1, Records: []schema.Record{}}
	plain := schema.Record{Time: -5, Metric: "m", Value: schema.Text("ü €𝄞")}
	return map[string]releasedForm{
		"page-1":     formOf(formPlain, EncodePage, DecodePage, none, onePage, few),
		"page-2":     formOf(formCounted, EncodePage, DecodePage, countedPage, several),
		"record-1":   formOf(formPlain, EncodeRecord, DecodeRecord, oneRecord, plain),
		"record-2":   formOf(formCounted, EncodeRecord, DecodeRecord, countedRecord, counted(plain, schema.MaxCount)),
		"fragment-2": formOf(formPacked, EncodeFragment, DecodeFragment, longFragment()),
		"fragment-1": formOf(formPlain, EncodeFragment, DecodeFragment, oneFragment, Fragment{Facets: []Pair{}, Values: []Measure{}}),
	}
}

func formOf[T any](form byte, encode func(T) ([]byte, error), decode func([]byte) (T, error), values ...T) releasedForm {
	return releasedForm{
		make: func(t *testing.T) (vs []vector) {
			for _, v := range values {
				content, err := json.Marshal(v)
				if err != nil || !utf8.Valid(content) {
					t.Fatal(err)
				}
				vs = append(vs, vector{content, hex.EncodeToString(encoded(t, encode, v))})
			}
			return vs
		},
		check: func(t *testing.T, v vector) {
			b, err := hex.DecodeString(v.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			var want T
			if err := json.Unmarshal(v.Content, &want); err != nil {
				t.Fatal(err)
			}
			if got, err := decode(b); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, %v, want %+v", got, err, want)
			}
			if plain, err := Plain(b); err == nil { // it was a page
				b = plain
			}
			if b[1] != form {
				t.Errorf("has form %d, want %d", b[1], form)
			}
		},
	}
}

// TestReleasedFormsAreRead decodes every vector of every released version.
func TestReleasedFormsAreRead(t *testing.T) {
	forms := releasedForms()
	if *release != "" {
		writeReleased(t, forms)
	}
	dirs, err := os.ReadDir(releasedDir)
	if err != nil || len(dirs) != len(forms) {
		t.Fatalf("%d forms are known, %d were released: %v", len(forms), len(dirs), err)
	}
	for _, dir := range dirs {
		form, ok := forms[dir.Name()]
		files, err := filepath.Glob(filepath.Join(releasedDir, dir.Name(), "*.json"))
		if err != nil || !ok || len(files) == 0 {
			t.Fatalf("form %s: known %t, %d files, %v", dir.Name(), ok, len(files), err)
		}
		for _, file := range files {
			t.Run(dir.Name()+"/"+strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
				for _, v := range readReleased(t, file) {
					form.check(t, v)
				}
			})
		}
	}
}

func readReleased(t *testing.T, file string) (vs []vector) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &vs); err != nil || len(vs) == 0 {
		t.Fatalf("%d vectors: %v", len(vs), err)
	}
	return vs
}

func writeReleased(t *testing.T, forms map[string]releasedForm) {
	t.Helper()
	for name, form := range forms {
		lines := []string{}
		for _, v := range form.make(t) {
			b, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, string(b))
		}
		file := filepath.Join(releasedDir, name, *release+".json")
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, os.ErrExist) {
			continue // it is of a version that was released
		}
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.WriteString("[\n" + strings.Join(lines, ",\n") + "\n]\n")
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
