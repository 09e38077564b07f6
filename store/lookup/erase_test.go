package lookup

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
)

// eraser notes what it is told to erase.
type eraser struct {
	told [][]page.Erasure
	err  error
}

// Erase implements Eraser.
func (e *eraser) Erase(_ context.Context, items []page.Erasure) (Erased, error) {
	e.told = append(e.told, slices.Clone(items))
	return Erased{Pages: 1, ForgottenBy: today + schema.Day(len(e.told))}, e.err
}

// TestEraseNamesEveryPage: of each day all numbers up to the last page and 16
// more, with the right to each, for as long as a store may keep anything.
func TestEraseNamesEveryPage(t *testing.T) {
	s, e := &shelf{}, &eraser{}
	last := map[schema.Day]uint32{today: 20, today - 7: 0, today + 1: 15, today - 431: 3}
	for d, n := range last {
		s.put(t, d, n%16, one(used(now)))
		s.put(t, d, n, one(used(now)))
	}
	got, err := Erase(t.Context(), s, e, SubjectOf(id), now)
	if err != nil || got.Pages != len(e.told) || got.ForgottenBy != today+schema.Day(len(e.told)) {
		t.Errorf("%+v, %v", got, err)
	}
	named := map[page.Erasure]bool{}
	for _, one := range e.told {
		if len(one) > page.MaxErasures {
			t.Errorf("%d at a time", len(one))
		}
		for _, item := range one {
			named[item] = true
		}
	}
	root, want := page.NewRoot(id), 0
	for d := today - 432; d <= today+1; d++ {
		numbers := uint32(16)
		if n, ok := last[d]; ok {
			numbers = n + 17
		}
		want += int(numbers)
		for n := range numbers {
			if !named[root.Erasure(d, n)] {
				t.Fatalf("%s number %d is not named", d, n)
			}
		}
	}
	if len(named) != want {
		t.Errorf("%d are named, want %d", len(named), want)
	}
	if slices.IsSortedFunc(e.told[0], func(a, b page.Erasure) int { return int(a.Day) - int(b.Day) }) {
		t.Error("they are named in order")
	}
}

func TestEraseLeavesOutDamagedMonths(t *testing.T) {
	s, e := &shelf{unread: []schema.Month{today.Month()}}, &eraser{}
	_, err := Erase(t.Context(), s, e, SubjectOf(id), now)
	if !errors.Is(err, ErrUnread) || len(e.told) == 0 {
		t.Errorf("%v, %d orders", err, len(e.told))
	}
	for _, item := range slices.Concat(e.told...) {
		if item.Day.Month() == today.Month() {
			t.Fatalf("%s is erased unseen", item.Day)
		}
	}
	e = &eraser{err: context.DeadlineExceeded}
	if _, err := Erase(t.Context(), &shelf{}, e, SubjectOf(id), now); !errors.Is(err, context.DeadlineExceeded) || len(e.told) != 1 {
		t.Errorf("%v, %d orders", err, len(e.told))
	}
}
