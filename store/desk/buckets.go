package desk

import (
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// mostBuckets is how many pieces of a span are shown, the latest.
const mostBuckets = 62

// bucket is a piece of the span, with how much is in it.
type bucket struct {
	From   time.Time
	Span   string // what it is: "week", "day", "hour" or "minute"
	Count  int
	Errors int
	Link   string
}

// SpanName returns what the piece is.
func (b bucket) SpanName() string { return b.Span }

// buckets counts records by piece.
type buckets struct {
	span string // of a piece; "": the span is not divided
	step int64
	all  map[int64]*bucket
	last *bucket // that was counted in: records come in time order
	from int64   // of it
}

// newBuckets chooses what the span is divided into.
func newBuckets(records []lookup.Record, w wanted) *buckets {
	b := &buckets{span: inner[w.span], all: map[int64]*bucket{}}
	if w.span == "" && len(records) > 0 {
		b.span = "day"
		if records[len(records)-1].Time-records[0].Time > 31*24*60*60 {
			b.span = "week"
		}
	}
	b.step = int64(spans[b.span] / time.Second)
	return b
}

// monday is the first second of a week.
const monday = 4 * 24 * 60 * 60 // 1970-01-05

func (b *buckets) add(r *lookup.Record) {
	if b.span == "" {
		return
	}
	from := r.Time - mod(r.Time, b.step)
	if b.span == "week" {
		from = r.Time - mod(r.Time-monday, b.step)
	}
	if b.last == nil || from != b.from {
		b.last, b.from = b.at(from), from
	}
	b.last.Count++
	if r.Category == schema.ErrorReport {
		b.last.Errors++
	}
}

// at returns the piece that begins at a time.
func (b *buckets) at(from int64) *bucket {
	one := b.all[from]
	if one == nil {
		one = &bucket{From: time.Unix(from, 0).UTC(), Span: b.span}
		b.all[from] = one
	}
	return one
}

// list returns the latest pieces that have something, and whether there are more.
func (b *buckets) list(w wanted) (out []bucket, older bool) {
	times := slices.Sorted(maps.Keys(b.all))
	if older = len(times) > mostBuckets; older {
		times = times[len(times)-mostBuckets:]
	}
	for _, from := range times {
		one := *b.all[from]
		one.Link = w.within(one.Span, from)
		out = append(out, one)
	}
	return out, older
}

// Bars draws the pieces; the list of links below it says the same.
func (l line) Bars() template.HTML {
	if len(l.Buckets) < 2 {
		return ""
	}
	const width, height = 10, 60
	most := 1
	for _, b := range l.Buckets {
		most = max(most, b.Count)
	}
	var out strings.Builder
	fmt.Fprintf(&out, `<svg class="bars" viewBox="0 0 %d %d" preserveAspectRatio="none" aria-hidden="true" focusable="false">`, width*len(l.Buckets), height)
	for i, b := range l.Buckets {
		all, bad := max(1, b.Count*height/most), b.Errors*height/most
		if b.Errors > 0 {
			bad = max(2, bad)
		}
		fmt.Fprintf(&out, `<rect class="bar" x="%d" y="%d" width="%d" height="%d"/>`, i*width+1, height-all, width-2, all)
		fmt.Fprintf(&out, `<rect class="bar bad" x="%d" y="%d" width="%d" height="%d"/>`, i*width+1, height-bad, width-2, bad)
	}
	return template.HTML(out.String() + "</svg>")
}
