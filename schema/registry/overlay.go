package registry

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/tacit-telemetry/tacit/schema"
)

// File is one file of a product's registry.
type File struct {
	Name string // for messages only
	Data []byte // YAML, at most MaxFile bytes
}

// Overlay lays a product's files over a base and returns the whole; without
// files, the base itself. nil: [Base]. Each file has
//
//	release:  of the vendor, counted from 1; the same in all files
//	base:     [{release: 1, from: 1}, ...] which releases of the base it takes
//	          in, ascending, and the vendor's release that each came with
//	products: who may report the metrics of this file; one of them may stand
//	          here by its name alone when another file has its modules
//	metrics:  as in a file of [Parse]
//	logs:     [{name: ..., product: ..., path: /var/log/acme/*.log, metric: ...}, ...]
//	          which files, or units (journal: acme.service), a host follows at level
//	          enhanced; product and metric are of this file, the metric is of type
//	          log; left out where there are none
//	programmes: as there, left out where the base's default and purpose hold; a
//	          programme stands in one file at most
//
// What the base has of a later release than the last one named is left out; of
// the rest, Since is the vendor's release that it came with. No file may
// redefine what the base or another file has. The error is [Problems], in the
// order of the files, as [Parse] returns them.
func Overlay(base *Registry, files ...File) (*Registry, error) {
	reg, _, problems := lay(base, files)
	if len(problems) > 0 {
		return nil, problems
	}
	return reg, nil
}

// laid is one file of an overlay, as far as it was read.
type laid struct {
	*reader
	o        object
	number   schema.Release // of the vendor
	steps    []step
	products []Product
	objects  []object // of the products
	switches []Programme
	entries  []entry
	logged   []loggedIn
}

// step is a release of the base that an overlay takes in.
type step struct {
	release schema.Release // of the base
	from    schema.Release // of the vendor
	o       object
}

// lay reads the files and lays them over the base. The entries are all metrics
// of the files.
func lay(base *Registry, files []File) (*Registry, []entry, Problems) {
	if base == nil {
		base = Base()
	}
	if len(files) == 0 {
		return base, nil, nil
	}
	var read []*laid
	unread := Problems{}
	for _, f := range files {
		l := &laid{reader: &reader{file: f.Name}}
		if root := l.document(f.Data); root != nil {
			l.plain(root)
			l.read(root)
		} else {
			unread = append(unread, l.problems...)
		}
		read = append(read, l)
	}
	if len(unread) > 0 { // what the others say cannot be judged without it
		return nil, nil, unread
	}
	reg := read[0].take(base)
	entries := join(reg, base, read)
	var problems Problems
	for _, l := range read {
		problems = append(problems, l.problems...)
	}
	if len(problems) > 0 {
		return nil, entries, inOrder(problems, files)
	}
	reg.index()
	return reg, entries, nil
}

// read reads one file.
func (l *laid) read(n *yaml.Node) {
	l.o = l.object(n, "registry", "", []string{"release", "base", "products", "metrics"}, []string{"programmes", "logs"})
	l.number = l.release(l.o, "release")
	l.steps = l.readSteps()
	l.products, l.objects = l.reader.products(l.o, false)
	l.switches = l.readProgrammes()
	l.entries = l.metrics(l.o)
	l.logged = l.logs(l.o)
	names := make([]string, len(l.products))
	for i, p := range l.products {
		names[i] = p.Name
	}
	for _, e := range l.entries {
		e.m.Products = names
	}
}

func (l *laid) readSteps() (out []step) {
	if !l.o.has("base") {
		return nil
	}
	for _, n := range l.list(l.o.at["base"], "base") {
		o := l.object(n, "base step", "", []string{"release", "from"}, nil)
		out = append(out, step{release: l.release(o, "release"), from: l.release(o, "from"), o: o})
	}
	return out
}

func (l *laid) readProgrammes() []Programme {
	var reg Registry
	l.reader.programmes(l.o, &reg)
	return reg.Programmes
}

// take returns what the file takes of the base, at the file's release.
func (l *laid) take(base *Registry) *Registry {
	reg := &Registry{Release: l.number, Products: slices.Clone(base.Products), Programmes: slices.Clone(base.Programmes)}
	unread := len(l.steps) == 0 || slices.ContainsFunc(l.steps, func(s step) bool { return s.release == 0 })
	for i := range base.Metrics {
		m := base.Metrics[i]
		brought := slices.IndexFunc(l.steps, func(s step) bool { return s.release >= m.Since })
		if brought >= 0 {
			m.Since = l.steps[brought].from
		}
		if brought >= 0 || unread { // a mistake in the steps is none in what builds on them
			reg.Metrics = append(reg.Metrics, m)
		}
	}
	return reg
}

// join adds the files' products and metrics to what was taken of the base, and
// applies every rule.
func join(reg, base *Registry, files []*laid) (entries []entry) {
	below := &laid{reader: &reader{file: "the base"}}
	owners := map[string]*laid{} // of the names of products, programmes and metrics
	for i := range base.Products {
		owners[base.Products[i].Name+productMark] = below
	}
	for i := range base.Metrics {
		owners[base.Metrics[i].Name] = below
	}
	for _, l := range files {
		l.lintHead(files[0], base)
		reg.Products = append(reg.Products, l.own(owners)...)
		l.decide(reg, owners)
	}
	for _, l := range files {
		l.lintNamed(reg.Products)
		for _, e := range l.entries {
			e.lintMetric(reg)
			l.claim(e.o, e.m.Name, "", owners)
		}
		l.followed(reg, owners)
		entries = append(entries, l.entries...)
	}
	lintTogether(reg, entries)
	reg.add(entries)
	return entries
}

// decide takes the file's word on programmes, in place of the base's.
func (l *laid) decide(reg *Registry, owners map[string]*laid) {
	for _, p := range l.switches {
		if p.Name == "" || p.Default == "" {
			continue // that is a mistake already
		}
		if owner, taken := owners[string(p.Name)+programmeMark]; taken && owner != l {
			l.problem(l.o.at["programmes"], fmt.Sprintf("programme %q is there already: %s has it", p.Name, owner.file), "say it in one file")
			continue
		}
		owners[string(p.Name)+programmeMark] = l
		at := slices.IndexFunc(reg.Programmes, func(b Programme) bool { return b.Name == p.Name })
		if at < 0 {
			reg.Programmes = append(reg.Programmes, p)
			continue
		}
		reg.Programmes[at] = p
	}
}

// What keeps the names of products and of programmes apart from those of metrics.
const (
	productMark   = " product"
	programmeMark = " programme"
)

// claim reports a name that the base or an earlier file has.
func (l *laid) claim(o object, name, mark string, owners map[string]*laid) {
	owner, taken := owners[name+mark]
	switch {
	case name == "":
	case !taken:
		owners[name+mark] = l
	case owner != l: // twice in one file was reported
		l.problem(o.value("name"), fmt.Sprintf("%s is there already: %s has it", o.what, owner.file), "rename it: what is registered is not redefined")
	}
}
