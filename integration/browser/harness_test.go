package browser

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestWatch has the tab meet each kind of problem, which it must find, and
// pages without one, where it must find nothing.
func TestWatch(t *testing.T) {
	t.Parallel()
	site, nowhere := garden(t)
	b := Start(t)
	for _, c := range []struct{ path, kind, text string }{
		{"/good", "", ""},
		{"/error", "console", "thorn 7"},
		{"/exception", "exception", "wasp"},
		{"/missing", "response", "answered with 404 " + site + "/nothing.png"},
		{"/refused", "request", "ERR_CONNECTION_REFUSED http://" + nowhere + "/x.png"},
		{"/away", "request", "http://example.org/x.png"},
		{"/strict", "console", "Content Security Policy"},
		{"/nowhere", "response", "answered with 404 " + site + "/nowhere"},
	} {
		tab := b.Visitor(t)
		tab.Open(site + c.path)
		tab.Weight() // waits for all of it
		var found []Problem
		tab.eventually("problems are told for "+c.path, func() bool {
			found = append(found, tab.Problems()...)
			return c.kind == "" || len(found) > 0
		})
		if c.kind == "" && len(found) > 0 || len(found) > 1 {
			t.Errorf("%s: found %v", c.path, found)
		}
		if len(found) == 1 && (found[0].Kind != c.kind || !strings.Contains(found[0].String(), c.text)) {
			t.Errorf("%s: found %v, want %s %q", c.path, found, c.kind, c.text)
		}
	}
}

// TestWatchFails has a test that leaves a problem in a tab. It must fail.
func TestWatchFails(t *testing.T) {
	t.Parallel()
	site, _ := garden(t)
	b := Start(t)
	inner := &recorder{TB: t}
	tab := b.Visitor(inner)
	tab.Open(site + "/error")
	tab.eventually("the console's error", func() bool { tab.watch.mu.Lock(); defer tab.watch.mu.Unlock(); return len(tab.watch.problems) > 0 })
	inner.end()
	if len(inner.errors) != 1 || !strings.Contains(inner.errors[0], "thorn") {
		t.Errorf("the test was told %q", inner.errors)
	}
}

// recorder is a test of which is noted what it was told.
type recorder struct {
	testing.TB
	errors   []string
	cleanups []func()
}

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) end() {
	for _, f := range slices.Backward(r.cleanups) {
		f()
	}
}

// TestSurvey looks at good and bad pages in every look.
func TestSurvey(t *testing.T) {
	t.Parallel()
	site, _ := garden(t)
	b := Start(t)
	b.shots = t.TempDir() // no pictures of Tacit
	for _, c := range []struct {
		path  string
		wrong map[string]string // by look, what must be said
	}{
		{"/good", nil},
		{"/heading", nil},
		{"/shrunk", map[string]string{"360": "pixels wider", "italian": `its language is "en"`}},
		{"/contrast", map[string]string{"light": "color-contrast", "dark": "color-contrast", "360": "color-contrast", "italian": "color-contrast"}},
		{"/dark", map[string]string{"dark": "color-contrast"}},
		{"/label", map[string]string{"light": "label (critical)", "dark": "label (critical)", "360": "label (critical)", "italian": "label (critical)"}},
		{"/wide", map[string]string{"360": "pixels wider"}},
		{"/heavy", map[string]string{"light": "it weighs 2", "dark": "it weighs 2", "360": "it weighs 2", "italian": "it weighs 2"}},
	} {
		tab := b.Visitor(t)
		tab.Open(site + c.path)
		reports := tab.Survey("garden")
		if len(reports) != len(Looks) {
			t.Fatalf("%s: %d looks", c.path, len(reports))
		}
		for _, r := range reports {
			checkReport(t, c.path, r, c.wrong[r.Look.Name])
		}
		tab.Problems() // what a bad page says is not what is tested here
	}
}

func checkReport(t *testing.T, path string, r Report, want string) {
	t.Helper()
	wrong := r.Wrong(10_000)
	if want == "" && len(wrong) > 0 || want != "" && len(wrong) != 1 {
		t.Errorf("%s, %s: %q, want %q", path, r.Look.Name, wrong, want)
	} else if want != "" && !strings.Contains(wrong[0], want) {
		t.Errorf("%s, %s: %q, want %q", path, r.Look.Name, wrong[0], want)
	}
	if path == "/heading" && (len(r.Findings) != 1 || r.Findings[0].Rule != "heading-order") {
		t.Errorf("%s, %s: axe found %v, want the order of headings, mildly", path, r.Look.Name, r.Findings)
	}
	f, err := os.Open(r.Shot)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	picture, err := png.Decode(f)
	if err != nil {
		t.Fatalf("%s: %v", r.Shot, err)
	}
	if got := int64(picture.Bounds().Dx()); got != r.Look.Width && r.Overflow == 0 {
		t.Errorf("%s, %s: the picture is %d pixels wide", path, r.Look.Name, got)
	}
	red, _, _, _ := picture.At(2, 2).RGBA()
	if dark := red < 0x8000; dark != r.Look.Dark && path != "/shrunk" {
		t.Errorf("%s, %s: the picture is dark: %t", path, r.Look.Name, dark)
	}
}

// TestHand fills in a form, presses, ticks, downloads, and meets a refusal,
// with and without scripts.
func TestHand(t *testing.T) {
	t.Parallel()
	site, _ := garden(t)
	b := Start(t)
	b.shots = t.TempDir()
	for _, scripts := range []bool{true, false} {
		tab := b.Visitor(t)
		tab.Scripts(scripts)
		tab.Open(site + "/good")
		if status := tab.Follow(Link, "To the form"); status != http.StatusOK || tab.URL() != site+"/form" {
			t.Fatalf("the link leads to %s: %d", tab.URL(), status)
		}
		if !tab.Checked(Checkbox, "Water it") || tab.Has(Button, "Pluck") != 0 || tab.Has(Button, "Plant") != 1 {
			t.Error("the form is not seen as it is")
		}
		tab.Fill("Flower", "weed")
		tab.Fill("Flower", "rose “Ada”")
		tab.Click(Checkbox, "Water it")
		if tab.Value("Flower") != "rose “Ada”" || tab.Checked(Checkbox, "Water it") {
			t.Errorf("the field holds %q", tab.Value("Flower"))
		}
		tab.Follow(Button, "Plant")
		tab.Expect(http.StatusOK)
		tab.Says(`Planted "rose “Ada”", watered "".`)
		if reports := tab.Survey("planted"); len(reports) != len(Looks)-1 {
			t.Errorf("the answer to a form was sent again for %d looks", len(reports))
		}
		tab.Open(site + "/form")
		tab.Fill("Flower", "nettle")
		if status := tab.Follow(Button, "Plant"); status != http.StatusConflict {
			t.Errorf("status %d", status)
		}
		tab.Expect(http.StatusConflict)
		tab.Says("nettle")
		tab.Open(site + "/get")
		if name, content := tab.Download(Link, "The plan"); name != "plan.txt" || string(content) != "beds and paths\n" {
			t.Errorf("downloaded %q: %q", name, content)
		}
	}
}

// TestVisitors has two people whom the site must not take for one.
func TestVisitors(t *testing.T) {
	t.Parallel()
	site, _ := garden(t)
	b := Start(t)
	one, two := b.Visitor(t), b.Visitor(t)
	one.Open(site + "/cookie")
	one.Open(site + "/cookie")
	one.Says("known: true")
	two.Open(site + "/cookie")
	two.Says("known: false")
}

// TestWithoutScripts has a page that would run one.
func TestWithoutScripts(t *testing.T) {
	t.Parallel()
	site, _ := garden(t)
	b := Start(t)
	tab := b.Visitor(t)
	tab.Scripts(false)
	tab.Open(site + "/error")
	tab.Open(site + "/exception")
}

// TestAxe compares the checksum of axe with the one that is written beside it.
func TestAxe(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("axe", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(axe))
	if !strings.Contains(string(readme), hex.EncodeToString(sum[:])) {
		t.Errorf("axe.min.js is not the one that README.md describes: its SHA-256 is %x", sum)
	}
}

// TestFonts has the machine show letters, and not boxes of one size for all.
func TestFonts(t *testing.T) {
	t.Parallel()
	site, _ := garden(t)
	tab := Start(t).Visitor(t)
	tab.Open(site + "/good")
	widths := evaluate[[]float64](tab, `(() => {
		const c = document.createElement("canvas").getContext("2d");
		return ["sans-serif", "monospace"].flatMap(f => { c.font = "40px " + f; return ["iiii", "WWWW", "àèìò", "\u{10FFFD}"].map(s => c.measureText(s).width) });
	})()`)
	if len(widths) != 8 || widths[0] == 0 || widths[0] >= widths[1] || widths[4] == 0 || widths[0] == widths[4] {
		t.Errorf("no fonts (on Debian: apt-get install fonts-dejavu-core): widths %v", widths)
	}
}
