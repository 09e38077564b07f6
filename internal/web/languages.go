package web

import (
	"embed"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

//go:embed translations/*.yaml
var translationFiles embed.FS

// Languages are the codes of the languages that every text exists in; the
// first is what a browser gets that asks for none of them.
var Languages = []string{"en", "it"}

// catalogue holds all texts, by language and key. It does not change.
type catalogue struct {
	texts    map[string]map[string]string
	printers map[string]*message.Printer // numbers of a language
	matcher  language.Matcher
}

// readCatalogue reads the embedded files, once.
var readCatalogue = sync.OnceValues(func() (*catalogue, error) {
	c := &catalogue{texts: map[string]map[string]string{}, printers: map[string]*message.Printer{}}
	var tags []language.Tag
	for _, code := range Languages {
		b, err := translationFiles.ReadFile("translations/" + code + ".yaml")
		if err != nil {
			return nil, err
		}
		texts := map[string]string{}
		if err := yaml.Unmarshal(b, &texts); err != nil { // a key that is there twice is an error
			return nil, fmt.Errorf("read translations/%s.yaml: %w", code, err)
		}
		tag := language.MustParse(code)
		c.texts[code], c.printers[code], tags = texts, message.NewPrinter(tag), append(tags, tag)
	}
	c.matcher = language.NewMatcher(tags)
	return c, nil
})

// text returns the text of a key; a key without one shows itself in brackets.
func (c *catalogue) text(lang, key string, args ...any) string {
	text, ok := c.texts[lang][key]
	if !ok {
		return "⟦" + key + "⟧"
	}
	if len(args) == 0 {
		return text
	}
	pairs := make([]string, 0, 2*len(args))
	for i, a := range args {
		pairs = append(pairs, "{"+strconv.Itoa(i)+"}", c.show(lang, a))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// show writes a value as the language does: numbers with their separators.
func (c *catalogue) show(lang string, v any) string {
	switch v.(type) {
	case int, int32, int64, uint, uint32, uint64, float64:
		return c.printers[lang].Sprint(v)
	}
	return fmt.Sprint(v)
}

// count returns the text of key.one or key.other, with {0} replaced by n and
// {1} … by args.
func (c *catalogue) count(lang, key string, n any, args ...any) string {
	if fmt.Sprint(n) == "1" {
		key += ".one"
	} else {
		key += ".other"
	}
	return c.text(lang, key, append([]any{n}, args...)...)
}

// languageOf chooses by the cookie, then by what the browser prefers.
func (s *Site) languageOf(r *http.Request) string {
	if c, err := r.Cookie(s.languageCookie()); err == nil {
		for _, code := range Languages {
			if c.Value == code {
				return code
			}
		}
	}
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil || len(tags) == 0 {
		return Languages[0]
	}
	_, i, _ := s.languages.matcher.Match(tags...)
	return Languages[i]
}

func (s *Site) languageCookie() string {
	return s.cookieName("language")
}
