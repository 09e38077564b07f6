package browser

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// Problem is something that a person would see in red in the browser's tools.
type Problem struct {
	Kind   string // "console", "exception", "request" (failed), "response" (400 or more)
	Status int    // of a response
	URL    string // of a request or response, or ""
	Text   string

	request network.RequestID // that it is about, or ""
	excused bool              // a request that failed and may
}

// String says it in a line.
func (p Problem) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s: %s %s", p.Kind, p.Text, p.URL))
}

// request is what a page asked for.
type request struct {
	url     string
	excused bool // it may fail
}

// watch remembers what a tab's browser said.
type watch struct {
	top cdp.FrameID // set once

	mu       sync.Mutex
	problems []Problem
	known    map[network.RequestID]bool // requests whose problem was found already
	requests map[network.RequestID]request
	asked    []string          // every address that was asked for, in order
	losing   bool              // requests may fail until there is another page,
	lost     cdp.LoaderID      // and those of this page later, too
	loader   cdp.LoaderID      // of the page that is shown
	document network.RequestID // its own request
	method   string            // of it
	status   int
	open     map[network.RequestID]bool // requests of the page that have not ended
	bytes    int64                      // that it took to load
}

// hear takes an event. It is called for one after the other, and must be quick.
func (w *watch) hear(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		w.begin(e)
	case *network.EventResponseReceived:
		w.answered(e)
	case *network.EventLoadingFinished:
		if w.open[e.RequestID] {
			w.bytes += int64(e.EncodedDataLength)
			delete(w.open, e.RequestID)
		}
	case *network.EventLoadingFailed:
		w.failed(e)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			w.problems = append(w.problems, Problem{Kind: "console", Text: words(e.Args)})
		}
	case *runtime.EventExceptionThrown:
		w.problems = append(w.problems, Problem{Kind: "exception", Text: thrown(e.ExceptionDetails), URL: e.ExceptionDetails.URL})
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			w.problems = append(w.problems, Problem{Kind: "console", Text: e.Entry.Text, URL: e.Entry.URL, request: e.Entry.NetworkRequestID})
		}
	}
}

// begin notes a request. One for a document of the tab begins a new page.
func (w *watch) begin(e *network.EventRequestWillBeSent) {
	if e.Type == network.ResourceTypeDocument && e.FrameID == w.top {
		w.loader, w.document, w.method = e.LoaderID, e.RequestID, e.Request.Method
		w.open, w.bytes, w.status = map[network.RequestID]bool{}, 0, 0
		w.losing = false
	}
	if w.requests == nil {
		w.requests = map[network.RequestID]request{}
	}
	w.requests[e.RequestID] = request{e.Request.URL, w.losing || w.lost != "" && e.LoaderID == w.lost}
	w.asked = append(w.asked, e.Request.Method+" "+e.Request.URL)
	if e.LoaderID == w.loader && !strings.HasPrefix(e.Request.URL, "data:") {
		w.open[e.RequestID] = true
	}
}

// answered notes a response.
func (w *watch) answered(e *network.EventResponseReceived) {
	status := int(e.Response.Status)
	if e.RequestID == w.document {
		w.status = status
	}
	if status >= 400 {
		w.found(Problem{Kind: "response", Status: status, Text: fmt.Sprintf("answered with %d", status), URL: e.Response.URL, request: e.RequestID})
	}
}

// failed notes a request that came to nothing. One that the browser gave up
// because the person went on, or because it became a download, is no problem.
func (w *watch) failed(e *network.EventLoadingFailed) {
	delete(w.open, e.RequestID)
	if e.Canceled && e.BlockedReason == "" {
		return
	}
	text := strings.TrimSpace(e.ErrorText + " " + string(e.BlockedReason))
	r := w.requests[e.RequestID]
	w.found(Problem{Kind: "request", Text: text, URL: r.url, request: e.RequestID, excused: r.excused})
}

// found notes the problem of a request.
func (w *watch) found(p Problem) {
	if w.known == nil {
		w.known = map[network.RequestID]bool{}
	}
	w.known[p.request] = true
	w.problems = append(w.problems, p)
}

// take removes the problems that match, and returns them. The console says
// once more what is known of a request already.
func (w *watch) take(match func(Problem) bool) (taken []Problem) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var rest []Problem
	for _, p := range w.problems {
		switch {
		case p.Kind == "console" && p.request != "" && w.known[p.request]:
		case p.excused:
		case match(p):
			taken = append(taken, p)
		default:
			rest = append(rest, p)
		}
	}
	w.problems = rest
	return taken
}

// words returns what was written to the console.
func words(args []*runtime.RemoteObject) string {
	var texts []string
	for _, a := range args {
		if a.Description != "" {
			texts = append(texts, a.Description)
		} else {
			texts = append(texts, text(&accessibility.Value{Value: a.Value}))
		}
	}
	return strings.Join(texts, " ")
}

// thrown returns what an exception says.
func thrown(d *runtime.ExceptionDetails) string {
	if d.Exception != nil && d.Exception.Description != "" {
		return d.Exception.Description
	}
	return d.Text
}

// Problems returns what went wrong in the tab since it was asked last.
func (tab *Tab) Problems() []Problem {
	return tab.watch.take(func(Problem) bool { return true })
}

// Asked returns every address that the tab's browser asked for, behind its method,
// and what its history says of the pages: address and title.
func (tab *Tab) Asked() []string {
	tab.t.Helper()
	history := call(tab, page.GetNavigationHistory, cdp.Empty{})
	tab.watch.mu.Lock()
	defer tab.watch.mu.Unlock()
	all := slices.Clone(tab.watch.asked)
	for _, e := range history.Entries {
		all = append(all, e.URL, e.UserTypedURL, e.Title)
	}
	return all
}

// excuseLost makes it no problem that requests fail that are under way, or that
// begin before the next page: the process that answers them is about to end, and
// the browser asks for a page's icon when it likes.
func (tab *Tab) excuseLost() {
	tab.watch.mu.Lock()
	defer tab.watch.mu.Unlock()
	tab.watch.losing, tab.watch.lost = true, tab.watch.loader
	for id, r := range tab.watch.requests {
		r.excused = true
		tab.watch.requests[id] = r
	}
}

// Expect fails the test when the page that is shown was not answered with a
// status. That it was is then no problem.
func (tab *Tab) Expect(status int) {
	tab.t.Helper()
	tab.watch.mu.Lock()
	got, document := tab.watch.status, tab.watch.document
	tab.watch.mu.Unlock()
	if got != status {
		tab.t.Errorf("%s was answered with %d, want %d:\n%s", tab.URL(), got, status, tab.Text())
	}
	tab.watch.take(func(p Problem) bool { return p.Kind == "response" && p.request == document })
}

// Weight returns how many bytes it took to load the page with all it needs,
// headers included, as they came over the wire.
func (tab *Tab) Weight() (bytes int64) {
	tab.t.Helper()
	tab.eventually("everything of the page is loaded", func() bool {
		tab.watch.mu.Lock()
		defer tab.watch.mu.Unlock()
		bytes = tab.watch.bytes
		return len(tab.watch.open) == 0
	})
	return bytes
}

// answer returns the status that the page was answered with, and whether it is
// the answer to a form.
func (tab *Tab) answer() (status int, posted bool) {
	tab.watch.mu.Lock()
	defer tab.watch.mu.Unlock()
	return tab.watch.status, tab.watch.method != "GET"
}
