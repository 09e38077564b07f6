package participation

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// watch runs Watch and returns the last decision that it told.
func watch(t *testing.T, r *Resolver) func() Decision {
	ctx, cancel := context.WithCancel(t.Context())
	var last atomic.Pointer[Decision]
	var wg sync.WaitGroup
	wg.Go(func() { r.Watch(ctx, func(d Decision) { last.Store(&d) }) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	eventually(t, "a first decision", func() bool { return last.Load() != nil })
	return func() Decision { return *last.Load() }
}

// What happens in files, by whomever, is told within a second of the clock that
// the watch looks at.
func TestWatchWithinASecond(t *testing.T) { synctest.Test(t, watchWithinASecond) }

func watchWithinASecond(t *testing.T) {
	w := newWorld(t)
	last := watch(t, w.start())
	other := w.start() // another process
	by := func(state State, name string) func() bool {
		return func() bool { d := last(); return d.State == state && d.By == name }
	}
	eventually(t, "on", by(On, "programme"))

	w.off(other)
	eventually(t, "off by tacit off", by(Off, "user"))
	w.on(other)
	eventually(t, "on by tacit on", by(On, "user"))

	w.write(w.path("off"), "")
	eventually(t, "off by the kill file", by(Off, "kill_file"))
	w.remove(w.path("off"))
	eventually(t, "on without it", by(On, "user"))

	w.write(w.path("policy.yaml"), "participation: off\n")
	eventually(t, "off by the machine policy", by(Off, "machine_policy"))
	w.write(w.path("policy.yaml"), "participation: oof\n") // of the same size
	eventually(t, "unknown by a damaged policy", by(Unknown, "machine_policy"))
	w.remove(w.path("policy.yaml"))
	eventually(t, "on without a policy", by(On, "user"))
}

// A word said here is told without waiting for the next look, and what does
// not change is told once.
func TestWatchTellsChanges(t *testing.T) {
	w := newWorld(t)
	r := w.start()
	ctx, cancel := context.WithCancel(t.Context())
	told := make(chan State, 8)
	var wg sync.WaitGroup
	wg.Go(func() { r.Watch(ctx, func(d Decision) { told <- d.State }) })
	until := func(want State) {
		for got := range told { // a look in between may see a word half written
			if got == want {
				return
			}
		}
	}
	until(On)
	w.off(r)
	until(Off)
	w.on(r)
	until(On)
	for range 3 {
		r.wake() // nothing changed
	}
	cancel()
	wg.Wait()
	if len(told) != 0 {
		t.Errorf("told %v though nothing changed", <-told)
	}
}
