package console

import (
	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/schema"
)

// collectedView is the page "What is collected".
type collectedView struct {
	Release    schema.Release
	Count      int
	Categories []category
}

// category is the fields of one category, in the order of the registry.
type category struct {
	Key    schema.Category
	Title  string
	Fields []field
}

func (c *Console) collected(r *web.Request) (any, error) {
	v := collectedView{Release: c.cfg.Registry.Release, Count: len(c.cfg.Registry.Metrics)}
	for _, key := range schema.Categories() {
		g := category{Key: key, Title: r.T("console.category." + string(key))}
		for i := range c.cfg.Registry.Metrics {
			if m := &c.cfg.Registry.Metrics[i]; m.Category == key {
				g.Fields = append(g.Fields, c.field(r, m))
			}
		}
		if len(g.Fields) > 0 {
			v.Categories = append(v.Categories, g)
		}
	}
	return v, nil
}
