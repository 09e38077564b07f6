package browser

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Tab is one person's browser: a tab with cookies of its own. What it does
// waits until it is done; what cannot be done fails the test.
type Tab struct {
	t       testing.TB
	browser *Browser
	ctx     context.Context // the tab's life, in which chromedp keeps it
	watch   watch
	bare    bool // the scripts of pages do not run
}

// Visitor opens a tab for somebody whom no page knows yet. When the test ends,
// a problem that nobody expected fails it.
func (b *Browser) Visitor(t testing.TB) *Tab {
	t.Helper()
	return b.tab(t, chromedp.WithNewBrowserContext())
}

// Owner opens a tab of the browser's own profile, in [Browser.Profile]: what it
// keeps is written there, as it is for most people.
func (b *Browser) Owner(t testing.TB) *Tab {
	t.Helper()
	tab := b.tab(t)
	call(tab, network.SetCacheDisabled, network.SetCacheDisabledParams{})
	return tab
}

func (b *Browser) tab(t testing.TB, options ...chromedp.ContextOption) *Tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(b.ctx, options...)
	tab := &Tab{t: t, browser: b, ctx: ctx}
	t.Cleanup(func() {
		for _, p := range tab.Problems() {
			t.Errorf("in the browser: %v", p)
		}
		closeTab()
	})
	// The first thing that is done opens the tab, which ends with the context
	// that it is done with.
	top, err := chromedp.Run(ctx, topFrame)
	if err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	tab.watch.top = top
	if err := chromedp.Listen(ctx, tab.watch.hear); err != nil {
		t.Fatal(err)
	}
	// What a page weighs is what somebody loads who never was here.
	call(tab, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	tab.Wear(Looks[0])
	return tab
}

// topFrame returns the ID of the tab's own frame.
func topFrame(ctx context.Context, target *chromedp.Target) (cdp.FrameID, error) {
	tree, err := cdp.Call(ctx, target, page.GetFrameTree, cdp.Empty{})
	if err != nil {
		return "", err
	}
	return tree.FrameTree.Frame.ID, nil
}

// do runs actions, which must be done within Patience.
func (tab *Tab) do(actions ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, Patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		tab.t.Fatalf("in the browser: %v", err)
	}
}

// call runs a command of the DevTools protocol.
func call[P, R any](tab *Tab, command cdp.Command[P, R], params P) R {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, Patience)
	defer cancel()
	r, err := chromedp.Call(ctx, command, params)
	if err != nil {
		tab.t.Fatalf("in the browser: %s: %v", command.Method, err)
	}
	return r
}

// load does what leads to a new page, waits until that is loaded with all it
// needs, and returns the status that it was answered with.
func (tab *Tab) load(action chromedp.Action[chromedp.Void]) int {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, Patience)
	defer cancel()
	r, err := chromedp.RunResponse(ctx, action)
	if err != nil {
		tab.t.Fatalf("load a page: %v", err)
	}
	if r == nil {
		tab.t.Fatalf("%s: nothing was loaded", tab.URL())
	}
	return int(r.Status)
}

// Open goes to an address, as typed into the address bar, and returns the
// status.
func (tab *Tab) Open(url string) int {
	tab.t.Helper()
	return tab.load(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, page.Navigate, page.NavigateParams{URL: url})
		return err
	}))
}

// URL returns the address of the page.
func (tab *Tab) URL() string { tab.t.Helper(); return evaluate[string](tab, "location.href") }

// Text returns what the page says, as it is laid out.
func (tab *Tab) Text() string {
	tab.t.Helper()
	return evaluate[string](tab, "document.body.innerText")
}

// Says fails the test when the page does not say a text.
func (tab *Tab) Says(text string) {
	tab.t.Helper()
	if all := tab.Text(); !strings.Contains(all, text) {
		tab.t.Errorf("%s does not say %q but\n%s", tab.URL(), text, all)
	}
}

// Scripts allows or forbids the scripts of pages, from the next page on.
func (tab *Tab) Scripts(allowed bool) {
	tab.t.Helper()
	tab.bare = !allowed
	tab.forbidScripts(tab.bare)
}

// forbidScripts forbids scripts to the page, and the tests' own as far as they
// wait for something, or allows them.
func (tab *Tab) forbidScripts(forbidden bool) {
	tab.t.Helper()
	call(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: forbidden})
}

// evaluate returns the value of an expression. The policy of the page does not
// bind the protocol.
func evaluate[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, Patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		tab.t.Fatalf("look at the page: %v", err)
	}
	return v
}

// eventually waits for a condition.
func (tab *Tab) eventually(what string, holds func() bool) {
	tab.t.Helper()
	for deadline := time.Now().Add(Patience); !holds(); {
		if time.Now().After(deadline) {
			tab.t.Fatalf("not within %v: %s", Patience, what)
		}
		time.Sleep(10 * time.Millisecond) // between two looks at a condition
	}
}
