package ingest

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

var quarantineDay = schema.DayOf(time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC))

func openQuarantine(t *testing.T, dir string) *Quarantine {
	t.Helper()
	q, err := OpenQuarantine(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestQuarantineCounts(t *testing.T) {
	dir, now := t.TempDir(), quarantineDay.Time()
	q := openQuarantine(t, dir)
	for _, size := range []int{1127, 4199, 4199, 600 << 10} {
		q.add(quarantineDay, reasonClosed, size)
	}
	q.add(quarantineDay-1, reasonKey, 4199)
	want := []Refused{
		{Day: "2026-11-20", Reason: "key", UpToKB: 8, Count: 1},
		{Day: "2026-11-21", Reason: "closed", UpToKB: 0, Count: 1},
		{Day: "2026-11-21", Reason: "closed", UpToKB: 2, Count: 1},
		{Day: "2026-11-21", Reason: "closed", UpToKB: 8, Count: 2},
	}
	if got := q.Refused(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	if err := q.Write(now); err != nil {
		t.Fatal(err)
	}
	q = openQuarantine(t, dir)
	q.add(quarantineDay, reasonClosed, 4199)
	want[3].Count = 3
	if got := q.Refused(); !reflect.DeepEqual(got, want) {
		t.Errorf("after a restart: %+v", got)
	}
}

// TestQuarantineIsBounded: a year of refusals, and a clock that jumps by ten
// years meanwhile, leave 90 days.
func TestQuarantineIsBounded(t *testing.T) {
	dir := t.TempDir()
	q := openQuarantine(t, dir)
	for n := range schema.Day(365) {
		q.add(quarantineDay+n, reasonForm, 1)
	}
	q.add(quarantineDay+3650, reasonForm, 1)
	if err := q.Write(quarantineDay.Time()); err != nil {
		t.Fatal(err)
	}
	got, err := ReadQuarantine(dir)
	if err != nil || len(got) != quarantineDays || got[0].Day != (quarantineDay+365-89).String() {
		t.Errorf("%d days from %+v, %v", len(got), got[0], err)
	}
}

// TestQuarantineIsWrittenSeldom: refusals that keep coming cost one write in
// ten seconds, also when the clock is put back.
func TestQuarantineIsWrittenSeldom(t *testing.T) {
	dir, now := t.TempDir(), quarantineDay.Time()
	q := openQuarantine(t, dir)
	count := func() (n uint64) {
		for _, r := range must(ReadQuarantine(dir)) {
			n += r.Count
		}
		return n
	}
	for _, step := range []struct {
		after time.Duration
		want  uint64
	}{{0, 1}, {time.Second, 1}, {8 * time.Second, 1}, {time.Second, 4}, {-24 * time.Hour, 5}} {
		now = now.Add(step.after)
		q.add(quarantineDay, reasonForm, 1)
		if err := q.writeSometimes(now); err != nil {
			t.Fatal(err)
		}
		if got := count(); got != step.want {
			t.Errorf("after %s: %d on disk, want %d", step.after, got, step.want)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestQuarantineDamaged(t *testing.T) {
	for name, content := range map[string]string{
		"another count": `{"version":1,"check":1046494660,"refused":[{"day":"2026-11-21","count":1}]}`,
		"torn":          `{"version":1,"refused":[{"da`, "another version": `{"version":2}`,
		"no day": `{"version":1,"check":1046494660,"refused":[{"day":"x"}]}`, "too long": `{"version":1,"check":1984806262,"refused":[]}` + strings.Repeat(" ", maxQuarantineFile),
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, QuarantineFile), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadQuarantine(dir); !errors.Is(err, durable.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		q := openQuarantine(t, dir)
		if got := q.Refused(); len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
		if _, err := os.Stat(filepath.Join(dir, QuarantineFile+".damaged-1")); err != nil {
			t.Errorf("%s: it is not kept: %v", name, err)
		}
	}
}
