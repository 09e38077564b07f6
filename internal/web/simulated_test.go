package web

import (
	"net/http"
	"strings"
	"testing"
)

// TestSimulated: every page of the site of a simulated fleet says so, to whoever
// is logged in or not, also where it refuses; and no other site says it.
func TestSimulated(t *testing.T) {
	for _, simulated := range []bool{true, false} {
		rg := newRig(t, func(c *Config) { c.Simulated = simulated })
		look := func(b *browser, want int, paths ...string) {
			t.Helper()
			for _, path := range paths {
				for _, lang := range Languages {
					got := b.get(path, "Accept-Language", lang)
					rg.want(path, got, want)
					title, _, _ := strings.Cut(got.body, "</title>")
					top, _, _ := strings.Cut(got.body, "<main")
					if inTitle := strings.Contains(title, "SIMULATED FLEET"); inTitle != simulated {
						t.Errorf("simulated %v, %s in %s: the title says so: %v", simulated, path, lang, inTitle)
					}
					if above := strings.Contains(top, `class="mark"`) && strings.Contains(top, "SIMULATED FLEET</strong>") ||
						strings.Contains(top, "(SIMULATED FLEET)</strong>"); above != simulated {
						t.Errorf("simulated %v, %s in %s: the page says so first: %v", simulated, path, lang, above)
					}
				}
			}
		}
		look(rg.browser(), http.StatusOK, "/setup", "/recover")
		b := rg.admin()
		look(rg.browser(), http.StatusOK, "/login", "/setup")
		look(b, http.StatusOK, "/", "/thing", "/account")
		look(b, http.StatusNotFound, "/nowhere")
	}
}
