package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// theIssue is the vendor's file in the story of the product.
const theIssue = `known_issues:
  - product: finder
    code: search_timeout
    function: main.engine.Query
    title: "Search times out after the update."
    since: "5.3.0"
    fixed_in: "5.3.1"
    workaround: "Search again in a minute."
releases:
  - {product: finder, version: "5.3", end_of_life: 2099-12-31}
`

// startProduct starts a `tacit up` with a product's registry and its vendor's file of
// issues.
func startProduct(t *testing.T) *office {
	t.Helper()
	o := &office{dir: rig.Dir(t), issues: filepath.Join(t.TempDir(), "issues.yaml")}
	if err := os.WriteFile(o.issues, []byte(theIssue), 0o600); err != nil {
		t.Fatal(err)
	}
	c := rig.Tacit(t, "up", "--verbose", "--ports", "0", "--data", o.dir, "--issues", o.issues)
	for _, file := range rig.ExampleRegistry(t) {
		c.Args = append(c.Args, "--registry", file)
	}
	o.process = c.Start(t, o.dir)
	o.process.WaitFor(t, "(on undoes it)")
	o.user = o.banner(t, `installation ID +(\S+)`)[1]
	o.enter(t)
	return o
}

// use has the user of a product search; the last searches fail.
func (o *office) use(t *testing.T, version string, searches, fail int) {
	t.Helper()
	r := rig.Command{
		Path: rig.Binary(t, "finder"), Env: []string{"DO_NOT_TRACK=", "TACIT_TELEMETRY="},
		Args: []string{"-dir", filepath.Join(o.dir, "run"), "-version", version, "-searches", fmt.Sprint(searches), "-fail", fmt.Sprint(fail), "-send"},
	}.Run(t)
	if r.Code != 0 || r.Stderr != "" && !strings.Contains(r.Stderr, "nothing waits to be sent") { // the agent may have been first
		t.Fatalf("the product: exit %d: %s%s", r.Code, r.Stdout, r.Stderr)
	}
}

// TestDeskProduct runs a product that reports, updates it to a version that is broken,
// and opens what its user saw by the ID that he reads out.
func TestDeskProduct(t *testing.T) {
	t.Parallel()
	o := startProduct(t)
	o.use(t, "5.2.0", 6, 0)
	o.untilOpened(t, o.user, "5.2.0")
	o.says("Nothing wrong is to be seen", "finder")
	o.tab.Follow(Button, "Close")
	o.use(t, "5.3.0", 15, 14)
	o.untilOpened(t, strings.ToLower(o.user), "Search fails since finder 5.3.0 on this installation: 14 of ")
	o.says("search_timeout in main.engine.Query; known issue, fixed in 5.3.1",
		"Search times out after the update.", "Search again in a minute.", "supported until 2099-12-31", "5.2.0 → 5.3.0", "1 · Urgent")
	o.steps(t)
	o.tab.ClickOn("#wrong ~ details summary")
	o.tab.Inspect("desk-product", heaviest)
	o.tab.Follow(Link, "Case sheet")
	o.says("Search fails since finder 5.3.0", "search_timeout", "main.engine.Query", "Search times out after the update.", "Steps before it", "1 · Urgent")
	nowhere(t, "the sheet", []byte(o.tab.Text()), o.secrets)
	o.tab.Inspect("desk-product-sheet", heaviest)
	o.search(t)
}
