package store_test

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/lookup"
	"github.com/tacit-telemetry/tacit/store/rollup"
)

func timeline(t *testing.T, h house, id [16]byte) (*lookup.History, error) {
	t.Helper()
	src, err := lookup.Open(t.Context(), home.Home{Dir: h.data, KeysDir: h.keys, RunDir: h.run})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := src.Close(); err != nil {
			t.Error(err)
		}
	}()
	return lookup.Timeline(t.Context(), src, lookup.SubjectOf(id), lookup.Options{Registry: registry.BaseSet()})
}

func TestSealedIsStoredAndLookedUp(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	s := start(t, h.config(e))
	host, now := newHost(t, s), time.Now()
	got := e.send(
		host.seal(host.page(today, 0, record("os.type", now, schema.Text("linux")), used(now, "up"))),
		host.seal(host.fragment(today, 2)),
	)
	if !slices.Equal(got, []wire.Status{wire.Stored, wire.Stored}) {
		t.Fatalf("replies %v", got)
	}
	check := func(how string) {
		t.Helper()
		history, err := timeline(t, h, host.id)
		if err != nil {
			t.Fatalf("%s: %v", how, err)
		}
		if len(history.Records) != 2 || history.Installation["os.type"].Text != "linux" || history.Products["tacit"] != "0.1.0" {
			t.Errorf("%s: %+v", how, history)
		}
		if _, err := timeline(t, h, [16]byte{1}); !errors.Is(err, lookup.ErrNothing) {
			t.Errorf("%s: another ID: %v", how, err)
		}
	}
	check("over the socket")
	until(t, "crates are acknowledged", func() bool { return e.pending() == 0 })
	stats, err := s.Stats()
	if err != nil || stats.Outcomes["stored"] != 2 || stats.Groups == 0 || stats.Rows != 5 || stats.Bytes == 0 || len(stats.Recent) == 0 {
		t.Errorf("stats %+v, %v", stats, err)
	}
	stop(t, s)
	check("with nobody running")
	checkUses(t, h, 2)
}

// checkUses checks what is folded of the command "up", in a store that nobody
// holds.
func checkUses(t *testing.T, h house, want uint64) {
	t.Helper()
	rows, err := db.Open(db.Config{Dir: h.data, Secrets: h.secrets(t), Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	sums, err := rollup.Read(t.Context(), rows, rollup.Tuple{Day: today, Release: 1, Facets: facets})
	if err != nil || len(sums.Measures) != 1 || sums.Measures[0].Count != want {
		t.Errorf("sums %+v, %v; want %d uses", sums, err, want)
	}
	report, err := rows.Verify(t.Context(), today.Month(), nil)
	if err != nil || !report.Sound() || report.Sums.Rows == 0 {
		t.Errorf("verify: %+v, %v", report, err)
	}
}

func TestEachEnvelopeIsJudgedAlone(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	host := newHost(t, start(t, h.config(e)))
	now := time.Now()
	first := host.page(today, 0, used(now, "up"))
	conflict := host.page(today, 1, used(now, "id"))
	conflict.Batch = first.Batch
	fragment1 := host.fragment(today, 1)
	conflict2 := host.fragment(today, 2)
	conflict2.Batch = fragment1.Batch
	wrong := func(c envelope.Content) *envelope.Sealed {
		right := wire.PartitionOf(c.Batch)
		if c.Kind == envelope.Page {
			right = wire.PartitionOf([16]byte(c.Payload))
		}
		return host.sealTo(host.key, (right+1)%wire.Partitions, c)
	}
	for _, tt := range []struct {
		name string
		send *envelope.Sealed
		want wire.Status
	}{
		{"page", host.seal(first), wire.Stored},
		{"page again", host.seal(first), wire.Stored},
		{"its batch ID with another body", host.seal(conflict), wire.Conflict},
		{"fragment", host.seal(fragment1), wire.Stored},
		{"fragment again", host.seal(fragment1), wire.Stored},
		{"its batch ID with another sum", host.seal(conflict2), wire.Conflict},
		{"page of tomorrow", host.seal(host.page(today+1, 0)), wire.Stored},
		{"page of the first day of the window", host.seal(host.page(today-90, 0)), wire.Stored},
		{"page from before the window", host.seal(host.page(today-91, 0)), wire.Expired},
		{"page of the day after tomorrow", host.seal(host.page(today+2, 0)), wire.Redate},
		{"page of 2106", host.seal(host.page(^schema.Day(0), 0)), wire.Redate},
		{"fragment from before the window", host.seal(host.fragment(today-91, 1)), wire.Expired},
		{"fragment of the day after tomorrow", host.seal(host.fragment(today+2, 1)), wire.Redate},
		{"page in another partition", wrong(host.page(today, 2)), wire.BadForm},
		{"fragment in another partition", wrong(host.fragment(today, 1)), wire.BadForm},
		{"page that is none", host.seal(envelope.Content{Kind: envelope.Page, Batch: schema.NewBatchID(), Payload: make([]byte, 20)}), wire.BadForm},
		{"fragment that is none", host.seal(envelope.Content{Kind: envelope.Fragment, Batch: schema.NewBatchID(), Payload: []byte("{}")}), wire.BadForm},
		{"fragment with an unknown metric", host.seal(host.unregistered("host.name", "command", "up")), wire.BadForm},
		{"fragment with an unknown label", host.seal(host.unregistered("tacit.command.used", "user", "up")), wire.BadForm},
		{"fragment with an unlisted value", host.seal(host.unregistered("tacit.command.used", "command", "alice")), wire.BadForm},
		{"kind of later", host.seal(envelope.Content{Kind: envelope.Grant, Batch: schema.NewBatchID()}), wire.BadForm},
	} {
		if got := e.send(tt.send)[0]; got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	history, err := timeline(t, h, host.id)
	if err != nil || len(history.Records) != 1 || history.Pages != 3 {
		t.Errorf("%+v, %v", history, err)
	}
}

// unregistered returns a fragment with one sound measure and one that has
// the given name, label and value.
func (h *host) unregistered(metric, label, value string) envelope.Content {
	h.t.Helper()
	f := fragment(today, 1)
	f.Values = append(f.Values, codec.Measure{Metric: metric, Labels: []codec.Pair{{Name: label, Value: value}}, Count: 1, Sum: 1})
	b, err := codec.EncodeFragment(f)
	if err != nil {
		h.t.Fatal(err)
	}
	return envelope.Content{Kind: envelope.Fragment, Batch: schema.NewBatchID(), Payload: b}
}

func TestRepeatsWithinOneCrateCountOnce(t *testing.T) {
	e, h := newEdge(t), newHouse(t)
	s := start(t, h.config(e))
	host := newHost(t, s)
	c := host.fragment(today, 5)
	other := host.fragment(today, 7)
	other.Batch = c.Batch
	got := e.send(host.seal(c), host.seal(c), host.seal(other), host.seal(host.fragment(today, 1)))
	if want := []wire.Status{wire.Stored, wire.Stored, wire.Conflict, wire.Stored}; !slices.Equal(got, want) {
		t.Errorf("replies %v, want %v", got, want)
	}
	stop(t, s)
	checkUses(t, h, 6)
}

func TestWhatDoesNotOpenIsCountedAndLetGo(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	var log bytes.Buffer
	cfg := h.config(e)
	cfg.Logger = slog.New(slog.NewJSONHandler(&log, nil))
	s := start(t, cfg)
	host := newHost(t, s)
	c := host.page(today, 0)
	unknown := host.key
	unknown.ID += 100
	damaged := bytes.Clone(host.seal(c).Bytes)
	damaged[len(damaged)-1] ^= 1
	sound := host.seal(c)
	e.crate([]byte("no crate at all"))
	e.crate(nil)
	e.crate(wire.MarshalCrate([][]byte{{}, []byte("no envelope"), host.sealTo(unknown, 0, c).Bytes, damaged, sound.Bytes}))
	if got := e.await(sound); got[0] != wire.Stored {
		t.Errorf("the sound envelope beside them: %s", got[0])
	}
	until(t, "crates are acknowledged", func() bool { return e.pending() == 0 })
	stop(t, s)
	stats, err := s.Stats()
	for reason, want := range map[string]uint64{"crate": 2, "form": 2, "key": 1, "closed": 1, "stored": 1} {
		if got := stats.Outcomes[reason]; got != want || err != nil {
			t.Errorf("%s: %d, want %d (%v)", reason, got, want, err)
		}
	}
	if strings.Contains(log.String(), "no crate at all") || strings.Contains(log.String(), h.data) {
		t.Errorf("log: %s", log.String())
	}
}

// TestAKillBetweenCommitAndReply takes a store's disk as a kill after the
// commit would leave it, and the crate comes again.
func TestAKillBetweenCommitAndReply(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	s := start(t, h.config(e))
	host := newHost(t, s)
	p, f := host.page(today, 0, used(time.Now(), "up")), host.fragment(today, 3)
	e.send(host.seal(p), host.seal(f))
	killed := newHouse(t)
	copyOwned(t, h.data, killed.data)
	copyOwned(t, h.keys, killed.keys)
	stop(t, s)

	s = start(t, killed.config(e))
	if got := e.send(host.seal(p), host.seal(f)); !slices.Equal(got, []wire.Status{wire.Stored, wire.Stored}) {
		t.Errorf("replies %v", got)
	}
	if history, err := timeline(t, killed, host.id); err != nil || len(history.Records) != 1 {
		t.Errorf("%+v, %v", history, err)
	}
	stop(t, s)
	checkUses(t, killed, 3)
}

func copyOwned(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(to, func(path string, d fs.DirEntry, err error) error {
		mode := fs.FileMode(0o600)
		if d.IsDir() {
			mode = 0o700
		}
		return errors.Join(err, os.Chmod(path, mode))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAFullDiskAnswersNothingAndLosesNothing(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	cfg := h.config(e)
	cfg.Headroom = 1 << 62
	s := start(t, cfg)
	host := newHost(t, s)
	sealed := host.seal(host.fragment(today, 1))
	e.crate(wire.MarshalCrate([][]byte{sealed.Bytes}))
	until(t, "the group is handed back", func() bool {
		stats, err := s.Stats()
		return err == nil && stats.Outcomes["full"] > 0
	})
	if err := s.Ready(); !errors.Is(err, store.ErrFull) {
		t.Errorf("ready: %v", err)
	}
	stop(t, s)
	if n := e.pending(); n != 1 || len(e.replies) != 0 {
		t.Errorf("%d crates pending, %d replies", n, len(e.replies))
	}
	s = start(t, h.config(e)) // there is room again
	if got := e.await(sealed); got[0] != wire.Stored {
		t.Errorf("then: %s", got[0])
	}
	if err := s.Ready(); err != nil {
		t.Errorf("then not ready: %v", err)
	}
}

func TestItWaitsForTheStream(t *testing.T) {
	t.Parallel()
	e, h := newServer(t), newHouse(t)
	host := newHost(t, start(t, h.config(e)))
	e.stream()
	if got := e.send(host.seal(host.fragment(today, 1))); got[0] != wire.Stored {
		t.Errorf("reply %s", got[0])
	}
}

func TestOneHolderAtATime(t *testing.T) {
	e, h := newEdge(t), newHouse(t)
	s := start(t, h.config(e))
	_, err := store.New(t.Context(), h.config(e))
	held, ok := errors.AsType[*datadir.HeldError](err)
	if !ok || held.PID != os.Getpid() {
		t.Errorf("a second store: %v", err)
	}
	stop(t, s)
	stop(t, s) // again
	again, err := store.New(t.Context(), h.config(e))
	if err != nil {
		t.Fatal(err)
	}
	stop(t, again)
}

func TestASilentHolderIsNamed(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	stop(t, start(t, h.config(e)))
	lock, err := datadir.TakeLock(h.data, home.Name)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	_, err = lookup.Open(t.Context(), home.Home{Dir: h.data, KeysDir: h.keys, RunDir: h.run})
	if !errors.Is(err, home.ErrSilent) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Errorf("open: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	e := newEdge(t)
	for name, tt := range map[string]struct {
		change func(*store.Config)
		want   string
	}{
		"a clock of 1970":      {func(c *store.Config) { c.Now = func() time.Time { return time.Unix(5, 0) } }, "1970-01-01"},
		"keys below the data":  {func(c *store.Config) { c.Secrets = house{keys: filepath.Join(c.Dir, "keys")}.secrets(t) }, "within the other"},
		"data below the keys":  {func(c *store.Config) { c.Dir = filepath.Join(c.Secrets.Dir(), "data") }, "within the other"},
		"too long a retention": {func(c *store.Config) { c.RetentionDays = 401 }, "401"},
		"no connection":        {func(c *store.Config) { c.Conn = nil }, "Conn"},
		"no directory":         {func(c *store.Config) { c.Dir = "" }, "Dir"},
		"no secrets":           {func(c *store.Config) { c.Secrets = nil }, "Secrets"},
	} {
		cfg := newHouse(t).config(e) // a store that was there believes no clock of 1970
		tt.change(&cfg)
		if _, err := store.New(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}
