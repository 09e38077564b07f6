package db

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// book is a log that tests read while it is written.
type book struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// errors returns the lines of a level that ends a half's use.
func (b *book) errors() (out []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for line := range strings.Lines(b.b.String()) {
		if strings.Contains(line, "level=ERROR") {
			out = append(out, line)
		}
	}
	return out
}

// TestLookFindsWhatIsDamaged before anybody uses it, in any half: it is said once
// and counted, and what is put right is not any more.
func TestLookFindsWhatIsDamaged(t *testing.T) {
	for name, tt := range map[string]struct {
		path string // of the month's
		shut bool
	}{
		"a table":              {"pages/*.sst", true},
		"Badger's manifest":    {"pages/MANIFEST", true},
		"the pages":            {"pages", true},
		"a table of the sums":  {"sums/*.sst", true},
		"the list of the rows": {"pages.manifest", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := closed(t)
			found, err := filepath.Glob(filepath.Join(dir, "data", nov.String(), filepath.FromSlash(tt.path)))
			if err != nil || len(found) == 0 {
				t.Fatalf("%s: %v, %v", tt.path, found, err)
			}
			aside := filepath.Join(t.TempDir(), "aside")
			if err := os.Rename(found[0], aside); err != nil {
				t.Fatal(err)
			}
			log := &book{}
			d, err := Open(Config{
				Dir: filepath.Join(dir, "data"), Secrets: box(t, filepath.Join(dir, "keys")), Now: func() time.Time { return now },
				Logger: slog.New(slog.NewTextHandler(log, nil)),
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = d.Close() })
			d.lookAll(t.Context())
			if got := d.Damaged(); !slices.Equal(got, []schema.Month{nov}) || d.Shut(nov) != tt.shut {
				t.Errorf("damaged %v, shut %t", got, d.Shut(nov))
			}
			d.lookAgain(t.Context())
			if got := log.errors(); len(got) != 1 || !strings.Contains(got[0], nov.String()) {
				t.Errorf("logged %q", got)
			}
			if err := os.Rename(aside, found[0]); err != nil {
				t.Fatal(err)
			}
			d.lookAgain(t.Context())
			if d.Shut(nov) {
				t.Error("it is shut although it is whole")
			}
		})
	}
}
