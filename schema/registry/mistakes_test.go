package registry

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// today is when the mistakes were made.
var today = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// TestMistakes: each file in testdata/mistakes is an overlay with one mistake,
// and the line that names it stands beside it.
func TestMistakes(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "mistakes", "*.yaml"))
	if err != nil || len(files) < 25 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		t.Run(name, func(t *testing.T) {
			file := overlayFile(t, path)
			problems := Lint(today, file)
			if len(problems) != 1 {
				t.Errorf("%d problems for one mistake:\n%v", len(problems), problems)
			}
			golden(t, strings.TrimSuffix(path, ".yaml")+".golden", problems.Error()+"\n")
			reg, err := Overlay(nil, file)
			ofTheDay := name == "expired" || name == "expires_soon"
			if (err == nil) != ofTheDay || (reg == nil) == ofTheDay {
				t.Errorf("laid over the base: %v, error %v", reg != nil, err)
			}
		})
	}
}

// TestMistakesAreMistakes: without the mistake, the same file is clean.
func TestMistakesAreMistakes(t *testing.T) {
	file := overlayFile(t, filepath.Join("testdata", "overlay.yaml"))
	if problems := Lint(today, file); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestLintBase(t *testing.T) {
	if problems := Lint(today); len(problems) > 0 {
		t.Error(problems)
	}
}

// TestExpiry: a metric is collected to the end of its last day, and the linter
// speaks up 30 days before that.
func TestExpiry(t *testing.T) {
	file := overlayFile(t, filepath.Join("testdata", "mistakes", "expires_soon.yaml")) // on 2026-12-21
	reg, err := Overlay(nil, file)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := reg.Metric("mail.more")
	end := time.Date(2026, 12, 22, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		at              time.Time
		expired, warned bool
	}{
		{end.AddDate(0, 0, -31), false, false},
		{end.AddDate(0, 0, -30), false, true},
		{end.Add(-time.Second), false, true},
		{end, true, false},
		{end.In(time.FixedZone("", 3*3600)).Add(-time.Second), false, true},
	} {
		if got := m.Expired(c.at); got != c.expired {
			t.Errorf("at %s: expired %v", c.at, got)
		}
		problems := Lint(c.at, file)
		if warned := len(problems) == 1 && problems[0].Warning; warned != c.warned || len(problems.Errors()) == 1 != c.expired {
			t.Errorf("at %s: %v", c.at, problems)
		}
	}
	if never, _ := reg.Metric("os.type"); never.Expired(end.AddDate(1000, 0, 0)) {
		t.Error("a metric that never expires did")
	}
}

func overlayFile(t testing.TB, path string) File {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return File{Name: filepath.Base(path), Data: data}
}
