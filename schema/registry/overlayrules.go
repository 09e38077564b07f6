package registry

import (
	"fmt"
	"slices"
	"strings"
)

// lintHead asks that a file goes with the first one and with the base.
func (l *laid) lintHead(first *laid, base *Registry) {
	if l.number != first.number && l.number > 0 && first.number > 0 {
		l.problem(l.o.at["release"], fmt.Sprintf("release %d, but %s has release %d", l.number, first.file, first.number),
			"write the same release in all files of one registry")
	}
	same := slices.EqualFunc(l.steps, first.steps, func(a, b step) bool { return a.release == b.release && a.from == b.from })
	if !same && len(l.steps) > 0 && len(first.steps) > 0 {
		l.problem(l.o.at["base"], "base is not that of "+first.file, "write "+stepsText(first.steps))
	}
	last := step{}
	for _, s := range l.steps {
		switch {
		case s.release > base.Release:
			l.problem(s.o.value("release"), fmt.Sprintf("base step takes in release %d, but the base has release %d", s.release, base.Release),
				fmt.Sprintf("write at most %d", base.Release))
		case s.from > l.number && l.number > 0:
			l.problem(s.o.value("from"), fmt.Sprintf("base step is from release %d, above the release %d", s.from, l.number),
				"write the release that takes it in")
		case s.release > 0 && s.release <= last.release || s.from > 0 && s.from <= last.from:
			l.problem(s.o.node, "base steps do not ascend", "sort them: each takes in a later release of the base, from a later release of yours")
		}
		last = s
	}
}

func stepsText(steps []step) string {
	words := make([]string, len(steps))
	for i, s := range steps {
		words[i] = fmt.Sprintf("{release: %d, from: %d}", s.release, s.from)
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// own returns the products that the file registers, and not only names.
func (l *laid) own(owners map[string]*laid) (out []Product) {
	for i, o := range l.objects {
		if !o.has("modules") {
			continue
		}
		l.claim(o, l.products[i].Name, productMark, owners)
		out = append(out, l.products[i])
	}
	return out
}

// lintNamed asks that each product that the file only names is registered by
// another.
func (l *laid) lintNamed(all []Product) {
	for i, o := range l.objects {
		name := l.products[i].Name
		known := slices.ContainsFunc(all, func(p Product) bool { return p.Name == name })
		if !o.has("modules") && name != "" && !known {
			l.problem(o.value("name"), o.what+" is registered by no file", "add its modules: [...], or give the file that has them")
		}
	}
}
