package dictionary

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// Change is one thing in which a newer registry differs from an older one.
type Change struct {
	Of   string `json:"of"`   // what it is a change of: "metric os.type", "programme ceip", "product finder"
	What string `json:"what"` // in plain words, without a full stop
	// Ask says that more is collected, from more hosts, for longer or for
	// something else: who was told of the older one must be asked again.
	Ask bool `json:"ask_again"`
	// NewName says that the name now means something else, so that sums of before
	// and after must not be added: give it a new name.
	NewName bool `json:"new_name"`
}

// String returns the change as one line.
func (c Change) String() string {
	s := c.Of + ": " + c.What
	if c.Ask {
		s += "; people must be asked again"
	}
	if c.NewName {
		s += "; it means something else now: give it a new name"
	}
	return s
}

// Diff says in plain words what a newer registry changes: of its programmes, of
// its products, then of its metrics by name. There is nothing to say of two that
// let the same be collected, whatever their releases. Where
// words for people change, such as a description, nobody but a reader can tell
// whether they mean the same; that they changed is said.
func Diff(older, newer *registry.Registry) []Change {
	d := &differ{}
	d.programmes(older, newer)
	d.products(older, newer)
	d.logs(older, newer)
	was, is := metricsOf(older), metricsOf(newer)
	for _, name := range slices.Sorted(maps.Keys(both(was, is))) {
		d.of = "metric " + name
		m, had := was[name]
		n, has := is[name]
		switch {
		case !had:
			d.ask(addedMetric(n))
		case !has:
			d.say("is not collected any more")
		default:
			d.metric(m, n)
		}
	}
	return d.out
}

// differ gathers changes.
type differ struct {
	of  string
	out []Change
}

// say notes what collects no more than before.
func (d *differ) say(what string) { d.out = append(d.out, Change{Of: d.of, What: what}) }

// ask notes what collects more.
func (d *differ) ask(what string) { d.out = append(d.out, Change{Of: d.of, What: what, Ask: true}) }

// either notes what collects more or not.
func (d *differ) either(more bool, what string) {
	d.out = append(d.out, Change{Of: d.of, What: what, Ask: more})
}

// means notes what changes the meaning of a name, and may collect more.
func (d *differ) means(more bool, what string) {
	d.out = append(d.out, Change{Of: d.of, What: what, Ask: more, NewName: true})
}

func metricsOf(r *registry.Registry) map[string]*registry.Metric {
	out := map[string]*registry.Metric{}
	for i := range r.Metrics {
		out[r.Metrics[i].Name] = &r.Metrics[i]
	}
	return out
}

// both returns the keys of either.
func both[K comparable, V any](a, b map[K]V) map[K]bool {
	out := map[K]bool{}
	for k := range a {
		out[k] = true
	}
	for k := range b {
		out[k] = true
	}
	return out
}

// addedMetric says what a new metric is and where it goes.
func addedMetric(m *registry.Metric) string {
	return fmt.Sprintf("is new (%s, %s, programme %s, level %s; goes to: %s): %s", categoryTitle(m.Category), m.Type, m.Programme, m.Level,
		strings.ToLower(strings.TrimSuffix(goesShort(m), ".")), strings.TrimSuffix(m.Description, "."))
}

func (d *differ) programmes(older, newer *registry.Registry) {
	was, is := map[schema.Programme]registry.Programme{}, map[schema.Programme]registry.Programme{}
	for _, p := range older.Programmes {
		was[p.Name] = p
	}
	for _, p := range newer.Programmes {
		is[p.Name] = p
	}
	for _, name := range slices.Sorted(maps.Keys(both(was, is))) {
		d.of = "programme " + string(name)
		p, had := was[name]
		q, has := is[name]
		switch {
		case !had:
			d.ask("is new, by default " + string(q.Default))
		case !has:
			d.say("is gone")
		default:
			d.programme(p, q)
		}
	}
}

func (d *differ) programme(p, q registry.Programme) {
	order := []registry.Default{registry.DefaultOff, registry.DefaultAsk, registry.DefaultOn}
	if p.Default != q.Default {
		d.either(slices.Index(order, q.Default) > slices.Index(order, p.Default),
			fmt.Sprintf("where nobody decided, it is %s instead of %s", q.Default, p.Default))
	}
	if p.Purpose != q.Purpose {
		d.ask("its purpose is another: " + quoted(q.Purpose) + " instead of " + quoted(p.Purpose))
	}
}

func (d *differ) products(older, newer *registry.Registry) {
	was, is := map[string]registry.Product{}, map[string]registry.Product{}
	for _, p := range older.Products {
		was[p.Name] = p
	}
	for _, p := range newer.Products {
		is[p.Name] = p
	}
	for _, name := range slices.Sorted(maps.Keys(both(was, is))) {
		d.of = "product " + name
		_, had := was[name]
		_, has := is[name]
		switch {
		case !had:
			d.ask("reports as well")
		case !has:
			d.say("does not report any more")
		}
		if had && has {
			d.grown(was[name].Modules, is[name].Modules, "errors also tell places in %s", "errors no longer tell places in %s")
		}
	}
}

// grown says what a list has more, which collects more, and what it has less.
func (d *differ) grown(was, is []string, more, less string) {
	if added := lacks(was, is); len(added) > 0 {
		d.ask(fmt.Sprintf(more, strings.Join(added, ", ")))
	}
	if gone := lacks(is, was); len(gone) > 0 {
		d.say(fmt.Sprintf(less, strings.Join(gone, ", ")))
	}
}

// lacks returns what is in of and not in list.
func lacks(list, of []string) (out []string) {
	for _, s := range of {
		if !slices.Contains(list, s) {
			out = append(out, s)
		}
	}
	return out
}

// quoted returns a text of the registry as it stands in a sentence.
func quoted(s string) string { return "“" + s + "”" }
