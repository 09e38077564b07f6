package lookup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/pages"
)

var update = flag.Bool("update", false, "rewrite golden files")

var (
	now   = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	today = schema.DayOf(now)
	id    = [16]byte{0x53, 0x1c, 1}
)

// shelf is an asker with pages in memory, which notes what it is asked.
type shelf struct {
	pages  map[pages.Ask][][]byte
	unread []schema.Month
	asked  [][]pages.Ask

	grants  []page.Grant
	letters []page.Letter
	refuses error // notes
}

// Leave implements Store.
func (s *shelf) Leave(_ context.Context, l page.Letter) (Asker, error) {
	s.letters = append(s.letters, l)
	return s, s.refuses
}

// Grant implements Store.
func (s *shelf) Grant(_ context.Context, tag page.Tag) (page.Grant, bool, error) {
	for _, g := range s.grants {
		if g.Tag == tag {
			return g, true, nil
		}
	}
	return page.Grant{}, false, nil
}

// Get implements Asker.
func (s *shelf) Get(_ context.Context, asks []pages.Ask, each func(pages.Found) error) ([]schema.Month, error) {
	s.asked = append(s.asked, slices.Clone(asks))
	for i, a := range asks {
		for _, b := range s.pages[a] {
			if err := each(pages.Found{Index: i, Page: bytes.Clone(b)}); err != nil {
				return nil, err
			}
		}
	}
	return s.unread, nil
}

// put seals records as page n of day d and returns the batch ID.
func (s *shelf) put(t *testing.T, d schema.Day, n uint32, p codec.Page) {
	t.Helper()
	plain, err := codec.EncodePage(p)
	if err != nil {
		t.Fatal(err)
	}
	s.seal(t, d, n, plain)
}

func (s *shelf) seal(t *testing.T, d schema.Day, n uint32, plain []byte) {
	t.Helper()
	sealed, err := page.Seal(page.NewRoot(id), d, n, page.Build{}, plain)
	if err != nil {
		t.Fatal(err)
	}
	if s.pages == nil {
		s.pages = map[pages.Ask][][]byte{}
	}
	at := pages.Ask{Day: d, Tag: sealed.Tag}
	s.pages[at] = append(s.pages[at], sealed.Marshal())
}

func record(metric string, at time.Time, v schema.Value, labels ...schema.Label) schema.Record {
	return schema.Record{Time: at.Unix(), Product: schema.Product{Name: "tacit", Version: "0.1.0"}, Metric: metric, Value: v, Labels: labels}
}

func used(at time.Time) schema.Record {
	return record("tacit.command.used", at, schema.Number(1), schema.Label{Name: "command", Value: "up"})
}

// one returns a page with one record.
func one(r schema.Record) codec.Page {
	return codec.Page{Batch: schema.NewBatchID(), Writer: schema.Writer{1}, Release: 1, Records: []schema.Record{r}}
}

func look(t *testing.T, s *shelf, since time.Time) (*History, error) {
	t.Helper()
	return Timeline(t.Context(), s, SubjectOf(id), Options{Now: now, Since: since, Registry: registry.BaseSet()})
}

func TestWalkGoesOnPastGaps(t *testing.T) {
	for name, tt := range map[string]struct {
		numbers []uint32
		want    int
	}{
		"none missing":        {[]uint32{0, 1, 2}, 3},
		"gap of 15":           {[]uint32{0, 16}, 2},
		"gap of 16":           {[]uint32{0, 17}, 1},
		"begins late":         {[]uint32{15, 31, 47}, 3},
		"begins too late":     {[]uint32{16}, 0},
		"many":                {[]uint32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 36}, 22},
		"a number used twice": {[]uint32{3, 3}, 2},
	} {
		s := &shelf{}
		for _, n := range tt.numbers {
			s.put(t, today, n, one(used(now)))
		}
		h, err := look(t, s, time.Time{})
		if tt.want == 0 {
			if !errors.Is(err, ErrNothing) {
				t.Errorf("%s: %v, want ErrNothing", name, err)
			}
			continue
		}
		if err != nil || h.Pages != tt.want || len(h.Records) != tt.want {
			t.Errorf("%s: %+v, %v; want %d pages", name, h, err, tt.want)
		}
	}
}

func TestDaysFromTomorrowBackToSince(t *testing.T) {
	s := &shelf{}
	for _, d := range []schema.Day{today + 2, today + 1, today, today - 7, today - 8, today - 90, today - 91} {
		s.put(t, d, 0, one(used(d.Time())))
	}
	h, err := look(t, s, time.Time{})
	if err != nil || h.Pages != 5 || h.OldestDay != today-90 || h.NewestDay != today+1 {
		t.Errorf("by default: %+v, %v", h, err)
	}
	h, err = look(t, s, now.Add(-7*24*time.Hour))
	if err != nil || h.Pages != 3 || len(h.Records) != 2 { // the oldest page's record is from before noon
		t.Errorf("since a week: %+v, %v", h, err)
	}
}

func TestQuestionsAreShuffledAndBounded(t *testing.T) {
	s := &shelf{}
	s.put(t, today, 0, one(used(now)))
	if _, err := look(t, s, time.Time{}); err != nil {
		t.Fatal(err)
	}
	asked := map[pages.Ask]bool{}
	sorted := true
	for _, asks := range s.asked {
		if len(asks) > pages.MaxAsks {
			t.Errorf("%d tags in one question", len(asks))
		}
		sorted = sorted && slices.IsSortedFunc(asks, func(a, b pages.Ask) int { return int(a.Day) - int(b.Day) })
		for _, a := range asks {
			if asked[a] {
				t.Error("a tag is asked for twice")
			}
			asked[a] = true
		}
	}
	if sorted {
		t.Error("days are asked for in order")
	}
	if len(asked) != 92*16+1 {
		t.Errorf("%d tags asked for", len(asked))
	}
}

func TestWhatIsNotShownIsCounted(t *testing.T) {
	s := &shelf{unread: []schema.Month{today.Month() - 1}}
	old := one(record("os.type", now.Add(time.Hour), schema.Text("windows"))) // a clone's, later in time
	old.Writer = schema.Writer{2}
	s.put(t, today-1, 0, old)
	first := one(record("os.type", now.Add(-time.Hour), schema.Text("darwin")))
	first.Records = append(first.Records,
		record("host.name", now, schema.Text("secret-host")),
		record("os.type", now, schema.Text("secret-system")),
		used(now.Add(-2*time.Hour)))
	s.put(t, today, 0, first)
	s.put(t, today, 1, first) // the same batch under another number
	s.put(t, today, 2, one(record("os.type", now, schema.Text("linux"))))
	s.seal(t, today, 3, []byte("no page"))
	s.seal(t, today, 4, []byte("damaged"))
	for at, b := range s.pages {
		if at.Tag == page.NewRoot(id).Day(today).Tag(4) {
			b[0][len(b[0])-1] ^= 1
		}
	}
	h, err := look(t, s, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if h.Pages != 3 || h.OtherWriter != 1 || h.Damaged != 2 || h.NotUnderstood != 2 || len(h.Unread) != 1 {
		t.Errorf("%+v", h)
	}
	if h.Installation["os.type"].Text != "linux" {
		t.Errorf("os.type is %v", h.Installation["os.type"])
	}
	if len(h.Records) != 4 || !slices.IsSortedFunc(h.Records, func(a, b Record) int { return int(a.Time - b.Time) }) {
		t.Errorf("records %+v", h.Records)
	}
	if last := h.Records[3]; !last.OtherWriter || h.Records[0].OtherWriter {
		t.Errorf("marks of another writer: %+v", h.Records)
	}
	b, err := json.Marshal(h)
	if err != nil || bytes.Contains(b, []byte("secret")) {
		t.Errorf("what is not registered is shown: %s, %v", b, err)
	}
}

func TestNothingFoundInDamagedMonths(t *testing.T) {
	_, err := look(t, &shelf{unread: []schema.Month{today.Month()}}, time.Time{})
	if !errors.Is(err, ErrUnread) || errors.Is(err, ErrNothing) || !bytes.Contains([]byte(err.Error()), []byte("2026-11")) {
		t.Errorf("%v", err)
	}
}

func TestOpenWithoutAStore(t *testing.T) {
	dir := t.TempDir()
	_, err := Open(t.Context(), home.Home{Dir: filepath.Join(dir, "store"), KeysDir: filepath.Join(dir, "keys"), RunDir: dir})
	if !errors.Is(err, home.ErrNoStore) {
		t.Errorf("%v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("looking made %v", left)
	}
}

func TestJSON(t *testing.T) {
	s := &shelf{}
	p := one(record("os.type", now, schema.Text("linux")))
	p.Records = append(p.Records,
		record("host.cpu.cores", now, schema.Number(8)),
		used(now.Add(time.Second)),
		record("tacit.operation.duration", now.Add(2*time.Second), schema.Number(340_000), schema.Label{Name: "operation", Value: "commit"}))
	several := record("tacit.operation.duration", now.Add(3*time.Second), schema.Number(2_500), schema.Label{Name: "operation", Value: "spool"})
	several.Count = 12
	p.Records = append(p.Records, several)
	s.put(t, today, 0, p)
	h, err := look(t, s, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(h, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "history.json")
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(golden, append(got, '\n'), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || !bytes.Equal(bytes.TrimSpace(want), got) {
		t.Errorf("differs from %s (%v); look, then run with -update:\n%s", golden, err, got)
	}
}
