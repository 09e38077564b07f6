package desk

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"time"

	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// mostExported bounds a file, in records: browsers open no larger table.
const mostExported = 100_000

//go:embed export/export.html
var exportFiles embed.FS

var exportTemplate = template.Must(template.ParseFS(exportFiles, "export/export.html"))

// exportPage is what the file says: everything held, for people and, at its end,
// for programs.
type exportPage struct {
	T       func(key string, args ...any) string
	Lang    string
	Made    string
	History *lookup.History
	Rows    []row
	JSON    template.JS
}

// exportFile writes one page that needs nothing else: no network, no scripts.
func exportFile(r *web.Request, h *lookup.History, now time.Time) ([]byte, error) {
	data, err := json.Marshal(h) // it escapes what could end the element that it stands in
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	p := exportPage{T: r.T, Lang: r.Lang(), Made: now.UTC().Format("2006-01-02 15:04 UTC"), History: h, JSON: template.JS(data)}
	for i := range h.Records {
		p.Rows = append(p.Rows, rowOf(&h.Records[i], wanted{}, nil))
	}
	var out bytes.Buffer
	if err := exportTemplate.Execute(&out, p); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return out.Bytes(), nil
}
