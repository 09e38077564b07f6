package upkeep

import (
	"errors"
	"testing"
)

func TestRecall(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 60)
	file := h.backup()
	order := Recall{Version: oldBuild.Version, From: h.today - 31, To: h.today, DryRun: true}
	want := 0
	for n := 0; n < 60; n += 2 {
		if h.day(n) >= order.From {
			want++
		}
	}

	got, err := h.up.Recall(t.Context(), order, nil)
	if err != nil || got.Pages != int64(want) || h.count(60) != 60 {
		t.Fatalf("dry run: %+v, %v; %d of 60 are left", got, err, h.count(60))
	}
	order.DryRun = false
	if got, err = h.up.Recall(t.Context(), order, nil); err != nil || got.Pages != int64(want) || len(got.Months) != 2 {
		t.Fatalf("recall: %+v, %v", got, err)
	}
	for n := range 60 {
		if gone := n%2 == 0 && h.day(n) >= order.From; h.has(n) == gone {
			t.Errorf("page %d: there %v, recalled %v", n, h.has(n), gone)
		}
	}
	report, err := h.up.Verify(t.Context(), nil)
	if err != nil || !report.Sound {
		t.Errorf("verify afterwards: %+v, %v", report, err)
	}
	if got, err = h.up.Recall(t.Context(), order, nil); err != nil || got.Pages != 0 {
		t.Errorf("a second time: %+v, %v", got, err)
	}

	r, err := h.restore(file, false)
	if err != nil || r.Recalled != int64(want) || h.count(60) != 60-want {
		t.Errorf("after restoring an older backup: %+v, %v; %d are there", r, err, h.count(60))
	}
}

func TestRecallMatches(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 12)
	for name, tt := range map[string]struct {
		order Recall
		want  int64
	}{
		"by release":           {Recall{Release: 4}, 6},
		"by both":              {Recall{Release: 4, Version: "0.2.0"}, 6},
		"both, but of another": {Recall{Release: 4, Version: "0.1.0"}, 0},
		"unknown version":      {Recall{Version: "0.1"}, 0},
		"other days":           {Recall{Release: 4, From: h.today - 20, To: h.today - 10}, 0},
	} {
		if tt.order.From == 0 {
			tt.order.From, tt.order.To = h.today-100, h.today
		}
		tt.order.DryRun = true
		if got, err := h.up.Recall(t.Context(), tt.order, nil); err != nil || got.Pages != tt.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, order := range map[string]Recall{
		"no build":           {From: 1, To: 2},
		"no days":            {Release: 1},
		"days the wrong way": {Release: 1, From: 5, To: 4},
	} {
		if _, err := h.up.Recall(t.Context(), order, nil); !errors.Is(err, ErrRecall) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
