package dictionary

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"sync"
)

//go:embed page.html
var pageText string

var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Parse(pageText))
})

// HTML writes the dictionary as one page that needs nothing else: no script, no
// other file, no network.
func (d *Dictionary) HTML(w io.Writer) error {
	var b bytes.Buffer
	err := page().Execute(&b, d)
	if err == nil {
		_, err = w.Write(b.Bytes())
	}
	if err != nil {
		return fmt.Errorf("write dictionary: %w", err)
	}
	return nil
}
