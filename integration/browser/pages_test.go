package browser

import (
	"net/http"
	"testing"
)

// links are the pages of the menu, by what stands there, and the name of their
// pictures.
var links = []struct{ link, name string }{
	{"Overview", "overview"}, {"Cloud services", "cloud-services"}, {"Agent configuration", "agent-configuration"},
	{"What is collected", "collected"}, {"What is sent", "sent"},
}

// TestPages looks at every page in every look, as somebody does whose browser
// runs no scripts.
func TestPages(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	tab := Start(t).Visitor(t)
	tab.Scripts(false)
	tab.Open(h.console + "/")
	tab.Inspect("setup", heaviest)
	tab.setUp(h.console, h.code(t))
	for _, page := range links {
		tab.Follow(Link, page.link)
		tab.Expect(http.StatusOK)
		tab.Inspect(page.name, heaviest)
	}
	tab.Open(h.console + "/account")
	tab.Inspect("account", heaviest)
	tab.Open(h.console + "/nowhere")
	tab.Expect(http.StatusNotFound)
	tab.Inspect("not-found", heaviest)
	tab.Open(h.console + "/")
	tab.logOut()
	tab.Inspect("login", heaviest)
	tab.Open(h.console + "/recover")
	tab.Inspect("recover", heaviest)
}
