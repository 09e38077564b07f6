package rig

import (
	"encoding/json"
	"strings"
	"testing"
)

// Record is one line of a timeline, as `tacit lookup --json` prints it.
type Record struct {
	Time, Metric, Category, Product, Version string
	Value                                    any
	Count                                    int // 0: 1
	Labels                                   map[string]string
}

// Timeline is what `tacit lookup --json` prints.
type Timeline struct {
	Installation map[string]any
	Records      []Record
	Pages        int
	Damaged      int `json:"damaged_pages"`
	Unknown      int `json:"not_understood"`
}

// Lookup opens the timeline of an installation in the store below dir.
func Lookup(t testing.TB, dir, id string) Timeline {
	t.Helper()
	var out Timeline
	Tacit(t, "lookup", id, "--data", dir, "--json").JSON(t, &out)
	return out
}

// Found opens the timeline of an installation when the store below dir has a page
// of it; false: it has none yet. The test ends when the store refuses.
func Found(t testing.TB, dir, id string) (tl Timeline, ok bool) {
	t.Helper()
	r := Tacit(t, "lookup", id, "--data", dir, "--json").Run(t)
	switch {
	case r.Code != 0 && strings.Contains(r.Stderr, "no pages for this ID"):
		return tl, false
	case r.Code != 0:
		t.Fatalf("lookup: exit %d: %s", r.Code, r.Stderr)
	}
	if err := json.Unmarshal([]byte(r.Stdout), &tl); err != nil {
		t.Fatalf("lookup: %v in %s", err, r.Stdout)
	}
	return tl, true
}

// ID returns the installation ID of the agent whose data directory is dir.
func ID(t testing.TB, dir string) string {
	t.Helper()
	r := Tacit(t, "id", "--data", dir).Run(t)
	if r.Code != 0 {
		t.Fatalf("id: exit %d: %s", r.Code, r.Stderr)
	}
	return strings.TrimSpace(r.Stdout)
}
