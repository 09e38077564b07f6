package dictionary

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// Config says what a registry does not: how long a store keeps what it gets.
type Config struct {
	// PageDays is for how many days pages are kept. 0: 90, and the page says that
	// whoever runs the store may have set another number.
	PageDays int
	// RollupMonths is for how many months sums are kept. 0: 25, as every store does.
	RollupMonths int
}

// The retention of a store that is not told otherwise.
const (
	defaultPageDays     = 90
	defaultRollupMonths = 25
)

// Dictionary is a registry in plain words. It is read only.
type Dictionary struct {
	Title    string         `json:"title"`
	Release  schema.Release `json:"release"`
	Sections []Section      `json:"sections"` // what holds for all fields
	Fields   []Section      `json:"fields"`   // a section for each category that has any
	Sign     Signature      `json:"sign"`
}

// Section is one part of the page.
type Section struct {
	Title string   `json:"title"`
	Text  []string `json:"text,omitempty"`  // paragraphs
	Words []string `json:"words,omitempty"` // names that belong to the last paragraph
	// Table has an entry a line, all with the same rows as columns.
	Table []Entry `json:"table,omitempty"`
	// Entries are fields: a table each.
	Entries []Entry `json:"entries,omitempty"`
}

// Entry is a field, a label of one, or a line of a table.
type Entry struct {
	Name   string  `json:"name"`
	Rows   []Row   `json:"rows"`
	Labels []Entry `json:"labels,omitempty"`
	field  bool    // whether the name is a field's
}

// Row is one thing that is said of an entry. It may be empty.
type Row struct {
	Head  string   `json:"head"`
	Lines []string `json:"lines,omitempty"` // sentences
	Words []string `json:"words,omitempty"` // names that follow the sentences
	Link  string   `json:"link,omitempty"`  // an address, in place of both
}

// Empty says whether the row says nothing.
func (r Row) Empty() bool { return len(r.Lines) == 0 && len(r.Words) == 0 && r.Link == "" }

// Anchor returns the name of the place of a field on the page of HTML, which a
// line of a table that bears a field's name leads to; empty: it leads nowhere.
func (e Entry) Anchor() string {
	if e.field {
		return "field-" + e.Name
	}
	return ""
}

// row returns what the entry says under a head.
func (e Entry) row(head string) (Row, bool) {
	i := slices.IndexFunc(e.Rows, func(r Row) bool { return r.Head == head })
	if i < 0 {
		return Row{}, false
	}
	return e.Rows[i], true
}

// Signature is the block in which somebody signs for a release.
type Signature struct {
	Text  string   `json:"text"`
	Heads []string `json:"heads"` // what is filled in by hand
}

// builder makes a dictionary.
type builder struct {
	Config
	reg     *registry.Registry
	metrics []*registry.Metric // by category, then by name
}

// New says in plain words what the registry lets be collected.
func New(reg *registry.Registry, cfg Config) *Dictionary {
	b := &builder{Config: cfg, reg: reg}
	for i := range reg.Metrics {
		b.metrics = append(b.metrics, &reg.Metrics[i])
	}
	order := schema.Categories()
	slices.SortFunc(b.metrics, func(m, n *registry.Metric) int {
		return cmp.Or(slices.Index(order, m.Category)-slices.Index(order, n.Category), strings.Compare(m.Name, n.Name))
	})
	products := and(b.productNames(nil))
	return &Dictionary{
		Title:   "Data dictionary of " + products,
		Release: reg.Release,
		Sections: []Section{
			b.never(), b.products(), b.programmes(), b.levels(), b.logs(), b.kept(), b.splits(), b.glance(),
		},
		Fields: b.categories(),
		Sign: Signature{
			Text:  fmt.Sprintf("I have read what release %d of the registry of %s lets be collected, and what it is collected for.", reg.Release, products),
			Heads: []string{"Release published on", "Name", "Function", "Date", "Signature"},
		},
	}
}

// productNames returns the names in order; nil are all.
func (b *builder) productNames(names []string) []string {
	if names != nil {
		return slices.Sorted(slices.Values(names))
	}
	for i := range b.reg.Products {
		names = append(names, b.reg.Products[i].Name)
	}
	slices.Sort(names)
	return names
}

// categories returns the fields.
func (b *builder) categories() (out []Section) {
	for _, c := range schema.Categories() {
		s := Section{Title: categoryTitle(c)}
		for _, m := range b.metrics {
			if m.Category == c {
				s.Entries = append(s.Entries, b.field(m))
			}
		}
		if len(s.Entries) > 0 {
			out = append(out, s)
		}
	}
	return out
}
