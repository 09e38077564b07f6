package registry

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
)

var update = flag.Bool("update", false, "write the expected problems beside testdata/bad")

func TestParseGood(t *testing.T) {
	r := parseFile(t, filepath.Join("testdata", "good.yaml"))
	queue, ok := r.Metric("mail.queue")
	if !ok || r.Release != 3 || len(r.Metrics) != 3 {
		t.Fatalf("release %d, %d metrics, mail.queue found: %v", r.Release, len(r.Metrics), ok)
	}
	if !slices.Equal(queue.Buckets, []int64{1 << 10, 1 << 20}) || queue.Page || queue.Since != 3 || len(queue.Labels) != 2 {
		t.Errorf("mail.queue is %+v", queue)
	}
	if got := queue.Rollups[0].MinInstallations; got != 50 {
		t.Errorf("threshold %d, want the 50 that is written", got)
	}
	os, _ := r.Metric("os.type")
	if got := os.Rollups[0].MinInstallations; got != DefaultMinInstallations {
		t.Errorf("threshold %d, want the default %d", got, DefaultMinInstallations)
	}
	if p, ok := r.Programme(schema.CEIP); !ok || p.Default != DefaultAsk {
		t.Errorf("programme ceip is %+v, %v", p, ok)
	}
	if p, ok := r.Product("acme-mail"); !ok || p.Modules[0] != "example.com/acme/mail" {
		t.Errorf("product is %+v, %v", p, ok)
	}
	if version, _ := r.Metric("service.version"); version.Expires != "2027-06-30" {
		t.Errorf("expires %q, want the date", version.Expires)
	}
	tuples := r.Tuples()
	if len(tuples) != 2 || !slices.Equal(tuples[0], []string{"os.type", "service.version"}) || !slices.Equal(tuples[1], []string{"os.type"}) {
		t.Errorf("tuples %v", tuples)
	}
}

// Each file in testdata/bad has one mistake, and its problems stand beside it.
func TestParseBad(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "bad", "*.yaml"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			r, err := Parse(filepath.Base(file), data)
			var problems Problems
			if r != nil || !errors.As(err, &problems) {
				t.Fatalf("a registry: %v, error %v; want Problems", r != nil, err)
			}
			if len(problems) != 1 && name != "many" {
				t.Errorf("%d problems for one mistake:\n%v", len(problems), err)
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", err.Error()+"\n")
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestParseBounds(t *testing.T) {
	_, err := Parse("big.yaml", bytes.Repeat([]byte("#\n"), MaxFile))
	if err == nil || !strings.Contains(err.Error(), "big.yaml:1:1: file of 2097152 bytes") {
		t.Errorf("a file above the bound: %v", err)
	}
	long := strings.Repeat("x", 500)
	_, err = Parse("long.yaml", []byte(long+": 1\n"))
	if err == nil || strings.Contains(err.Error(), long[:maxQuoted+1]) {
		t.Errorf("a problem repeats a long key: %v", err)
	}
}

func parseFile(t *testing.T, file string) *Registry {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Parse(file, data)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
