// Package browser looks at Tacit's pages as people do: in Debian's chromium,
// with the mouse and the keyboard, by the names that are on the screen. It
// shares no code with Tacit.
//
// Every tab is watched: an error in the browser's console, an exception, a
// request that fails or is answered with 400 or more is a problem, and a
// problem that the test does not expect fails it. [Tab.Inspect] looks at a page
// in light, dark, on a narrow screen and in Italian, runs axe-core on each,
// weighs it, and keeps the screenshots.
//
// There is one chromium for a test, and each tab has cookies of its own, as the
// browsers of two people have. The browser reaches this machine and nothing
// else. Without a chromium the tests fail and say what to install.
package browser

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Patience is how long a test waits for a page or for a thing on it.
const Patience = time.Minute

// ShotsVariable names the directory that screenshots are written to. Without
// it they are written to a directory that goes with the test.
const ShotsVariable = "TACIT_SCREENSHOTS"

// Browser is a chromium that runs until its test ends.
type Browser struct {
	Profile string // directory with all that it keeps

	ctx   context.Context // the browser's life, in which chromedp keeps it
	shots string
}

// End closes the browser in order, so that its profile is written. The test's
// tabs are of no use afterwards.
func (b *Browser) End() { _ = chromedp.Cancel(b.ctx) } // the profile is there either way

// Start starts a chromium with a profile of its own.
func Start(t testing.TB) *Browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("font-render-hinting", "none"), // the same letters on every machine
	)
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // chromium's sandbox refuses root
	}
	profile := t.TempDir()
	options = append(options, chromedp.UserDataDir(profile))
	// Not the test's own context: that one ends before the clean-up, and takes
	// the browser away from under tabs that are being closed.
	life, end := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	ctx, closeAll := chromedp.NewContext(life, chromedp.WithErrorf(t.Logf))
	t.Cleanup(func() { closeAll(); end() })
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start chromium: %v (on Debian: apt-get install chromium)", err)
	}
	return &Browser{Profile: profile, ctx: ctx, shots: shotsDir(t)}
}

// shotsDir returns the directory for screenshots.
func shotsDir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv(ShotsVariable)
	if dir == "" {
		return t.TempDir()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(fmt.Errorf("make the directory of %s: %w", ShotsVariable, err))
	}
	return dir
}
