package story

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestTimeline reads a timeline back by every spelling of its ID, with Tacit
// running and stopped.
func TestTimeline(t *testing.T) {
	t.Parallel()
	dir := rig.Dir(t)
	p := rig.Up(t, dir)
	id, spoken := strings.TrimSpace(run(t, dir, "id")), strings.TrimSpace(run(t, dir, "id", "--spoken"))
	rig.Eventually(t, "a timeline is there", func() bool { return rig.Tacit(t, "lookup", id, "--data", dir).Run(t).Code == 0 })
	checkRecords(t, rig.Lookup(t, dir, id))
	checkSpellings(t, dir, id, spoken)
	if _, code := p.Interrupt(t); code != 0 {
		t.Errorf("up ends with exit code %d", code)
	}
	checkRecords(t, rig.Lookup(t, dir, id))
	checkSpellings(t, dir, id, spoken)
}

// categories are all that the registry knows.
var categories = []string{"configuration", "feature_usage", "performance", "error_report", "product_log", "survey", "engine", "appliance_health"}

func checkRecords(t *testing.T, tl rig.Timeline) {
	t.Helper()
	var last time.Time
	seen := map[string]int{}
	for i, r := range tl.Records {
		at, err := time.Parse(time.RFC3339, r.Time)
		if err != nil || at.Before(last) || time.Since(at) > time.Hour || time.Until(at) > time.Minute {
			t.Errorf("record %d is of %q, after %v", i, r.Time, last)
		}
		last = at
		seen[r.Category]++
		if !slices.Contains(categories, r.Category) || r.Metric == "" || r.Value == nil || r.Product != "tacit" || r.Version == "" {
			t.Errorf("record %d is %+v", i, r)
		}
	}
	if seen["feature_usage"] == 0 || seen["performance"] == 0 || seen["configuration"] == 0 || seen["engine"] == 0 {
		t.Errorf("the timeline has %v; want a feature use, a timed operation, facts and the engine", seen)
	}
	if tl.Damaged != 0 || tl.Unknown != 0 {
		t.Errorf("%d pages are damaged, %d records not understood", tl.Damaged, tl.Unknown)
	}
}

// checkSpellings asks with the ID as people write and say it.
func checkSpellings(t *testing.T, dir, id, spoken string) {
	t.Helper()
	asSaid := strings.NewReplacer("0", "O", "1", "l").Replace(strings.ReplaceAll(spoken, "-", ""))
	for name, typed := range map[string]string{
		"spoken": spoken, "lower case": strings.ToLower(spoken), "no dashes": strings.ReplaceAll(spoken, "-", ""),
		"spaces": strings.ReplaceAll(spoken, "-", " "), "O for 0, l for 1": asSaid, "I for 1": strings.ReplaceAll(spoken, "1", "i"),
		"upper-case UUID": strings.ToUpper(id), "UUID without dashes": strings.ReplaceAll(id, "-", ""), "urn": "urn:uuid:" + id,
	} {
		if tl := rig.Lookup(t, dir, typed); len(tl.Records) == 0 {
			t.Errorf("by %s (%s): no records", name, typed)
		}
	}
	for _, typed := range []string{id, spoken + "\n", "  " + strings.ToLower(spoken) + "\r\nmore\n"} {
		c := rig.Tacit(t, "lookup", "-", "--data", dir, "--json")
		c.In = typed
		var tl rig.Timeline
		if c.JSON(t, &tl); len(tl.Records) == 0 {
			t.Errorf("by stdin %q: no records", typed)
		}
	}
}

// TestMistypedIDIsReported mistypes an ID while Tacit runs: within ten seconds
// its own error report is in the timeline, without what was typed.
func TestMistypedIDIsReported(t *testing.T) {
	t.Parallel()
	dir := rig.Dir(t)
	rig.Up(t, dir)
	spoken := strings.TrimSpace(run(t, dir, "id", "--spoken"))
	typed := mistype(spoken)
	start := time.Now()
	checkRefused(t, rig.Tacit(t, "lookup", typed, "--data", dir).Run(t), 1)
	var shown string
	rig.Eventually(t, "the error report is in the timeline", func() bool {
		shown = rig.Tacit(t, "lookup", spoken, "--data", dir, "--json").Run(t).Stdout
		return strings.Contains(shown, `"lookup_bad_id"`)
	})
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	for _, form := range []string{typed, strings.ReplaceAll(typed, "-", ""), strings.ToLower(typed)} {
		if bytes.Contains([]byte(shown), []byte(form)) {
			t.Errorf("the timeline holds what was typed: %s", form)
		}
	}
	reports := 0
	for _, r := range rig.Lookup(t, dir, spoken).Records {
		if r.Category == "error_report" && r.Metric == "tacit.error" && r.Value == "lookup_bad_id" && r.Labels["frames"] != "" {
			reports++
		}
	}
	if reports != 1 {
		t.Errorf("%d error reports of one mistyped ID", reports)
	}
}

// mistype changes one character of a spoken ID into its neighbour.
func mistype(spoken string) string {
	b := []byte(spoken)
	if b[2]++; b[2] == '9'+1 || b[2] > 'Z' || strings.IndexByte("ILOU", b[2]) >= 0 {
		b[2] = '7'
	}
	if string(b) == spoken {
		b[2] = '8'
	}
	return string(b)
}
