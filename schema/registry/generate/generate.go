// Package generate makes typed Go functions for what a product may report, so
// that a name that is not registered does not compile:
//
//	telemetry.MenuUsed(telemetry.MenuOpen)
//	telemetry.OperationDuration(time.Since(began), telemetry.OperationSearch)
//	telemetry.Error(err)
//
// The one file that [Go] returns depends on agent/client and the standard
// library only. A metric becomes a function that is called as the metric is,
// without the product's name in front: the counter finder.menu.used becomes
// MenuUsed, and AddMenuUsed for several at once; a state, a flag or a quantity
// gets Set in front, a survey's answer Answer. A log has a function for each of
// its templates, whose arguments are the labels of the text. Labels and texts
// that are listed get a type and a value each, which no text converts to; those
// with a form stay texts, and labels in buckets are numbers, or durations where
// they count microseconds. A failure's codes are errors, to be returned or wrapped.
//
// The same registry gives the same bytes. Metrics of the base are left out:
// they are the agent's own.
package generate

import (
	"bytes"
	_ "embed"
	"fmt"
	"go/format"
	"go/token"
	"slices"
	"text/template"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// Config says what to generate.
type Config struct {
	Product string // whose functions; a product of the registry
	Package string // name of the Go package that they are in
}

//go:embed file.go.tmpl
var source string

var file = template.Must(template.New("file").Funcs(template.FuncMap{
	"comment": comment,
	"next":    func(i int) int { return i + 1 },
}).Parse(source))

// Go returns one formatted Go file with the functions of a product. The error
// names what of the registry or the configuration is in the way, and what to
// do about it.
func Go(r *registry.Registry, c Config) ([]byte, error) {
	if !token.IsIdentifier(c.Package) || c.Package == "main" || c.Package == "_" {
		return nil, fmt.Errorf("generate functions: %q cannot be the name of a package; take a word such as telemetry", c.Package)
	}
	p, ok := r.Product(c.Product)
	if !ok {
		return nil, fmt.Errorf("generate functions: product %q is not registered; name one of the files' products", c.Product)
	}
	plan, err := newPlan(r, p)
	if err != nil {
		return nil, fmt.Errorf("generate functions: %w", err)
	}
	plan.Package = c.Package
	var out bytes.Buffer
	if err := file.Execute(&out, plan); err != nil {
		return nil, fmt.Errorf("generate functions: internal error: %w", err)
	}
	b, err := format.Source(out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("generate functions: internal error: %w", err)
	}
	return b, nil
}

// metricsOf returns the metrics that stand in the product's files.
func metricsOf(r *registry.Registry, product string) (out []*registry.Metric) {
	for i := range r.Metrics {
		if m := &r.Metrics[i]; slices.Contains(m.Products, product) {
			out = append(out, m)
		}
	}
	return out
}

// isFrames says whether the client adds the label itself.
func isFrames(l *registry.Label) bool { return l.Format == registry.FormatFrames }

// isListed says whether values get a type of their own.
func isListed(values []string, by schema.Treatment) bool { return len(values) > 0 && by == schema.Keep }
