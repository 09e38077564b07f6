package rig

import (
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

// ID returns the installation ID of the agent whose data directory is dir.
func ID(t testing.TB, dir string) string {
	t.Helper()
	r := Tacit(t, "id", "--data", dir).Run(t)
	if r.Code != 0 {
		t.Fatalf("id: exit %d: %s", r.Code, r.Stderr)
	}
	return strings.TrimSpace(r.Stdout)
}
