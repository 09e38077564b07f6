package desk

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// pageRows is how many records one page shows.
const pageRows = 100

// A span is how much of the time line is looked at: all, or one of these.
var spans = map[string]time.Duration{"week": 7 * 24 * time.Hour, "day": 24 * time.Hour, "hour": time.Hour, "minute": time.Minute}

// inner is what a span is divided into; a minute is not.
var inner = map[string]string{"week": "day", "day": "hour", "hour": "minute"}

// wanted is the part of the time line that somebody looks at, as its address says.
type wanted struct {
	name     string // of the case
	problem  int
	category schema.Category
	span     string
	from     int64 // of the span, in Unix seconds
	page     int   // from 1; 0: the last
}

func readWanted(q url.Values) wanted {
	w := wanted{name: q.Get("case"), category: schema.Category(q.Get("category")), span: q.Get("span")}
	w.from, _ = strconv.ParseInt(q.Get("from"), 10, 64)
	w.page, _ = strconv.Atoi(q.Get("page"))
	w.problem, _ = strconv.Atoi(q.Get("problem"))
	const far = 1 << 40 // seconds: no time of a record is so far away
	if _, ok := spans[w.span]; !ok || w.from < -far || w.from > far {
		w.span, w.from = "", 0
	}
	if !slices.Contains(schema.Categories(), w.category) {
		w.category = ""
	}
	w.problem = max(0, w.problem)
	return w
}

// link returns the address that shows it.
func (w wanted) link() string {
	q := url.Values{"case": {w.name}}
	set := func(key, value string) {
		if value != "" && value != "0" {
			q.Set(key, value)
		}
	}
	set("category", string(w.category))
	set("span", w.span)
	set("from", strconv.FormatInt(w.from, 10))
	set("page", strconv.Itoa(w.page))
	set("problem", strconv.Itoa(w.problem))
	return "/case?" + q.Encode() + "#timeline"
}

func (w wanted) inCategory(c schema.Category) string { w.category, w.page = c, 0; return w.link() }
func (w wanted) atPage(n int) string                 { w.page = n; return w.link() }

// within zooms.
func (w wanted) within(span string, from int64) string {
	w.span, w.from, w.page = span, from, 0
	return w.link()
}

// line is the part of a time line that is shown.
type line struct {
	All, Matching              int // records of the history, and of these within span, category and text
	Rows                       []row
	Page, Pages                int
	First, Before, After, Last string // links; "": this is it
	Categories                 []choice
	Crumbs                     []choice // from everything down to the span
	Buckets                    []bucket
	Older                      bool // there are buckets before the first
}

// choice is a link with a number.
type choice struct {
	Name    string // a category, or a span
	From    time.Time
	Count   int
	Link    string
	Current bool
}

// SpanName returns the span that the link leads to.
func (c choice) SpanName() string { return c.Name }

// lineOf reads all records once.
func lineOf(h *lookup.History, w wanted, text string) line {
	l := line{All: len(h.Records)}
	records := within(h.Records, w)
	counts, buckets := map[schema.Category]int{}, newBuckets(records, w)
	text = strings.ToLower(text)
	var found []int
	for i := range records {
		r := &records[i]
		if text != "" && !matches(r, text) {
			continue
		}
		counts[r.Category]++
		if w.category == "" || r.Category == w.category {
			found = append(found, i)
			buckets.add(r)
		}
	}
	l.Matching = len(found)
	l.Buckets, l.Older = buckets.list(w)
	l.crumbs(w)
	for _, c := range schema.Categories() {
		if counts[c] > 0 || c == w.category {
			l.Categories = append(l.Categories, choice{Name: string(c), Count: counts[c], Link: w.inCategory(c), Current: c == w.category})
		}
	}
	for _, i := range l.turn(found, w) {
		l.Rows = append(l.Rows, rowOf(&records[i], w, l.Rows))
	}
	return l
}

// within returns the records of the span; records are in time order.
func within(records []lookup.Record, w wanted) []lookup.Record {
	if w.span == "" {
		return records
	}
	return between(records, w.from, w.from+int64(spans[w.span]/time.Second))
}

// between returns the records from one time on, and before another.
func between(records []lookup.Record, from, to int64) []lookup.Record {
	at := func(t int64) int {
		i, _ := slices.BinarySearchFunc(records, t, func(r lookup.Record, t int64) int {
			if r.Time < t {
				return -1
			}
			return 1
		})
		return i
	}
	return records[at(from):at(to)]
}

// matches says whether a text, in small letters, stands somewhere in a record.
func matches(r *lookup.Record, text string) bool {
	has := func(s string) bool { return strings.Contains(strings.ToLower(s), text) }
	if has(r.Metric) || has(r.Product.Name) || has(r.Product.Version) || has(r.Value.Text) {
		return true
	}
	for _, l := range r.Labels {
		if has(l.Name) || has(l.Value) {
			return true
		}
	}
	return false
}

// turn returns those of a page, and sets the links to the others.
func (l *line) turn(found []int, w wanted) []int {
	l.Pages = max(1, (len(found)+pageRows-1)/pageRows)
	l.Page = w.page
	if l.Page < 1 || l.Page > l.Pages {
		l.Page = l.Pages
	}
	if l.Page > 1 {
		l.First, l.Before = w.atPage(1), w.atPage(l.Page-1)
	}
	if l.Page < l.Pages {
		l.After, l.Last = w.atPage(l.Page+1), w.atPage(l.Pages)
	}
	from := (l.Page - 1) * pageRows
	return found[from:min(from+pageRows, len(found))]
}

// crumbs lead from the span back to everything.
func (l *line) crumbs(w wanted) {
	l.Crumbs = []choice{{Name: "all", Link: w.within("", 0), Current: w.span == ""}}
	for _, name := range []string{"day", "hour", "minute"} {
		step := int64(spans[name] / time.Second)
		if w.span == "" || w.span == "week" || spans[name] < spans[w.span] {
			break
		}
		from := w.from - mod(w.from, step)
		l.Crumbs = append(l.Crumbs, choice{Name: name, From: time.Unix(from, 0).UTC(), Link: w.within(name, from), Current: name == w.span})
	}
	if w.span == "week" {
		l.Crumbs = append(l.Crumbs, choice{Name: "week", From: time.Unix(w.from, 0).UTC(), Link: w.within("week", w.from), Current: true})
	}
}

// mod is never negative.
func mod(n, m int64) int64 { return ((n % m) + m) % m }
