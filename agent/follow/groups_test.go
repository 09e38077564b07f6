package follow

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// counts returns how often each line was recorded.
func counts(records []schema.Record) map[string]int {
	out := map[string]int{}
	for i := range records {
		if r := &records[i]; r.Metric != SkippedMetric {
			out[r.Value.Text] += int(r.Count)
		}
	}
	return out
}

// TestGroups: equal lines are one record with their number and the minute of the
// first, in the order in which they came.
func TestGroups(t *testing.T) {
	d := newDesk(t)
	noon := time.Date(2026, 11, 22, 12, 0, 59, 0, time.UTC)
	d.source.now = func() time.Time { return noon }
	d.look()
	d.write("a.log", "b\na\nb\n")
	d.look("b", "a", "b")
	noon = noon.Add(time.Second)
	d.write("a.log", "a\nb\nc\n")
	d.look("a", "b", "c")
	var got []string
	d.source.groups.handOn(func(records []schema.Record) error {
		for _, r := range records {
			got = append(got, fmt.Sprint(r.Value.Text, r.Count, " ", r.Time, " ", r.Product))
		}
		return nil
	})
	want := "b3 1795348800 {acme unknown}|a2 1795348800 {acme unknown}|c1 1795348860 {acme unknown}"
	if strings.Join(got, "|") != want {
		t.Errorf("records %q, want %q", got, want)
	}
	d.source.groups.handOn(func([]schema.Record) error {
		t.Error("what was taken is offered again")
		return nil
	})
}

// word returns a word for a number, of letters.
func word(n int) string {
	return strings.Map(func(r rune) rune { return r - '0' + 'a' }, fmt.Sprintf("%04d", n))
}

// TestTooManyKinds: lines of kinds that there is no room for are counted, and
// those of kinds that are there go on to count.
func TestTooManyKinds(t *testing.T) {
	g := newGroups(acme)
	add := func(text string) {
		g.add(schema.Record{Metric: LineMetric, Value: schema.Text(text)}, time.Now())
	}
	for i := range maxKinds + 50 {
		add("kind " + word(i))
		add("kind " + word(0))
	}
	if got := skipped(g.records); got[skippedKinds] != 50 || counts(g.records)["kind "+word(0)] != maxKinds+51 {
		t.Errorf("left out %v, and kind 0 came %d times", got, counts(g.records)["kind "+word(0)])
	}
	g.clear()
	long := strings.Repeat("x", 4<<10)
	for i := range maxKinds {
		add(long + word(i))
	}
	if n := len(g.at); n == 0 || n*len(long) > maxKindBytes || skipped(g.records)[skippedKinds] != int64(maxKinds-n) {
		t.Errorf("%d long kinds are kept, and %v left out", n, skipped(g.records))
	}
}

// TestNumbersHaveABound: one record stands for as many lines as a page takes.
func TestNumbersHaveABound(t *testing.T) {
	g := newGroups(acme)
	g.add(schema.Record{Metric: LineMetric}, time.Now())
	g.records[0].Count = schema.MaxCount
	g.add(schema.Record{Metric: LineMetric}, time.Now())
	if g.records[0].Count != schema.MaxCount || skipped(g.records)[skippedRate] != 1 {
		t.Errorf("%+v", g.records)
	}
}

// known matches lines "took N" of a product.
type known struct{ metric string }

func (k known) Match(line string) (schema.Record, bool) {
	n, ok := strings.CutPrefix(line, "took ")
	return schema.Record{Metric: k.metric, Value: schema.Text("took"), Labels: []schema.Label{{Name: "n", Value: n}}}, ok
}

// rounding treats numbers as one bucket.
type rounding struct{ tap }

func (r *rounding) Apply(rec schema.Record) (schema.Record, error) {
	if rec.Metric == LineMetric {
		return r.tap.Apply(rec)
	}
	if rec.Labels[0].Value == "" {
		return rec, errors.New("no number")
	}
	rec.Labels = []schema.Label{{Name: "n", Value: "0–10"}}
	return rec, nil
}

// TestTemplates: a line of a template is its record, and such are equal when they
// are treated; where the record is refused, or is of another metric, the line is
// scrubbed.
func TestTemplates(t *testing.T) {
	d := newDesk(t)
	treater := new(rounding)
	d.source.treater, d.source.match = treater, known{"acme.log"}
	d.files.look(d.now, d.buf)
	d.write("a.log", "took 3\ntook 4\ntook \nother\n")
	d.files.look(d.now, d.buf)
	if got := fmt.Sprint(counts(d.source.groups.records), treater.seen()); got != "map[other:1 took:3] [took other]" {
		t.Error(got)
	}
	d.source.match = known{"another.log"}
	d.write("a.log", "took 5\n")
	d.files.look(d.now, d.buf)
	if got := counts(d.source.groups.records)["took 5"]; got != 1 {
		t.Errorf("a line of another log's template came %d times as scrubbed", got)
	}
}

// TestRate: what is more than a second's share is counted, of one log and of all;
// the next look has room again.
func TestRate(t *testing.T) {
	d := newDesk(t)
	d.look()
	d.source.budget = newBudget(Rate{Lines: 2, Bytes: 10}, time.Second)
	d.write("a.log", "a\nb\nc\n")
	d.look("a", "b")
	d.source.budget.refill()
	d.write("a.log", "0123456789\nd\n")
	d.look("0123456789")
	d.source.all = newBudget(Rate{Lines: 1, Bytes: 100}, time.Second)
	d.source.budget.refill()
	d.write("a.log", "e\nf\n")
	d.look("e")
	if got := d.skipped(); got[skippedRate] != 3 {
		t.Errorf("left out %v", got)
	}
}

// TestTakenLater: what is not taken is offered again, with what came meanwhile.
func TestTakenLater(t *testing.T) {
	dir := t.TempDir()
	d := &desk{t: t, dir: dir}
	shelf := &shelf{full: true}
	tap := new(tap)
	end := run(t, Config{
		Logs:    []registry.Log{{Name: "a", Product: "acme", Path: filepath.Join(dir, "*.log"), Metric: "acme.log"}},
		Treater: tap, Take: shelf.take, Poll: time.Millisecond, Window: time.Millisecond,
	})
	n := 0
	eventually(t, "lines are read", func() bool {
		n++
		d.write("a.log", "one\n")
		return len(tap.seen()) >= 3
	})
	shelf.mu.Lock()
	shelf.full = false
	shelf.mu.Unlock()
	eventually(t, "they are taken", func() bool { return counts(shelf.taken())["one"] == len(tap.seen()) })
	end()
	if got := counts(shelf.taken())["one"]; got > n {
		t.Errorf("%d lines of %d were taken", got, n)
	}
}

// TestNumbersMerge: lines that differ in numbers alone are told apart while they
// are few.
func TestNumbersMerge(t *testing.T) {
	g := newGroups(acme)
	for i := range 40 {
		for _, text := range []string{"exit code " + fmt.Sprint(i%maxVariants), fmt.Sprintf("took %d.%dms at <num>:%d:07 of 8", i, i, i+10), "shard-" + word(i)} {
			g.add(schema.Record{Metric: LineMetric, Value: schema.Text(text)}, time.Now())
		}
	}
	got := map[string]int{}
	g.handOn(func(records []schema.Record) error {
		got = counts(records)
		return nil
	})
	if got["exit code 0"] != 10 || got["exit code 3"] != 10 || got["took <num>ms at <num> of <num>"] != 40 || len(got) != maxVariants+1+40 {
		t.Errorf("records %v", got)
	}
}

func TestWithoutTime(t *testing.T) {
	for line, want := range map[string]string{
		"2026-11-22 10:40:34.855 UTC [21211] LOG:  ready": "LOG:  ready",
		"<num>:40:34.855 UTC [<num>] LOG: ready":          "LOG: ready",
		"2026-11-22T10:40:34.855Z INFO ready":             "INFO ready",
		"2026-11-22T10:40:34+01:00 ready":                 "ready",
		"Nov 22 10:11:12 <word> app[<num>]: ready":        "<word> app[<num>]: ready",
		"Sun Nov 22 10:11:12 2026 ready":                  "2026 ready",
		"[22/Nov/2026:10:11:12 +0000] GET":                "GET",
		"[10:11:12] 42 documents":                         "42 documents",
		"42 documents":                                    "42 documents", "may 5 items at 10:11": "may 5 items at 10:11", "2026-11-22 ready": "2026-11-22 ready",
		"<ip> - - [22/Nov/2026:10:11:12 +0000] GET": "<ip> - - [22/Nov/2026:10:11:12 +0000] GET",
		"10:11:12": "", "": "",
	} {
		if got := withoutTime(line); got != want {
			t.Errorf("%q becomes %q, want %q", line, got, want)
		}
	}
}

func TestShape(t *testing.T) {
	for line, want := range map[string]string{
		"a1 b-2 x86_64 utf8 sha256": "a1 b-<num> x86_64 utf8 sha256", "3 4.5s 6,000 7:08 <num>:40": "<num> <num>s <num> <num> <num>",
		"2026-11-22T10:40:34.855Z!": "<num>!", "(1) [2] 3. 4, 5:": "(<num>) [<num>] <num>. <num>, <num>:", "<ip> ä1 0x1f": "<ip> ä1 <num>x1f",
	} {
		if got := shape(line); got != want || shape(got) != got {
			t.Errorf("%q has shape %q, want %q", line, got, want)
		}
	}
}

// acme is a product that told no version.
func acme() schema.Product { return schema.Product{Name: "acme", Version: noVersion} }

// TestVersion: a record has the version that its product told last, and lines of
// two versions are not one record, however like they are.
func TestVersion(t *testing.T) {
	d := newDesk(t)
	told := ""
	d.source.version = func(product string) string { return strings.TrimPrefix(product, "acme") + told }
	d.look()
	for _, told = range []string{"", "1.9", "2.0"} {
		for n := range 2 * maxVariants {
			line := fmt.Sprintf("took %d ms", n)
			d.write("a.log", line+"\nNUL\x00\n")
			d.look(line)
		}
	}
	var got []string
	for _, r := range d.source.groups.records {
		if r.Count > 0 {
			got = append(got, fmt.Sprint(r.Product.Version, " ", r.Metric, " ", r.Count))
		}
	}
	want := "unknown log.line 8|unknown log.skipped 1|1.9 log.line 8|2.0 log.line 8"
	if strings.Join(got, "|") != want {
		t.Errorf("records %q, want %q", got, want)
	}
}
