package lookup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/pages"
)

// TestWrongClockIsNotLeftOut: whoever looks a week back sees what a clock dates
// decades back, which is all that may be left of a host, and not what is older.
func TestWrongClockIsNotLeftOut(t *testing.T) {
	s := &shelf{}
	p := one(used(time.Unix(1000, 0)))
	week := now.AddDate(0, 0, -7)
	p.Records = append(p.Records, used(now.AddDate(-11, 0, 0)), used(now.AddDate(0, 0, -100)), used(week.Add(-time.Second)), used(week), used(now), used(now.AddDate(5, 0, 0)))
	s.put(t, today, 0, p)
	h, err := look(t, s, week)
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, r := range h.Records {
		got = append(got, r.Time)
	}
	if want := []int64{1000, now.AddDate(-11, 0, 0).Unix(), week.Unix(), now.Unix(), now.AddDate(5, 0, 0).Unix()}; !slices.Equal(got, want) {
		t.Errorf("records of %v, want %v", got, want)
	}
	if from, to := h.Likely(now); from != today.Time().AddDate(0, 0, -400) || to != now.AddDate(0, 0, 1) {
		t.Errorf("likely from %v to %v", from, to)
	}
}

// TestDamagedPagesAreNamed: by the days on which they were sent; the rest is shown.
func TestDamagedPagesAreNamed(t *testing.T) {
	s := &shelf{}
	for _, d := range []schema.Day{today, today - 3, today - 3} {
		s.seal(t, d, uint32(len(s.pages)), []byte("no page"))
	}
	h, err := look(t, s, time.Time{})
	if err != nil || h.Damaged != 3 || len(h.Records) != 0 || !slices.Equal(h.DamagedOn, []schema.Day{today - 3, today}) {
		t.Errorf("of nothing else: %+v, %v", h, err)
	}
	s.put(t, today-1, 0, one(used(now)))
	h, err = look(t, s, time.Time{})
	if err != nil || h.Damaged != 3 || len(h.Records) != 1 || !slices.Equal(h.DamagedOn, []schema.Day{today - 3, today}) {
		t.Errorf("beside another: %+v, %v", h, err)
	}
}

// TestManyPagesAtOnce: pages are opened side by side, and what comes of it is as if
// they were opened in turn.
func TestManyPagesAtOnce(t *testing.T) {
	s := &shelf{}
	var want []int64
	for n := range 300 {
		d := today - schema.Day(n%20)
		p := one(record("no.such.metric", now, schema.Number(1)))
		for i := range n % 7 {
			at := d.Time().Add(time.Duration(n*10+i) * time.Second)
			want = append(want, at.Unix())
			p.Records = append(p.Records, used(at), record("no.such.metric", at, schema.Number(1)))
		}
		if n/20%2 == 0 {
			p.Records = append(p.Records[1:], p.Records[0]) // the registry names what comes first, and in others what comes second
		}
		s.put(t, d, uint32(n/20), p)
	}
	h, err := look(t, s, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, r := range h.Records {
		if r.Metric != "tacit.command.used" || r.Category != schema.FeatureUsage || r.Labels[0].Value != "up" {
			t.Fatalf("%+v", r)
		}
		got = append(got, r.Time)
	}
	slices.Sort(want)
	if !slices.Equal(got, want) || h.Pages != 300 || h.NotUnderstood != 300+len(want) {
		t.Errorf("%d records of %d pages, %d not understood; want %d, 300, %d", len(got), h.Pages, h.NotUnderstood, len(want), 300+len(want))
	}
}

// TestOneSecond: what is of one second stands as it was written, page by page, and
// those of one number as they came.
func TestOneSecond(t *testing.T) {
	s := &shelf{}
	var want []int64
	for n := range uint32(40) {
		for range 1 + n%4 { // several have the number of a host that was put back
			p := one(used(now.Add(time.Second))) // so that there is something to sort
			for range 5 {
				want = append(want, int64(1+len(want)))
				p.Records = append(p.Records, record("host.cpu.cores", now, schema.Number(want[len(want)-1])))
			}
			s.put(t, today, n, p)
		}
	}
	h, err := look(t, s, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, r := range h.Records {
		if r.Time == now.Unix() {
			got = append(got, r.Value.Number)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the records of a second are %v", got)
	}
}

// heap is an asker that has so many pages of one tag, once.
type heap struct{ pages int }

// Get implements Asker.
func (h *heap) Get(_ context.Context, _ []pages.Ask, each func(pages.Found) error) ([]schema.Month, error) {
	for ; h.pages > 0; h.pages-- {
		if err := each(pages.Found{}); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// TestTooManyPages: they are not shown in part as if they were all.
func TestTooManyPages(t *testing.T) {
	w := newWalk(&heap{MaxPages + 1}, []page.DayKeys{page.NewRoot(id).Day(today)})
	w.take = func(sealedPage) {}
	if err := w.run(t.Context()); !errors.Is(err, ErrTooMany) {
		t.Errorf("of %d pages: %v", MaxPages+1, err)
	}
}

// asked returns a socket to a store that answers so.
func asked(t *testing.T, answer http.HandlerFunc) *Socket {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return &Socket{ask: askShown, client: &http.Client{Transport: to(server.Listener.Addr().String())}}
}

// to sends all requests to an address.
type to string

func (t to) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Host = string(t)
	return http.DefaultTransport.RoundTrip(r)
}

// TestAStoreThatBreaksOff: one that dies in the middle of an answer, or before it,
// is said to, and nothing is shown as all.
func TestAStoreThatBreaksOff(t *testing.T) {
	asks := []pages.Ask{{Day: today}}
	for name, answer := range map[string]http.HandlerFunc{
		"before the answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"in a page": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte{1, 0, 0, 0, 0, 0, 0, 4, 0, 'p', 'a'})
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
		"between pages": func(w http.ResponseWriter, _ *http.Request) {
			_ = pages.NewAnswerWriter(w).Row(pages.Found{Page: []byte("page")})
		},
	} {
		_, err := asked(t, answer).Get(t.Context(), asks, func(pages.Found) error { return nil })
		if !errors.Is(err, ErrCut) {
			t.Errorf("%s: %v", name, err)
		}
	}
	sound := func(w http.ResponseWriter, _ *http.Request) {
		out := pages.NewAnswerWriter(w)
		_ = errors.Join(out.Row(pages.Found{Page: []byte("page")}), out.End(nil))
	}
	own := fmt.Errorf("too many: %w", ErrTooMany)
	if _, err := asked(t, sound).Get(t.Context(), asks, func(pages.Found) error { return own }); !errors.Is(err, ErrTooMany) || errors.Is(err, ErrCut) {
		t.Errorf("its own error: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := asked(t, sound).Get(ctx, asks, nil); !errors.Is(err, context.Canceled) || errors.Is(err, ErrCut) || errors.Is(err, home.ErrSilent) {
		t.Errorf("whoever asked went away: %v", err)
	}
}
