package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// Roles of things on a page, as assistive technology calls them (WAI-ARIA 1.2).
const (
	Button   = "button"
	Checkbox = "checkbox"
	Heading  = "heading"
	Link     = "link"
	Radio    = "radio"
	Search   = "searchbox"
	Textbox  = "textbox"
	Summary  = "DisclosureTriangle" // of a part that opens; Chromium's own word
)

// candidates returns what has a role and a name in the accessibility tree,
// which is what a screen reader finds. An empty name is every name.
func (tab *Tab) candidates(role, name string) (found []*accessibility.Node) {
	tab.t.Helper()
	root := call(tab, dom.GetDocument, dom.GetDocumentParams{}).Root
	tree := call(tab, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{BackendNodeID: root.BackendNodeID, Role: role, AccessibleName: name})
	for _, n := range tree.Nodes {
		if !n.Ignored && n.BackendDOMNodeID != 0 {
			found = append(found, n)
		}
	}
	return found
}

// Has says how many things with a role and a name are on the page.
func (tab *Tab) Has(role, name string) int { tab.t.Helper(); return len(tab.candidates(role, name)) }

// one returns the only thing with a role and a name.
func (tab *Tab) one(role, name string) *accessibility.Node {
	tab.t.Helper()
	found := tab.candidates(role, name)
	if len(found) != 1 {
		var names []string
		for _, n := range tab.candidates(role, "") {
			names = append(names, text(n.Name))
		}
		tab.t.Fatalf("%s: %d of role %s are named %q; there are %q", tab.URL(), len(found), role, name, names)
	}
	return found[0]
}

// text returns a value of the accessibility tree: text, or what it is in JSON.
func text(v *accessibility.Value) (s string) {
	if v == nil {
		return ""
	}
	if json.Unmarshal(v.Value, &s) != nil {
		return string(v.Value)
	}
	return s
}

// press clicks into the middle of a thing, where a person would.
func press(node *accessibility.Node) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		id := node.BackendDOMNodeID
		if _, err := cdp.Call(ctx, target, dom.ScrollIntoViewIfNeeded, dom.ScrollIntoViewIfNeededParams{BackendNodeID: id}); err != nil {
			return err
		}
		quads, err := cdp.Call(ctx, target, dom.GetContentQuads, dom.GetContentQuadsParams{BackendNodeID: id})
		if err != nil {
			return err
		}
		if len(quads.Quads) == 0 {
			return fmt.Errorf("%s is not to be seen", text(node.Name))
		}
		q := quads.Quads[0]
		_, err = chromedp.MouseClickXY((q[0]+q[4])/2, (q[1]+q[5])/2)(ctx, target)
		return err
	})
}

// Click presses what leads to no other page: a checkbox, a radio button.
func (tab *Tab) Click(role, name string) {
	tab.t.Helper()
	tab.do(press(tab.one(role, name)))
}

// Follow presses what leads to another page, a link or a button, and returns
// the status of that page.
func (tab *Tab) Follow(role, name string) int {
	tab.t.Helper()
	return tab.load(press(tab.one(role, name)))
}

// FollowFirst is Follow for the first thing of a role whose name fits.
func (tab *Tab) FollowFirst(role string, fits *regexp.Regexp) int {
	tab.t.Helper()
	for _, n := range tab.candidates(role, "") {
		if fits.MatchString(text(n.Name)) {
			return tab.load(press(n))
		}
	}
	tab.t.Fatalf("%s: no %s is named like %v", tab.URL(), role, fits)
	return 0
}

// FollowKey presses Alt and a key that leads to another page.
func (tab *Tab) FollowKey(key string) int {
	tab.t.Helper()
	return tab.load(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, input.DispatchKeyEvent, input.DispatchKeyEventParams{
			Type: input.DispatchKeyEventTypeKeyDown, Modifiers: int64(chromedp.ModifierAlt), Key: key, Text: key, UnmodifiedText: key,
			Code: "Key" + strings.ToUpper(key), WindowsVirtualKeyCode: int64(strings.ToUpper(key)[0]),
		})
		return err
	}))
}

// ClickOn clicks into the middle of what a CSS selector finds first: of what has no
// role and no name.
func (tab *Tab) ClickOn(selector string) {
	tab.t.Helper()
	at := evaluate[[]float64](tab, fmt.Sprintf(`(e => { e.scrollIntoView({block: "center"}); const r = e.getBoundingClientRect(); return [r.x + r.width/2, r.y + r.height/2] })(document.querySelector(%q))`, selector))
	tab.do(chromedp.MouseClickXY(at[0], at[1]))
}

// Fill types into the field with a label, over what stands there.
func (tab *Tab) Fill(label, content string) {
	tab.t.Helper()
	role := Textbox
	if tab.Has(Search, label) == 1 {
		role = Search
	}
	tab.do(press(tab.one(role, label)), chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	call(tab, input.InsertText, input.InsertTextParams{Text: content})
}

// Value returns what stands in the field with a label.
func (tab *Tab) Value(label string) string {
	tab.t.Helper()
	return text(tab.one(Textbox, label).Value)
}

// Checked says whether a checkbox or radio button is ticked.
func (tab *Tab) Checked(role, name string) bool {
	tab.t.Helper()
	for _, p := range tab.one(role, name).Properties {
		if p.Name == accessibility.PropertyNameChecked {
			return text(p.Value) == "true"
		}
	}
	tab.t.Fatalf("%q cannot be ticked", name)
	return false
}

// Download presses what leads to a file and returns what the browser saved,
// and the name that it was given.
func (tab *Tab) Download(role, name string) (file string, content []byte) {
	tab.t.Helper()
	events := true
	params := cdpbrowser.SetDownloadBehaviorParams{
		Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: tab.t.TempDir(), EventsEnabled: &events,
		BrowserContextID: chromedp.FromContext(tab.ctx).BrowserContextID,
	}
	if _, err := chromedp.CallBrowser(tab.ctx, cdpbrowser.SetDownloadBehavior, params); err != nil {
		tab.t.Fatalf("allow a download: %v", err)
	}
	ctx, cancel := context.WithTimeout(tab.ctx, Patience)
	defer cancel()
	begun, ended := chromedp.BrowserEvents(ctx, cdpbrowser.DownloadWillBegin), chromedp.BrowserEvents(ctx, cdpbrowser.DownloadProgress)
	tab.Click(role, name)
	for e, err := range begun {
		if err != nil {
			tab.t.Fatalf("%q leads to no file: %v", name, err)
		}
		file = e.SuggestedFilename
		break
	}
	for e, err := range ended {
		if err != nil || e.State == cdpbrowser.DownloadProgressStateCanceled {
			tab.t.Fatalf("the file did not arrive: %v", err)
		}
		if e.State == cdpbrowser.DownloadProgressStateCompleted {
			if content, err = os.ReadFile(filepath.Join(params.DownloadPath, e.GUID)); err != nil {
				tab.t.Fatal(err)
			}
			return file, content
		}
	}
	tab.t.Fatal("the browser ended")
	return "", nil
}
