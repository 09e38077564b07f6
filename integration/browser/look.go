package browser

import (
	"os"
	"path/filepath"
	"regexp"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Look is how somebody looks at a page.
type Look struct {
	Name     string
	Dark     bool
	Width    int64  // of the screen, in CSS pixels
	Language string // that the browser asks for
}

// Looks are the ways in which every page has to be good. The first is how a
// tab looks at first.
var Looks = []Look{
	{Name: "light", Width: 1280, Language: "en"},
	{Name: "dark", Width: 1280, Language: "en", Dark: true},
	{Name: "360", Width: 360, Language: "en"},
	{Name: "italian", Width: 1280, Language: "it"},
}

// phone is the width up to which a screen is one of a phone, where a page
// without a viewport is laid out for 980 pixels and shrunk.
const phone = 600

// Wear gives the tab a look. Its language holds from the next page on. Nothing
// moves, so that what is measured does not change meanwhile.
func (tab *Tab) Wear(l Look) {
	tab.t.Helper()
	scheme := "light"
	if l.Dark {
		scheme = "dark"
	}
	call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	call(tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: l.Width, Height: 800, DeviceScaleFactor: 1, Mobile: l.Width <= phone,
	})
	call(tab, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": l.Language}})
}

// settle waits until nothing on the page moves.
func (tab *Tab) settle() {
	tab.t.Helper()
	evaluate[bool](tab, "Promise.allSettled(document.getAnimations().map(a => a.finished)).then(() => true)")
}

// Shot writes a picture of the whole page to the directory of screenshots.
func (tab *Tab) Shot(name string) string {
	tab.t.Helper()
	tab.settle()
	picture, err := chromedp.Run(tab.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		tab.t.Fatalf("take a picture: %v", err)
	}
	path := filepath.Join(tab.browser.shots, name+".png")
	if err := os.WriteFile(path, picture, 0o644); err != nil {
		tab.t.Fatal(err)
	}
	return path
}

// sheetOfPaper matches a page of a PDF, and not the list of its pages.
var sheetOfPaper = regexp.MustCompile(`/Type ?/Page[^s]`)

// Printed returns how many sheets of A4 paper the page takes.
func (tab *Tab) Printed() int {
	tab.t.Helper()
	const width, height = 8.27, 11.69 // inches
	pdf := call(tab, page.PrintToPDF, page.PrintToPDFParams{PaperWidth: width, PaperHeight: height}).Data
	return len(sheetOfPaper.FindAll(pdf, -1))
}
