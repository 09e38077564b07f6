package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/internal/testhost"
)

// head begins a page that is as it should be.
const head = `<!doctype html><html lang="%s"><head><meta charset="utf-8"><title>Garden</title>
<meta name="viewport" content="width=device-width"><style>
body { font: 1rem sans-serif; background: #fff; color: #111 } a { color: #00c }
@media (prefers-color-scheme: dark) { body { background: #111; color: #eee } a { color: #8cf } }
</style></head><body><main><h1>Garden</h1>`

const foot = `</main></body></html>`

// pages are a good one, and one for every fault that the harness has to find.
var pages = map[string]string{
	"/good":      `<p>Roses, gr&uuml;n &amp; red. <a href="/form">To the form</a></p>`,
	"/error":     `<script>console.error("thorn", 7)</script>`,
	"/exception": `<script>throw new Error("wasp")</script>`,
	"/missing":   `<img alt="" src="/nothing.png">`,
	"/away":      `<img alt="" src="http://example.org/x.png">`,
	"/contrast":  `<p style="color: #aaa; background: #fff">Hardly to be read.</p>`,
	"/dark":      `<style>@media (prefers-color-scheme: dark) { b { color: #333 } }</style><b>Not to be read at night.</b>`,
	"/label":     `<input type="text">`,
	"/wide":      `<p style="width: 500px">Too wide for a telephone.</p>`,
	"/heavy":     `<p>` + strings.Repeat("weed ", 4000) + `</p>`,
	"/heading":   `<h3>After a first comes a third.</h3>`,
	"/form": `<form method="post" action="/form"><p><label>Flower <input name="flower"></label>
			<label><input type="checkbox" name="water" checked> Water it</label> <button>Plant</button></p></form>`,
	"/get": `<a href="/plan.txt">The plan</a>`,
}

// garden is a site with the pages, and with some that take more than a text.
// Nobody listens at nowhere.
func garden(t *testing.T) (site, nowhere string) {
	t.Helper()
	nowhere = testhost.FreeAddress(t)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		body, ok := pages[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		language := "en"
		if strings.HasPrefix(r.Header.Get("Accept-Language"), "it") {
			language = "it"
		}
		fmt.Fprintf(w, head+"%s"+foot, language, body)
	})
	mux.HandleFunc("POST /form", func(w http.ResponseWriter, r *http.Request) {
		if r.PostFormValue("flower") == "nettle" {
			w.WriteHeader(http.StatusConflict)
		}
		fmt.Fprintf(w, head+"<p>Planted %q, watered %q.</p>"+foot, "en", r.PostFormValue("flower"), r.PostFormValue("water"))
	})
	mux.HandleFunc("GET /strict", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'")
		fmt.Fprint(w, `<!doctype html><html lang="en"><title>Strict</title><main><h1>Strict</h1><script>document.title = "ran"</script></main>`)
	})
	mux.HandleFunc("GET /refused", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, head+`<img alt="" src="http://%s/x.png">`+foot, "en", nowhere)
	})
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /shrunk", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<!doctype html><html lang="en"><title>Shrunk</title><main><h1>Shrunk</h1></main>`)
	})
	mux.HandleFunc("GET /plan.txt", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="plan.txt"`)
		fmt.Fprint(w, "beds and paths\n")
	})
	mux.HandleFunc("GET /cookie", func(w http.ResponseWriter, r *http.Request) {
		_, err := r.Cookie("seed")
		http.SetCookie(w, &http.Cookie{Name: "seed", Value: "1"})
		fmt.Fprintf(w, head+"<p>known: %t</p>"+foot, "en", err == nil)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL, nowhere
}
