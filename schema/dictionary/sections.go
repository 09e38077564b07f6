package dictionary

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// never says what no registry can let be collected.
func (b *builder) never() Section {
	var categories []string
	for _, c := range schema.Categories() {
		categories = append(categories, categoryTitle(c))
	}
	return Section{
		Title: "What is never collected",
		Text: []string{
			"Anything that this page does not name. The host refuses what is not registered, and whoever receives it checks once more.",
			"Authentication data (passwords, keys, tokens), contact data (names, postal and e-mail addresses, telephone numbers), licence and customer numbers. " +
				"They have no category, so that nobody can register them: the only ones are " + and(categories) + ".",
			"Free text as it was written. A text is kept when it is one of a fixed list or has a fixed form; any other is refused, or is hashed, scrubbed or dropped on the host first. " + b.freeText(),
			"What products hand over by OpenTelemetry, unless a field below says that it is taken from there. These attributes cannot be taken at all; one that ends with a dot stands for all that begin with it:",
		},
		Words: registry.NeverMappedNames(),
	}
}

// freeText names what was free text before it was hashed or scrubbed.
func (b *builder) freeText() string {
	treated := func(t schema.Treatment) bool { return t == schema.Hash || t == schema.Scrub }
	var names []string
	for _, m := range b.metrics {
		if treated(m.Treatment) {
			names = append(names, m.Name)
		}
		for _, l := range m.Labels {
			if treated(l.Treatment) {
				names = append(names, l.Name+" of "+m.Name)
			}
		}
	}
	if len(names) == 0 {
		return "In this release there is no free text."
	}
	return "In this release that is done to: " + strings.Join(names, ", ") + "."
}

// products says whose code reports.
func (b *builder) products() Section {
	common := b.count(func(m *registry.Metric) bool { return m.Products == nil })
	s := Section{Title: "Products", Text: []string{"Each reports its own fields, and those that any product may report; there are " + grouped(common) + " of these."}}
	for _, name := range b.productNames(nil) {
		p, _ := b.reg.Product(name)
		own := b.count(func(m *registry.Metric) bool { return m.Products != nil && m.MayReport(name) })
		s.Table = append(s.Table, Entry{Name: name, Rows: []Row{
			{Head: "Its own fields", Lines: []string{grouped(own)}},
			{Head: "Its own code, of which the places of errors may be told", Words: slices.Sorted(slices.Values(p.Modules))},
		}})
	}
	return s
}

// programmes says what can be switched off by itself, and how it is before.
func (b *builder) programmes() Section {
	s := Section{Title: "Programmes", Text: []string{
		"Each programme has a switch of its own, on the host and at the site. Being on by default is participation; it is not a consent.",
	}}
	for i := range b.reg.Programmes {
		p := &b.reg.Programmes[i]
		s.Table = append(s.Table, Entry{Name: string(p.Name), Rows: []Row{
			{Head: "Purpose", Lines: []string{p.Purpose}},
			{Head: "Where nobody decided", Lines: []string{defaultWords(p.Default)}},
			{Head: "Fields", Lines: []string{grouped(b.count(func(m *registry.Metric) bool { return m.Programme == p.Name }))}},
		}})
	}
	return s
}

// levels says how much detail there is to choose from.
func (b *builder) levels() Section {
	s := Section{Title: "Levels"}
	for _, l := range []struct {
		level schema.Level
		gives string
	}{{schema.Standard, "All but the logs of products."}, {schema.Enhanced, "The logs of products as well, and nothing else."}} {
		s.Table = append(s.Table, Entry{Name: string(l.level), Rows: []Row{
			{Head: "What it gives", Lines: []string{l.gives}},
			{Head: "Fields", Lines: []string{grouped(b.count(func(m *registry.Metric) bool { return m.Level == l.level }))}},
		}})
	}
	return s
}

// kept says where fields go, and for how long.
func (b *builder) kept() Section {
	return Section{
		Title: "Where it goes, and how long it is kept",
		Text: []string{
			"Into sums. A host sends fragments: its counts of a day, with the values of at most three facets such as its version, and with whether it is its first of the day, the week, the month or ever. " +
				"There is no ID, hash or time of day in them. A sum is shown only when at least as many installations added to it as its field says; then it is anonymous. " +
				"Sums are kept for " + plural(b.rollupMonths(), "month") + ".",
			"On the page of one installation. It holds single records, each with its time and the product and version that reported it. The host seals it under keys that come from its installation ID, " +
				"so that the store cannot open it. Who has that ID can, usually a support engineer to whom the user reads it out: a page is pseudonymous. " +
				"Pages are kept for " + b.pageDays() + ". They are deleted in whole months; what is older is shown to nobody meanwhile.",
			"With both goes what it takes to handle them: the day, the release of the registry, and a random number of the fragment's or the page's own, so that one that came twice counts once. " +
				"With a page go also the version of the agent, the revision of the site's decision, and a random number of the host's state, by which a copy of a host is noticed.",
		},
	}
}

// pageDays says how long pages are kept, and by whose word.
func (b *builder) pageDays() string {
	if b.PageDays == 0 {
		return plural(defaultPageDays, "day") + ", or for what whoever runs the store sets instead, at most 400 days"
	}
	return plural(int64(b.PageDays), "day")
}

func (b *builder) rollupMonths() int64 { return int64(cmp.Or(b.RollupMonths, defaultRollupMonths)) }

// splits says by what installations are told apart in sums.
func (b *builder) splits() Section {
	s := Section{Title: "By what sums are split", Text: []string{"No sum is split by anything but these, and by the value and the labels of its own field."}}
	for _, tuple := range b.tuples() {
		least, fields := b.shownFrom(tuple)
		s.Table = append(s.Table, Entry{Name: strings.Join(tuple, " × "), Rows: []Row{
			{Head: "Shown from", Lines: []string{plural(int64(least), "installation")}},
			{Head: "Fields", Lines: []string{grouped(fields)}},
		}})
	}
	return s
}

// shownFrom returns the lowest threshold of the sums that are split so, and how
// many fields have such.
func (b *builder) shownFrom(tuple []string) (least int, fields int64) {
	for _, m := range b.metrics {
		for _, u := range m.Rollups {
			if slices.Equal(u.Facets, tuple) {
				least = min(cmp.Or(least, u.MinInstallations), u.MinInstallations)
				fields++
			}
		}
	}
	return least, fields
}

// tuples returns the facet lists in one order, however the files were given.
func (b *builder) tuples() [][]string {
	tuples := b.reg.Tuples()
	slices.SortFunc(tuples, slices.Compare[[]string])
	return tuples
}

// glance names every field in a line.
func (b *builder) glance() Section {
	s := Section{Title: "All fields at a glance"}
	for _, m := range b.metrics {
		s.Table = append(s.Table, Entry{Name: m.Name, field: true, Rows: []Row{
			{Head: headWhat, Lines: []string{m.Description}},
			{Head: "Done on the host", Lines: []string{b.ofValue(m).done()}},
			{Head: headGoes, Lines: []string{goesShort(m)}},
		}})
	}
	return s
}

func (b *builder) count(is func(*registry.Metric) bool) (n int64) {
	for _, m := range b.metrics {
		if is(m) {
			n++
		}
	}
	return n
}
