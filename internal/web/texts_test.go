package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

var looksLikeKey = regexp.MustCompile(`^(language|frame|login|password|form|code|setup|invited|recover|account|error|time)(\.[a-z0-9]+)+$`)

// keysInCode returns the literals of this package's code that look like keys.
func keysInCode(t *testing.T) (keys []string) {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil && looksLikeKey.MatchString(text) {
					keys = append(keys, text)
				}
			}
			return true
		})
	}
	return keys
}

func TestTranslations(t *testing.T) {
	keys := keysInCode(t)
	if len(keys) < 40 {
		t.Fatalf("only %d keys found in the code", len(keys))
	}
	for _, r := range allRoles {
		keys = append(keys, roleKey(r), roleKey(r)+".hint")
	}
	if err := CheckTranslations(ownFiles, keys...); err != nil {
		t.Error(err)
	}
	inTemplates, err := keysOf(ownFiles)
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, key := range append(keys, inTemplates...) {
		used[key] = true
	}
	c, err := readCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	for key := range c.texts["en"] {
		if looksLikeKey.MatchString(key) && !used[key] && !strings.HasPrefix(key, "time.month.") {
			t.Errorf("nothing uses %q", key)
		}
	}
}

func TestCheckTranslations(t *testing.T) {
	files := fstest.MapFS{"templates/x.html": {Data: []byte(
		`{{if t "missing.if"}}{{range .}}{{t "missing.range" (t "missing.inner")}}{{else}}{{with count "missing" 1}}{{template "x" t "missing.template"}}{{end}}{{end}}{{end}}{{define "x"}}{{.X | t "missing.pipe"}}{{end}}`)}}
	err := CheckTranslations(files, "missing.code")
	for _, key := range []string{"missing.if", "missing.range", "missing.inner", "missing.one", "missing.other", "missing.template", "missing.pipe", "missing.code"} {
		if err == nil || !strings.Contains(err.Error(), strconv.Quote(key)) {
			t.Errorf("%q is not found missing: %v", key, err)
		}
	}
	c := &catalogue{texts: map[string]map[string]string{
		"en": {"same": "{0} {1}", "gone": "x", "empty": "x", "places": "{0} {1}"},
		"it": {"same": "{1} {0}", "empty": " ", "places": "{0}", "more": "x"},
	}}
	if errs := c.compare(); len(errs) != 4 {
		t.Errorf("found %v, want four differences", errs)
	}
}

// TestEveryPage shows every page of this package in both languages.
func TestEveryPage(t *testing.T) {
	rg := newRig(t, nil)
	out := rg.browser()
	pages := func(b *browser, lang string, paths ...string) {
		for _, path := range paths {
			got := b.get(path, "Accept-Language", lang)
			rg.want(path, got, http.StatusOK, `<html lang="`+lang+`">`)
			if n := strings.Count(got.body, "<h1"); n != 1 {
				t.Errorf("%s has %d <h1>", path, n)
			}
			if strings.Contains(got.body, "<script") || strings.Contains(got.body, "style=") || strings.Contains(got.body, "{0}") {
				t.Errorf("%s has a script, a style or a placeholder", path)
			}
		}
	}
	for _, lang := range Languages {
		pages(out, lang, "/setup", "/recover")
	}
	b := rg.admin()
	for _, lang := range Languages {
		pages(out, lang, "/setup", "/recover", "/login", "/login?bye")
		pages(b, lang, "/", "/thing", "/account")
	}
	full := factorRig(t, FactorOffered)
	c := full.admin()
	for _, lang := range Languages {
		full.want("no factor", c.get("/second-factor", "Accept-Language", lang), http.StatusOK)
		pages(c, lang, "/", "/account", "/accounts", "/second-factor")
	}
	c.enrol()
	for _, lang := range Languages {
		pages(c, lang, "/second-factor", "/accounts", "/account")
	}
	got := b.get("/thing")
	rg.want("frame", got, http.StatusOK, `<a href="/thing" aria-current="page">February</a>`, `<p class="group" id="group-1">March</p>`, `<a href="/">January</a>`)
	if strings.Contains(got.body, `href="/file"`) {
		t.Error("a download is in the navigation")
	}
}

func TestFunctions(t *testing.T) {
	c, err := readCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	en, it := formatter{c, "en"}, formatter{c, "it"}
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.FixedZone("x", 7200))
	for _, x := range []struct{ got, want any }{
		{string(en.date(at)), "<time datetime=\"2026-03-04T03:06:07Z\">4 March 2026, 03:06\u00a0UTC</time>"},
		{string(it.day(at)), `<time datetime="2026-03-04">4 marzo 2026</time>`},
		{string(en.date(time.Time{})), "—"},
		{en.bytes(uint64(999)), "999\u00a0B"}, {en.bytes(1500), "1.5\u00a0kB"}, {it.bytes(int64(1500000)), "1,5\u00a0MB"}, {en.bytes(123456789), "123\u00a0MB"},
		{en.bytes(uint64(math.MaxUint64)), "18,447\u00a0PB"}, {en.bytes("x"), "—"},
		{en.percent(1, 8), "12.5%"}, {it.percent(uint64(1), uint64(8)), "12,5%"}, {en.percent(1, 0), "—"}, {en.percent(0, 5), "0%"},
		{c.show("en", 1234567), "1,234,567"}, {c.show("it", uint64(1234567)), "1.234.567"}, {c.show("it", "x"), "x"},
		{c.text("en", "login.slow", 12), "Too many attempts. Try again in 12 s; nobody is locked out for good."},
		{c.text("en", "no.such.key"), "⟦no.such.key⟧"},
		{c.text("en", "account.remove.done", "{0}{1}"), "The account {0}{1} is removed, and its sessions have ended."},
		{string(described(nil, "a")), ""}, {string(described(nil, "a", "b", "c")), `aria-describedby="b c"`},
		{string(described(FieldErrors{"a": {}}, "a", "b")), `aria-invalid="true" aria-describedby="a-problem b"`},
		{string(en.problem(FieldErrors{"a": {Key: "login.slow", Args: []any{"<b>"}}}, "a")),
			`<p class="problem" id="a-problem">Too many attempts. Try again in &lt;b&gt; s; nobody is locked out for good.</p>`},
	} {
		if x.got != x.want {
			t.Errorf("got %q, want %q", x.got, x.want)
		}
	}
}

// TestAddRefuses: a page that cannot work is found when the program starts.
func TestAddRefuses(t *testing.T) {
	rg := newRig(t, nil)
	show := func(*Request) (any, error) { return nil, nil }
	for name, p := range map[string]Page{
		"path":          {Path: "x", Show: show, Template: "templates/first.html"},
		"twice":         {Path: "/thing", Show: show, Template: "templates/first.html"},
		"ours":          {Path: "/login", Show: show, Template: "templates/first.html"},
		"our page":      {Path: "/account", Show: show, Template: "templates/first.html"},
		"no template":   {Path: "/x", Show: show, Template: "templates/none.html"},
		"nothing to do": {Path: "/x"},
		"title":         {Path: "/x", Show: show, Template: "templates/first.html", Title: "no.such.key"},
	} {
		if err := rg.site.add(p); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []Config{{}, {Dir: t.TempDir()}, {Title: "frame.pages"}} {
		if _, err := New(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
	if _, err := New(Config{Dir: "/dev/null/x", Title: "frame.pages"}); err == nil {
		t.Error("a directory that cannot be made is taken")
	}
}
