//go:build linux

package bench

import (
	"iter"
	"maps"
	"slices"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/bench/crowd"
	"github.com/tacit-telemetry/tacit/schema"
)

// recall is an order to destroy what a build sent.
type recall struct {
	version  string
	from, to schema.Day
}

func (r recall) hits(version string, day schema.Day) bool {
	return r.version == version && r.from <= day && day <= r.to
}

// recalled says whether what a build sent on a day was destroyed.
func (k *keeper) recalled(version string, day schema.Day) bool {
	return slices.ContainsFunc(k.recalls, func(r recall) bool { return r.hits(version, day) })
}

// left counts what is left of all that the crowd sent, and of that what a
// recall would hit.
func (k *keeper) left(r recall) (all, hit int) {
	add := func(version string, day schema.Day, n int) {
		if k.recalled(version, day) {
			return
		}
		all += n
		if r.hits(version, day) {
			hit += n
		}
	}
	for version, days := range k.sent {
		for day, n := range days {
			add(version, day, n)
		}
	}
	for i := range k.erased {
		for _, v := range i.Told {
			add(i.Version, v.Day, -1)
		}
	}
	return all, hit
}

// remains returns what is left of one installation.
func (k *keeper) remains(i *crowd.Installation) (out []crowd.Value) {
	for _, v := range i.Told {
		if !k.erased[i] && !k.recalled(i.Version, v.Day) {
			out = append(out, v)
		}
	}
	return out
}

// shows wants that support sees of everybody what is left, and nothing else.
func (k *keeper) shows(t *testing.T) {
	t.Helper()
	for _, i := range slices.Concat(k.sound, k.leaky) {
		k.has(t, i.ID, k.remains(i))
	}
	if k.byHost > 0 {
		k.has(t, k.old, nil)
	}
}

// all is what the crowd sends: a page every fifth day of the installations that
// are known, and then the others'. It is counted.
func (k *keeper) all() iter.Seq[*crowd.Sending] {
	return func(yield func(*crowd.Sending) bool) {
		known := slices.Collect(k.known())
		strangers := crowd.Strangers(k.pages-len(known), k.first, k.last, 10, leakyBuild, soundBuild)
		for _, pages := range []iter.Seq[*crowd.Sending]{slices.Values(known), strangers} {
			for p := range pages {
				k.count(p)
				if !yield(p) {
					return
				}
			}
		}
	}
}

func (k *keeper) known() iter.Seq[*crowd.Sending] {
	return func(yield func(*crowd.Sending) bool) {
		for day := k.first; day <= k.last; day += 5 {
			for _, i := range slices.Concat(k.sound, k.leaky) {
				if !yield(i.Page(day)) {
					return
				}
			}
		}
	}
}

func (k *keeper) count(p *crowd.Sending) {
	if k.sent[p.Version()] == nil {
		k.sent[p.Version()] = map[schema.Day]int{}
	}
	k.sent[p.Version()][p.Day()]++
}

// versions are those that the crowd sent with.
func (k *keeper) versions() []string { return slices.Sorted(maps.Keys(k.sent)) }

// send sends one more page of an installation, today. It is not counted.
func (k *keeper) send(t *testing.T, i *crowd.Installation) {
	t.Helper()
	if err := k.crowd.Send(t.Context(), slices.Values([]*crowd.Sending{i.Page(k.last)})); err != nil {
		t.Fatalf("send a page: %v", err)
	}
}
