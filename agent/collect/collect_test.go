package collect

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// gather reads every fact of this host.
func gather(t *testing.T, c Config) map[string]schema.Value {
	t.Helper()
	samples, err := Collect(t.Context(), Host(c))
	if err != nil {
		t.Fatal(err)
	}
	facts := make(map[string]schema.Value, len(samples))
	for _, s := range samples {
		if _, twice := facts[s.Metric]; twice {
			t.Errorf("%s was read twice", s.Metric)
		}
		facts[s.Metric] = s.Value
	}
	return facts
}

func TestEveryFactIsRegistered(t *testing.T) {
	facts := gather(t, Config{DataDir: t.TempDir()})
	want := []string{
		"country", "host.arch", "host.cpu.cores", "host.cpu.family", "host.disk.free",
		"host.memory", "host.uptime", "os.name", "os.type", "os.version", "tacit.process.memory",
	}
	for _, name := range want {
		value, ok := facts[name]
		if !ok {
			t.Errorf("no sample of %s", name)
			continue
		}
		rec := schema.Record{Product: schema.Product{Name: "tacit", Version: "1.0.0"}, Metric: name, Value: value}
		if err := registry.Base().CheckOffered(&rec); err != nil {
			t.Errorf("%s = %v: %v", name, value.Any(), err)
		}
	}
	if len(facts) != len(want) {
		t.Errorf("got %d facts, want %d: %v", len(facts), len(want), facts)
	}
}

// Every word that a table here can answer is one that the registry lists;
// otherwise the host would be "other" for no reason.
func TestWordsAreListed(t *testing.T) {
	m, ok := registry.Base().Metric("host.cpu.family")
	if !ok {
		t.Fatal("the registry has no host.cpu.family")
	}
	for _, f := range families {
		if !slices.Contains(m.Values, f.name) {
			t.Errorf("the registry does not list processor family %q", f.name)
		}
	}
	for _, word := range []string{other, unknown} {
		if !slices.Contains(m.Values, word) {
			t.Errorf("the registry does not list %q", word)
		}
	}
	rec := schema.Record{Product: schema.Product{Name: "tacit", Version: "1.0.0"}, Metric: "country"}
	for _, z := range zones {
		rec.Value = schema.Text(z.country)
		if err := registry.Base().CheckOffered(&rec); err != nil {
			t.Errorf("country %q of %s: %v", z.country, z.name, err)
		}
	}
}

func TestUnlistedIsOther(t *testing.T) {
	c := Config{Registry: registry.Base()}
	for value, want := range map[string]string{"debian": "debian", "macos": "macos", "acme-corp-linux": other, "": other} {
		if got := c.listed("os.name", value); got != want {
			t.Errorf("listed(os.name, %q) = %q, want %q", value, got, want)
		}
	}
}

func TestCollectGoesOn(t *testing.T) {
	good := func(context.Context) ([]Sample, error) { return []Sample{number("host.uptime", 7)}, nil }
	broken := &fs.PathError{Op: "open", Path: "/home/ann/secret", Err: fs.ErrPermission}
	bad := func(context.Context) ([]Sample, error) { return nil, readError("size of memory", broken) }

	samples, err := Collect(t.Context(), []Source{good, bad, good})
	if len(samples) != 2 {
		t.Errorf("got %d samples, want 2", len(samples))
	}
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "size of memory") {
		t.Errorf("got error %v, want one that names the fact and the cause", err)
	}
	if strings.Contains(err.Error(), "ann") {
		t.Errorf("error %q holds a path", err)
	}
}

func TestCollectEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	first := func(context.Context) ([]Sample, error) { cancel(); return []Sample{number("host.uptime", 7)}, nil }
	never := func(context.Context) ([]Sample, error) { t.Error("asked after the end"); return nil, nil }

	samples, err := Collect(ctx, []Source{first, never})
	if len(samples) != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("got %d samples and %v, want 1 and the context's end", len(samples), err)
	}
}

func TestMissingVolume(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ann", "gone")
	samples, err := Collect(t.Context(), Host(Config{DataDir: dir}))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("got error %v, want one that says the directory is not there", err)
	}
	if strings.Contains(err.Error(), "ann") {
		t.Errorf("error %q holds a path", err)
	}
	if len(samples) != 10 {
		t.Errorf("got %d samples, want the 10 others", len(samples))
	}
}
