package rig

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Page is an answer of a console to somebody without a browser.
type Page struct {
	Status int
	URL    *url.URL // after redirects
	Header http.Header
	Body   string
	root   *html.Node
}

func readPage(r *http.Response) (*Page, error) {
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	root, err := html.Parse(strings.NewReader(string(b)))
	if err != nil {
		return nil, err
	}
	return &Page{Status: r.StatusCode, URL: r.Request.URL, Header: r.Header, Body: string(b), root: root}, nil
}

// Text returns the words of the page, with single spaces.
func (p *Page) Text() string { return words(p.root) }

// Says fails the test when the page does not say a text.
func (p *Page) Says(t testing.TB, text string) {
	t.Helper()
	if !strings.Contains(p.Text(), text) {
		t.Errorf("%s (%d) does not say %q but %s", p.URL.Path, p.Status, text, p.Text())
	}
}

// words returns the words below a node. Scripts and styles are none.
func words(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode && c.Parent.DataAtom != atom.Script && c.Parent.DataAtom != atom.Style {
			b.WriteString(c.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// form is a form as a person sees it: values by the labels beside them.
type form struct {
	action string
	values url.Values
	fields map[string]field // by label
}

// field is one thing to fill in or to tick.
type field struct{ name, value, kind string }

// formWith returns the form that a button with a text sends.
func (p *Page) formWith(button string) (*form, bool) {
	for n := range p.root.Descendants() {
		if n.DataAtom != atom.Form {
			continue
		}
		for c := range n.Descendants() {
			if c.DataAtom == atom.Button && words(c) == button {
				f := p.read(n)
				if name := attribute(c, "name"); name != "" {
					f.values.Set(name, attribute(c, "value"))
				}
				return f, true
			}
		}
	}
	return nil, false
}

// read reads a form with what it would send as it is.
func (p *Page) read(n *html.Node) *form {
	f := &form{action: attribute(n, "action"), values: url.Values{}, fields: map[string]field{}}
	for c := range n.Descendants() {
		name, kind, value := attribute(c, "name"), attribute(c, "type"), attribute(c, "value")
		if name == "" || c.DataAtom != atom.Input {
			continue
		}
		ticks := kind == "checkbox" || kind == "radio"
		if ticks && value == "" {
			value = "on"
		}
		if !ticks || has(c, "checked") {
			f.values.Add(name, value)
		}
		if label := p.label(c); label != "" {
			f.fields[label] = field{name, value, kind}
		}
	}
	return f
}

// label returns the text of the label of an input.
func (p *Page) label(input *html.Node) string {
	for a := range input.Ancestors() {
		if a.DataAtom == atom.Label {
			return words(a)
		}
	}
	id := attribute(input, "id")
	for n := range p.root.Descendants() {
		if n.DataAtom == atom.Label && id != "" && attribute(n, "for") == id {
			return words(n)
		}
	}
	return ""
}

// fill gives the field with a label a value. A box is "on" or "off"; a radio
// button is chosen whatever the value.
func (f *form) fill(label, value string) bool {
	field, ok := f.fields[label]
	switch {
	case !ok:
		return false
	case field.kind == "checkbox" && value == "off":
		f.values.Del(field.name)
	case field.kind == "checkbox" || field.kind == "radio":
		f.values.Set(field.name, field.value)
	default:
		f.values.Set(field.name, value)
	}
	return true
}

// Shown returns what stands in the field with a label of the form that a
// button sends; a box and a radio button have "on" or "off".
func (p *Page) Shown(t testing.TB, button, label string) string {
	t.Helper()
	f, ok := p.formWith(button)
	if !ok {
		t.Fatalf("%s (%d) has no button %q: %s", p.URL.Path, p.Status, button, p.Text())
	}
	field, ok := f.fields[label]
	if !ok {
		t.Fatalf("%s has no field %q", p.URL.Path, label)
	}
	if field.kind != "checkbox" && field.kind != "radio" {
		return f.values.Get(field.name)
	}
	if f.values.Get(field.name) == field.value {
		return "on"
	}
	return "off"
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}
