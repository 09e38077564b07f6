package browser

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// What is on the desk's pages.
const (
	subjectField = "Support code or installation ID"
	openButton   = "Open"
)

// desk returns the desk's URL, without a slash at its end, and its setup code.
func (h *house) desk(t *testing.T) (url, code string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(h.dir, "run", "endpoints.json"))
	if err != nil {
		t.Fatal(err)
	}
	var where struct{ Desk string }
	if err := json.Unmarshal(b, &where); err != nil || where.Desk == "" {
		t.Fatalf("where is the desk? %s", b)
	}
	found := regexp.MustCompile(`desk .*setup code (\S+)`).FindStringSubmatch(h.process.Text())
	if found == nil {
		t.Fatalf("no setup code of the desk in %s", h.process.Text())
	}
	return strings.TrimSuffix(where.Desk, "/"), found[1]
}

// TestDesk opens this host's own history by the ID that its user reads out, looks
// at every page in every look, without scripts, and then searches everything that
// was written for the ID.
func TestDesk(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	id := rig.ID(t, h.dir)
	url, code := h.desk(t)
	b := Start(t)
	tab := b.Owner(t)
	tab.Scripts(false)
	tab.setUp(url, code)
	tab.Inspect("desk-home", heaviest)

	tab.Fill(subjectField, strings.ToLower(id[:len(id)-1])+"0")
	tab.Follow(Button, openButton)
	tab.Says("Nothing was opened.")
	tab.Inspect("desk-mistyped", heaviest)

	tab.Fill(subjectField, "9d2f1c34-8a5b-4c6d-9e7f-001122334455")
	tab.Follow(Button, openButton)
	tab.Says("There is nothing under this ID")
	tab.Inspect("desk-empty", heaviest)

	tab.Fill(subjectField, strings.ToLower(strings.ReplaceAll(id, "-", " ")))
	tab.Follow(Button, openButton)
	tab.Expect(http.StatusOK)
	tab.Says("Data up to")
	tab.Inspect("desk-case", heaviest)
	tab.Follow(Button, "Open again")
	tab.Says("Opened again")
	tab.Follow(Link, "Case sheet")
	tab.Expect(http.StatusOK)
	tab.Inspect("desk-sheet", heaviest)
	if name, sheet := tab.Download(Link, "As JSON"); name != "case.json" || !json.Valid(sheet) || strings.Contains(string(sheet), id) {
		t.Errorf("%s: %s", name, sheet)
	}
	for _, page := range []struct{ link, name string }{{"Who opened what", "desk-audit"}, {"Accounts", "desk-accounts"}, {"Export and erase", "desk-rights"}} {
		tab.Follow(Link, page.link)
		tab.Expect(http.StatusOK)
		tab.Inspect(page.name, heaviest)
	}
	tab.Open(url + "/second-factor")
	tab.Inspect("desk-second-factor", heaviest)
	b.End()
	h.process.Interrupt(t)
	for _, place := range []string{b.Profile, filepath.Join(h.dir, "desk"), filepath.Join(h.dir, "store"), filepath.Join(h.dir, "relay"), h.dir + ".witness"} {
		searchFor(t, place, id)
	}
	if text := strings.Replace(h.process.Text(), "installation ID  "+id, "", 1); strings.Contains(strings.ReplaceAll(text, "-", ""), strings.ReplaceAll(id, "-", "")) {
		t.Error("the process printed the ID once more")
	}
}

// searchFor reads all files below a directory for an ID in the writings in which
// it was typed here.
func searchFor(t *testing.T, dir, id string) {
	t.Helper()
	plain := strings.ReplaceAll(id, "-", "")
	writings := []string{id, plain, strings.ReplaceAll(id, "-", " "), strings.ReplaceAll(id, "-", "+"), strings.ReplaceAll(id, "-", "%20")}
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		text := strings.ToUpper(string(b))
		wide := strings.ReplaceAll(text, "\x00", "") // browsers write UTF-16 too
		for _, w := range writings {
			if strings.Contains(text, w) || strings.Contains(wide, w) {
				t.Errorf("%s holds the ID as %q", path, w)
			}
		}
		return nil
	})
	if err != nil || files == 0 {
		t.Errorf("%d files in %s, %v", files, dir, err)
	}
}
