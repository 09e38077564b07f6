package intake_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

func TestAcceptedIsOnDisk(t *testing.T) {
	h := newHouse(t)
	info, err := os.Stat(h.dir)
	if err != nil || info.Mode() != fs.ModeDir|0o700 {
		t.Fatalf("the spool has mode %v, %v", info.Mode(), err)
	}
	h.take(record("open.time", schema.Number(340), label("menu", "open"), label("path", "/home/zoe/letter")))
	h.crash()
	kept, _, _, _ := h.spool.Uncut()
	if len(kept) != 1 {
		t.Fatalf("%d records after a crash, want the accepted one", len(kept))
	}
	r, err := codec.DecodeRecord(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	if r.Time != monday.Unix() || r.Value != schema.Number(340) || !slices.Equal(r.Labels, []schema.Label{label("menu", "open")}) {
		t.Errorf("kept %+v, want it treated", r)
	}
	if !h.intake.Waiting() {
		t.Error("nothing waits after a restart")
	}
}

func TestRefusals(t *testing.T) {
	h := newHouse(t)
	h.needle = "linux"
	many := make([]schema.Label, codec.MaxLabels+1)
	for i := range many {
		many[i] = label("menu", "open")
	}
	stranger := record("os.type", schema.Text("other"))
	stranger.Product.Name = "stranger"
	answers, err := h.intake.Take(t.Context(), []schema.Record{
		record("cache.on", schema.Number(1)),
		record("nobody.knows", schema.Number(1)),
		record("menu.used", schema.Number(1), label("nobody", "knows")),
		record("os.type", schema.Text("plan9")),
		record("cache.on", schema.Number(2)),
		record("os.type", schema.Text("linux")),
		stranger,
		record("menu.used", schema.Number(1), many...),
		record("rolled.only", schema.Number(1)),
	}, false)
	if err != nil {
		t.Fatal(err)
	}
	want := []intake.Answer{
		{Accepted: true}, {Reason: "unknown_metric"}, {Reason: "unknown_label"}, {Reason: "not_listed"}, {Reason: "out_of_range"},
		{Reason: intake.ReasonIdentifies}, {Reason: "unknown_product"}, {Reason: "label_order"}, {Accepted: true},
	}
	if !slices.Equal(answers, want) {
		t.Errorf("answers %+v, want %+v", answers, want)
	}
	count := map[string]uint64{
		"unknown_metric": 1, "unknown_label": 1, "not_listed": 1, "out_of_range": 1, "identifies": 1, "unknown_product": 1, "label_order": 1,
	}
	if got := h.intake.Refused(); !maps.Equal(got, count) {
		t.Errorf("counted %v, want %v", got, count)
	}
	if kept, _, _, _ := h.spool.Uncut(); len(kept) != 2 {
		t.Errorf("%d records kept, want 2", len(kept))
	}
}

func TestOff(t *testing.T) {
	h := newHouse(t)
	h.on = false
	answers, err := h.intake.Take(t.Context(), []schema.Record{record("cache.on", schema.Number(1)), record("zoe", schema.Number(1))}, false)
	if err != nil || !slices.Equal(answers, []intake.Answer{{Reason: intake.ReasonOff}, {Reason: intake.ReasonOff}}) {
		t.Errorf("%+v, %v", answers, err)
	}
	if st := h.spool.Stats(); st.Records != 0 || h.intake.Waiting() {
		t.Errorf("%d records on disk of a host that is off", st.Records)
	}
}

// broken is a spool on a disk that takes nothing.
type broken struct{ *spool.Spool }

var errDisk = errors.New("disk is broken")

func (broken) Append(context.Context, ...[]byte) error { return errDisk }

func TestBrokenSpool(t *testing.T) {
	h := newHouse(t)
	in := intake.New(h.config(broken{h.spool}))
	answers, err := in.Take(t.Context(), []schema.Record{record("cache.on", schema.Number(1))}, false)
	if answers != nil || !errors.Is(err, errDisk) {
		t.Errorf("%+v, %v: want the spool's error and no answer", answers, err)
	}
	if in.Waiting() {
		t.Error("what was not kept waits")
	}
}

func TestTimes(t *testing.T) {
	now := monday.Unix()
	const day = 24 * 60 * 60
	for name, c := range map[string]struct{ offered, kept int64 }{
		"none": {0, now}, "now": {now, now}, "a little ahead": {now + 60, now + 60}, "tomorrow": {now + day, now},
		"yesterday": {now - day, now - day}, "too old": {now - 31*day, now}, "negative": {-5, now}, "absurd": {1 << 62, now},
	} {
		h := newHouse(t)
		r := record("cache.on", schema.Number(1))
		r.Time = c.offered
		if _, err := h.intake.Take(t.Context(), []schema.Record{r}, false); err != nil {
			t.Fatal(err)
		}
		kept, _, _, _ := h.spool.Uncut()
		got, err := codec.DecodeRecord(kept[0])
		if err != nil || got.Time != c.kept {
			t.Errorf("%s: kept %d, %v, want %d", name, got.Time, err, c.kept)
		}
	}
}

func TestQuietIsNoReason(t *testing.T) {
	h := newHouse(t)
	quiet := func() {
		if _, err := h.intake.Take(t.Context(), []schema.Record{record("cache.on", schema.Number(1))}, true); err != nil {
			t.Fatal(err)
		}
	}
	quiet()
	if h.intake.Waiting() {
		t.Error("a quiet record waits for an envelope")
	}
	h.take(record("cache.on", schema.Number(0)))
	if !h.intake.Waiting() {
		t.Error("a loud record does not wait")
	}
	pages, _ := h.gather()
	if len(pages) != 1 || len(pages[0].Records) != 2 || h.intake.Waiting() {
		t.Errorf("%d pages: the quiet record goes with the loud one, and nothing waits then", len(pages))
	}
	quiet()
	if h.intake.Waiting() {
		t.Error("a quiet record waits for an envelope after a gathering")
	}
}

// late takes records while a cut is being written.
type late struct {
	*spool.Spool
	take func()
}

func (l late) Cut(ctx context.Context, c spool.Cut) error {
	l.take()
	return l.Spool.Cut(ctx, c)
}

func TestLoudWhileGathering(t *testing.T) {
	h := newHouse(t)
	var in *intake.Intake
	take := func(n int, quiet bool) {
		if _, err := in.Take(t.Context(), slices.Repeat([]schema.Record{record("cache.on", schema.Number(1))}, n), quiet); err != nil {
			t.Error(err)
		}
	}
	in = intake.New(h.config(late{h.spool, func() { take(2, false) }}))
	take(1, false)
	take(5, true)
	if _, err := in.Gather(t.Context()); err != nil {
		t.Fatal(err)
	}
	if kept, _, _, _ := h.spool.Uncut(); len(kept) != 2 || !in.Waiting() {
		t.Errorf("%d records came while gathering, waiting is %v", len(kept), in.Waiting())
	}
}

// TestUnsetClock: nothing is lost and nothing is gathered until it is right,
// and then no day of 1970 shows.
func TestUnsetClock(t *testing.T) {
	h := newHouse(t)
	h.set(time.Date(1970, 1, 3, 0, 0, 0, 0, time.UTC))
	h.take(facts()...)
	fromProduct := record("menu.used", schema.Number(1))
	fromProduct.Time = monday.Unix() // a product whose clock is another's
	h.take(fromProduct)
	if n, err := h.intake.Gather(t.Context()); n != 0 || !errors.Is(err, intake.ErrClock) {
		t.Fatalf("gathered %d, %v, want the clock", n, err)
	}
	h.crash()
	if st := h.spool.Stats(); st.Records != 4 || st.Batches != 0 {
		t.Fatalf("%+v, want four records", st)
	}
	h.set(monday)
	pages, fragments := h.gather()
	if len(pages) != 1 || len(pages[0].Records) != 4 {
		t.Fatalf("%d pages", len(pages))
	}
	for _, r := range pages[0].Records {
		if r.Time != monday.Unix() {
			t.Errorf("%s happened at %d", r.Metric, r.Time)
		}
	}
	for _, f := range fragments {
		if f.Day != schema.DayOf(monday) {
			t.Errorf("a fragment of %s", f.Day)
		}
	}
}

func TestErrorsHoldNoValue(t *testing.T) {
	h := newHouse(t)
	in := intake.New(h.config(broken{h.spool}))
	_, err := in.Take(t.Context(), []schema.Record{record("crash", schema.Text("zoe"))}, false)
	if err == nil || strings.Contains(err.Error(), "zoe") {
		t.Errorf("%v", err)
	}
}
