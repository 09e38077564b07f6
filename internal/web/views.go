package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
)

//go:embed templates/*.html
var ownFiles embed.FS

// templates are one page's, by language.
type templates map[string]*template.Template

// parse reads the frame, the part's pieces and this package's own pages.
func (s *Site) parse() error {
	frame, err := ownFiles.ReadFile("templates/frame.html")
	if err != nil {
		return err
	}
	s.base = templates{}
	for _, lang := range Languages {
		set, err := template.New("").Funcs(functions(s.languages, lang)).Parse(string(frame))
		if err != nil {
			return err
		}
		s.base[lang] = set
	}
	if err := s.parsePieces(); err != nil {
		return err
	}
	s.views = map[string]templates{}
	for _, name := range []string{"setup", "login", "recover", "account", "accounts", "second-factor", "error"} {
		if s.views[name], err = s.view(ownFiles, "templates/"+name+".html"); err != nil {
			return err
		}
	}
	s.addOwn()
	return nil
}

// parsePieces reads the part's templates/_*.html into every set.
func (s *Site) parsePieces() error {
	if s.cfg.Files == nil {
		return nil
	}
	names, err := fs.Glob(s.cfg.Files, "templates/_*.html")
	if err != nil || len(names) == 0 {
		return err
	}
	for _, set := range s.base {
		if _, err := set.ParseFS(s.cfg.Files, names...); err != nil {
			return err
		}
	}
	return nil
}

// view makes the templates of one page: the frame with its content.
func (s *Site) view(files fs.FS, name string) (templates, error) {
	b, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	out := templates{}
	for lang, base := range s.base {
		set, err := base.Clone()
		if err != nil {
			return nil, err
		}
		if _, err := set.New("content").Parse(string(b)); err != nil {
			return nil, fmt.Errorf("%s: %w", path.Base(name), err)
		}
		out[lang] = set
	}
	return out, nil
}

// frame is what the frame shows around a page.
type frame struct {
	Lang, Site, Heading, Path string
	Style, Logo               string
	Languages                 []languageChoice
	Account                   string // "": nobody is logged in
	Factor                    string // the path of the page for second factors; "": none
	Groups                    []navGroup
	Notice                    *notice
	Unsaved, Simulated        bool
	Content                   any
}

type languageChoice struct {
	Code, Name string
	Current    bool
}

type navGroup struct {
	Title string // key; "": none
	ID    int
	Links []navLink
}

type navLink struct {
	Path, Title string
	Current     bool
}

// shown says what to show.
type shown struct {
	status  int
	view    templates
	heading string // key
	content any
	notice  *notice
	unsaved bool
	path    string // of the page, "" for the one that was asked for
}

// show writes a page in its frame.
func (s *Site) show(w http.ResponseWriter, r *http.Request, v visit, what shown) {
	if what.path == "" {
		what.path = r.URL.Path
	}
	f := frame{
		Lang: v.lang, Site: s.languages.text(v.lang, s.cfg.Title), Heading: s.languages.text(v.lang, what.heading), Path: what.path,
		Style: s.assets.style.path, Logo: s.assets.logo.path, Notice: what.notice, Unsaved: what.unsaved,
		Simulated: s.cfg.Simulated, Content: what.content,
	}
	for _, code := range Languages {
		f.Languages = append(f.Languages, languageChoice{code, s.languages.text(code, "language.name"), code == v.lang})
	}
	if v.session != nil {
		f.Account, f.Groups = v.session.Account, s.navigation(&v.account, what.path)
		if s.cfg.Factor != NoFactor {
			f.Factor = factorPath
		}
	}
	var out bytes.Buffer
	if err := what.view[v.lang].ExecuteTemplate(&out, "frame", f); err != nil {
		s.broken(w, r, "write the page", err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.lang)
	send(w, r, what.status, out.Bytes(), nil)
}

// navigation lists the pages that an account may open by group, in the order in
// which they were added; this package's own come last.
func (s *Site) navigation(a *account, current string) (groups []navGroup) {
	if s.lacksFactor(a) {
		return nil
	}
	for _, p := range s.listed() {
		if p.Title == "" || p.menu || p.Hidden || !s.may(a, p) {
			continue
		}
		i := 0
		for i < len(groups) && groups[i].Title != p.Group {
			i++
		}
		if i == len(groups) {
			groups = append(groups, navGroup{Title: p.Group, ID: i})
		}
		groups[i].Links = append(groups[i].Links, navLink{p.Path, p.Title, p.Path == current})
	}
	return groups
}

// Add adds a page. A page that cannot work, by its template, its keys or its
// path, is a mistake in the program: Add panics.
func (s *Site) Add(p Page) {
	if err := s.add(p); err != nil {
		panic(fmt.Sprintf("web: internal error: add page %q: %v", p.Path, err))
	}
}

func (s *Site) add(p Page) (err error) {
	made := &page{Page: p}
	switch {
	case !strings.HasPrefix(p.Path, "/") || s.paths[p.Path] != nil || s.own[p.Path].post != nil:
		return fmt.Errorf("the path is taken, or does not begin with /")
	case p.Show != nil && p.Download != nil || made.onlyPost() && (p.Save == nil || s.paths[p.Home] == nil):
		return fmt.Errorf("it needs either Show or Download, or Save and the Home of its form")
	}
	for _, key := range []string{p.Title, p.Group} {
		if _, ok := s.languages.texts[Languages[0]][key]; key != "" && !ok {
			return fmt.Errorf("key %q has no text", key)
		}
	}
	if p.Show != nil {
		if s.cfg.Files == nil {
			return fmt.Errorf("there are no templates")
		}
		if made.view, err = s.view(s.cfg.Files, p.Template); err != nil {
			return err
		}
	}
	s.pages, s.paths[p.Path] = append(s.pages, made), made
	return nil
}

// listed returns the part's pages, and then this package's.
func (s *Site) listed() []*page {
	return slices.Concat(s.pages[s.ownPages:], s.pages[:s.ownPages])
}

// page is a Page with its templates.
type page struct {
	Page
	view templates
	menu bool // in the account's menu, not in the navigation
}

// onlyPost says that a page answers no GET.
func (p *page) onlyPost() bool { return p.Show == nil && p.Download == nil }

// home is where the page's form stands.
func (p *page) home() string {
	if p.onlyPost() {
		return p.Home
	}
	return p.Path
}
