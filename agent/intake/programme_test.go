package intake_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

// offer offers records and returns why each was refused, "" when it was not.
func (h *house) offer(records ...schema.Record) []string {
	h.t.Helper()
	for i := range records {
		records[i].Time = h.now.Unix()
	}
	answers, err := h.intake.Take(h.t.Context(), records, false)
	if err != nil {
		h.t.Fatal(err)
	}
	out := make([]string, len(answers))
	for i, a := range answers {
		if out[i] = a.Reason; a.Accepted != (a.Reason == "") {
			h.t.Errorf("answer %+v", a)
		}
	}
	return out
}

func (h *house) wantReasons(records []schema.Record, want ...string) {
	h.t.Helper()
	if got := h.offer(records...); !slices.Equal(got, want) {
		h.t.Errorf("refused for %q, want %q", got, want)
	}
}

func used() schema.Record  { return record("menu.used", schema.Number(1)) }  // of ceip
func swaps() schema.Record { return record("disk.swaps", schema.Number(1)) } // of csp

func TestProgrammesAreRefusedApart(t *testing.T) {
	h := newHouse(t)
	h.refused = schema.CEIP
	h.wantReasons([]schema.Record{used(), swaps(), record("zoe", schema.Number(1))}, intake.ReasonOff, "", "unknown_metric")
	h.refused = schema.CSP
	h.wantReasons([]schema.Record{used(), swaps()}, "", intake.ReasonOff)
}

func TestReleaseIsAcknowledged(t *testing.T) {
	h := newHouse(t)
	h.covered = 3
	h.wantReasons([]schema.Record{used(), record("menu.new", schema.Number(1))}, "", intake.ReasonRelease)
	h.covered = 4
	h.wantReasons([]schema.Record{record("menu.new", schema.Number(1))}, "")
	if got := h.intake.Refused()[intake.ReasonRelease]; got != 1 {
		t.Errorf("counted %d, want 1", got)
	}
}

// mayGo returns what of the pending batches may leave.
func (h *house) mayGo() (may, wait []spool.Batch) {
	h.t.Helper()
	for _, b := range h.pending() {
		ok, err := h.intake.MayGo(b)
		if err != nil {
			h.t.Fatal(err)
		}
		if ok {
			may = append(may, b)
		} else {
			wait = append(wait, b)
		}
	}
	return may, wait
}

// What was taken at a level, or of a release, that the site took back since
// waits, and keeps nothing else here.
func TestWhatIsTakenBackWaits(t *testing.T) {
	h := newHouse(t)
	h.level = schema.Enhanced
	detail, late := record("log.line", schema.Number(1)), record("menu.new", schema.Number(1))
	h.take(append(facts(), used(), detail, late)...)
	gathered(h)
	if _, wait := h.mayGo(); len(wait) != 0 {
		t.Fatalf("%d wait while all is allowed", len(wait))
	}
	h.level = schema.Standard
	if _, wait := h.mayGo(); len(wait) == 0 {
		t.Error("a batch with more detail than is allowed may go")
	}
	h.level, h.covered = schema.Enhanced, 3
	if _, wait := h.mayGo(); len(wait) == 0 {
		t.Error("a batch with a metric that is not covered may go")
	}
	h.covered = 4
	h.take(used(), detail)
	h.level = schema.Standard
	before, _ := h.mayGo()
	gathered(h)
	if after, wait := h.mayGo(); len(after) <= len(before) || len(wait) == 0 {
		t.Errorf("%d may go after another use, %d before it; %d wait", len(after), len(before), len(wait))
	}
}

func gathered(h *house) {
	h.t.Helper()
	if _, err := h.intake.Gather(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// A batch that mixes both programmes waits as a whole until both are on.
func TestMixedBatchWaits(t *testing.T) {
	h := newHouse(t)
	h.take(append(facts(), used(), swaps())...)
	gathered(h)
	if may, wait := h.mayGo(); len(may) == 0 || len(wait) != 0 {
		t.Fatalf("%d may go and %d wait while all is on", len(may), len(wait))
	}
	for _, refused := range []schema.Programme{schema.CEIP, schema.CSP} {
		h.refused = refused
		_, wait := h.mayGo()
		pages, fragments := h.decode(wait)
		if len(pages) != 1 || len(fragments) == 0 {
			t.Errorf("without %s: %d pages and %d fragments wait", refused, len(pages), len(fragments))
		}
	}
	h.on = false
	if may, _ := h.mayGo(); len(may) != 0 {
		t.Errorf("%d may go while all is off", len(may))
	}
	h.on, h.refused = true, ""
	if _, wait := h.mayGo(); len(wait) != 0 {
		t.Errorf("%d wait though all is on again", len(wait))
	}
}

// What is gathered while one programme is refused does not mix: the other's
// goes on.
func TestRefusedProgrammeHoldsNothingBack(t *testing.T) {
	h := newHouse(t)
	h.take(append(facts(), used(), swaps())...)
	h.refused = schema.CEIP
	h.take(swaps())
	gathered(h)
	may, wait := h.mayGo()
	check := func(batches []spool.Batch, want string, count uint64) {
		t.Helper()
		pages, fragments := h.decode(batches)
		var counted uint64
		for _, p := range pages {
			for _, r := range p.Records {
				if (r.Metric == "disk.swaps") != (want == "disk.swaps") {
					t.Errorf("a page with %s among %s", r.Metric, want)
				}
			}
		}
		for _, f := range fragments {
			for _, v := range f.Values {
				if v.Metric == want {
					counted += v.Count
				}
			}
		}
		if len(pages) != 1 || counted != count {
			t.Errorf("%d pages, and %s counted %d times, want %d", len(pages), want, counted, count)
		}
	}
	check(may, "disk.swaps", 2)
	check(wait, "menu.used", 1)
}

// A fragment of a programme that is on has its facets, though the host fact
// itself is of one that is off: that is neither spooled nor sent.
func TestFacetOfARefusedProgramme(t *testing.T) {
	h := newHouse(t)
	h.refused = schema.CEIP
	h.wantReasons(append(facts(), swaps()), intake.ReasonOff, intake.ReasonOff, intake.ReasonOff, "")
	pages, fragments := h.gather()
	if len(pages) != 1 || len(pages[0].Records) != 1 || len(fragments) != 1 {
		t.Fatalf("pages %+v, fragments %+v", pages, fragments)
	}
	f := fragments[0]
	if len(f.Values) != 1 || f.Values[0].Metric != "disk.swaps" || len(f.Facets) != 2 || f.Facets[1].Value != "linux" {
		t.Errorf("fragment %+v", f)
	}
}

// While nothing takes part, a preview shows what would be sent; the disk never
// sees it, and a yes that comes later does not send it.
func TestPreviewWhileOff(t *testing.T) {
	h := newHouse(t)
	h.on = false
	secret := record("crash", schema.Text("zoe at the door"))
	h.offer(append(facts(), used(), secret, record("os.type", schema.Text("windows")))...)
	pages, fragments := h.preview()
	if len(pages) != 1 || len(fragments) == 0 {
		t.Fatalf("%d pages and %d fragments shown", len(pages), len(fragments))
	}
	seen := map[string]string{}
	for _, r := range pages[0].Records {
		if _, twice := seen[r.Metric]; twice {
			t.Errorf("%s is shown twice", r.Metric)
		}
		seen[r.Metric] = r.Value.Text
	}
	if seen["os.type"] != "windows" || seen["crash"] != "scrubbed" || len(seen) != 5 {
		t.Errorf("shown %v", seen)
	}
	if st := h.spool.Stats(); st.Records != 0 || st.Batches != 0 || h.intake.Waiting() {
		t.Errorf("on disk: %+v", st)
	}
	gathered(h)
	h.on = true
	if pages, fragments := h.preview(); len(pages)+len(fragments) != 0 {
		t.Error("what was taken before a yes is shown after it")
	}
	h.take(swaps())
	if pages, _ := h.gather(); len(pages) != 1 || len(pages[0].Records) != 1 {
		t.Errorf("sent %+v", pages)
	}
}

func (h *house) preview() ([]codec.Page, []codec.Fragment) {
	h.t.Helper()
	batches, err := h.intake.Preview()
	if err != nil {
		h.t.Fatal(err)
	}
	return h.decode(batches)
}

// However much is offered while off, a bounded number is shown, and host facts
// always.
func TestPreviewWhileOffIsBounded(t *testing.T) {
	h := newHouse(t)
	h.on = false
	for range 20 {
		h.offer(slices.Repeat([]schema.Record{used()}, 100)...)
	}
	h.offer(facts()...)
	pages, _ := h.preview()
	shown, fact := 0, false
	for _, p := range pages {
		shown += len(p.Records)
		fact = fact || slices.ContainsFunc(p.Records, func(r schema.Record) bool { return r.Metric == "os.type" })
	}
	if shown != 503 || !fact {
		t.Errorf("%d records shown, host facts %v", shown, fact)
	}
	for i := range 2000 { // any user of the host can report as many products
		r := record("os.type", schema.Text("linux"))
		r.Product.Version = fmt.Sprintf("5.%d.0", i)
		h.offer(r)
	}
	pages, _ = h.preview()
	shown = 0
	for _, p := range pages {
		shown += len(p.Records)
	}
	if shown != 1000 {
		t.Errorf("%d records shown of too many facts, want 1000", shown)
	}
}

// A page tells the decision that its records were taken under, also after a
// crash.
func TestPagesTellTheRevision(t *testing.T) {
	h := newHouse(t)
	h.take(used())
	h.policy = 7
	h.take(swaps())
	h.crash()
	h.take(swaps())
	h.policy = 9
	h.take(used(), used())
	gathered(h)
	got := map[uint64]int{}
	pages, _ := h.decode(slices.DeleteFunc(h.pending(), func(b spool.Batch) bool { return b.Kind != envelope.Page }))
	for _, p := range pages {
		got[p.Policy] += len(p.Records)
	}
	if len(got) != 3 || got[0] != 1 || got[7] != 2 || got[9] != 2 {
		t.Errorf("records by revision: %v", got)
	}
}

// A batch that cannot be read, or holds what the registry no longer names, does
// not leave while anything is refused.
func TestUnknownBatchWaits(t *testing.T) {
	h := newHouse(t)
	h.refused = schema.CSP
	plain, err := codec.EncodeFragment(codec.Fragment{Day: schema.DayOf(monday), Release: 4, Values: []codec.Measure{{Metric: "gone", Count: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := h.intake.MayGo(spool.Batch{Kind: envelope.Fragment, Plain: plain}); ok || err != nil {
		t.Errorf("a metric that is not registered may go: %v, %v", ok, err)
	}
	for _, kind := range []envelope.Kind{envelope.Page, envelope.Fragment} {
		if ok, err := h.intake.MayGo(spool.Batch{Kind: kind, Plain: []byte("?")}); ok || err == nil {
			t.Errorf("a damaged %s may go: %v, %v", kind, ok, err)
		}
	}
}
