package rollup

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/store/db"
)

func measures() *rapid.Generator[Measure] {
	return rapid.Custom(func(t *rapid.T) Measure {
		return Measure{
			Form:    form,
			Count:   rapid.Uint64().Draw(t, "count"),
			Sum:     rapid.Int64Min(0).Draw(t, "sum"),
			Buckets: rapid.SliceOfN(rapid.Uint64(), 0, codec.MaxBuckets).Draw(t, "buckets"),
		}
	})
}

func installations() *rapid.Generator[Installations] {
	return rapid.Custom(func(t *rapid.T) Installations {
		n := rapid.Uint64()
		return Installations{Form: form, Today: n.Draw(t, "today"), Week: n.Draw(t, "week"), Month: n.Draw(t, "month"), Ever: n.Draw(t, "ever")}
	})
}

// checkMerge checks that the order and the grouping of merges do not matter.
func checkMerge[T value[T]](values *rapid.Generator[T]) func(*rapid.T) {
	return func(t *rapid.T) {
		a, b, c := encode(values.Draw(t, "a")), encode(values.Draw(t, "b")), encode(values.Draw(t, "c"))
		m := func(x, y []byte) []byte {
			out, err := merge[T](x, y)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		if !bytes.Equal(m(a, b), m(b, a)) {
			t.Error("not commutative")
		}
		if !bytes.Equal(m(m(a, b), c), m(a, m(b, c))) {
			t.Error("not associative")
		}
		if !bytes.Equal(m(nil, a), a) {
			t.Error("the first is not kept as it is")
		}
	}
}

func TestMergeIsAssociativeAndCommutative(t *testing.T) {
	t.Run("measure", rapid.MakeCheck(checkMerge(measures())))
	t.Run("installations", rapid.MakeCheck(checkMerge(installations())))
}

func TestNumbersStopAtTheirGreatest(t *testing.T) {
	m := Measure{Form: form, Count: math.MaxUint64, Sum: math.MaxInt64, Buckets: []uint64{math.MaxUint64}}
	if got := m.plus(m); got.Count != m.Count || got.Sum != m.Sum || got.Buckets[0] != m.Buckets[0] {
		t.Errorf("%+v", got)
	}
}

// memory is rows in memory, with the merges of a store.
type memory map[db.Table]map[string][]byte

func (m memory) fold(t *testing.T, f codec.Fragment) {
	t.Helper()
	rows, err := Fold(&f)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if m[r.Table] == nil {
			m[r.Table] = map[string][]byte{}
		}
		v, err := r.Merge(m[r.Table][string(r.Key)], r.Value)
		if err != nil {
			t.Fatal(err)
		}
		m[r.Table][string(r.Key)] = v
	}
}

// Scan implements Reader.
func (m memory) Scan(_ context.Context, _ schema.Month, t db.Table, prefix []byte, each func(key, value []byte) error) error {
	var keys []string
	for k := range m[t] {
		if strings.HasPrefix(k, string(prefix)) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	for _, k := range keys {
		if err := each([]byte(k), m[t][k]); err != nil {
			return err
		}
	}
	return nil
}

func TestFoldAddsUpByTuple(t *testing.T) {
	linux := []codec.Pair{{Name: "os.type", Value: "linux"}}
	f := func(first codec.First, facets []codec.Pair, values ...codec.Measure) codec.Fragment {
		return codec.Fragment{Day: 20778, Release: 1, Facets: facets, First: first, Values: values}
	}
	used := func(command string, n uint64) codec.Measure {
		return codec.Measure{Metric: "used", Labels: []codec.Pair{{Name: "command", Value: command}}, Count: n}
	}
	m := memory{}
	m.fold(t, f(codec.FirstToday|codec.FirstEver, linux, used("up", 2), codec.Measure{Metric: "took", Count: 2, Sum: 30, Buckets: []uint64{1, 1, 0}}))
	m.fold(t, f(0, linux, used("up", 1), used("id", 1), codec.Measure{Metric: "took", Count: 1, Sum: 5}))
	m.fold(t, f(codec.FirstToday|codec.FirstThisWeek, linux))
	m.fold(t, f(codec.FirstToday, nil, used("up", 100)))
	m.fold(t, f(codec.FirstToday, append(linux, codec.Pair{Name: "host.arch", Value: "amd64"}), used("up", 100)))

	got, err := Read(t.Context(), m, Tuple{Day: 20778, Release: 1, Facets: linux})
	if err != nil {
		t.Fatal(err)
	}
	if want := (Installations{Form: form, Today: 2, Week: 1, Ever: 1}); got.Installations != want {
		t.Errorf("installations %+v, want %+v", got.Installations, want)
	}
	sums := map[string]Measure{}
	for _, r := range got.Measures {
		name := r.Metric
		for _, l := range r.Labels {
			name += " " + l.Value
		}
		sums[name] = r.Measure
	}
	if len(sums) != 3 || sums["used up"].Count != 3 || sums["used id"].Count != 1 {
		t.Errorf("measures %+v", sums)
	}
	if took := sums["took"]; took.Count != 3 || took.Sum != 35 || !slices.Equal(took.Buckets, []uint64{1, 1, 0}) {
		t.Errorf("took %+v", took)
	}
}

func TestFoldRefusesWhatDoesNotFit(t *testing.T) {
	long := strings.Repeat("x", db.MaxKeyLen)
	for name, f := range map[string]codec.Fragment{
		"negative sum": {Values: []codec.Measure{{Metric: "m", Sum: -1}}},
		"long facet":   {Facets: []codec.Pair{{Name: "f", Value: long}}},
		"long label":   {Values: []codec.Measure{{Metric: "m", Labels: []codec.Pair{{Name: "l", Value: long}}}}},
	} {
		if _, err := Fold(&f); !errors.Is(err, ErrForm) {
			t.Errorf("%s: %v, want ErrForm", name, err)
		}
	}
}

// TestFrozenForms holds the bytes on disk: a change makes a new form number.
func TestFrozenForms(t *testing.T) {
	f := codec.Fragment{
		Day: 20778, Release: 1, Facets: []codec.Pair{{Name: "os.type", Value: "linux"}}, First: codec.FirstToday | codec.FirstThisMonth,
		Values: []codec.Measure{{Metric: "used", Labels: []codec.Pair{{Name: "command", Value: "up"}}, Count: 2, Sum: 300, Buckets: []uint64{0, 2}}},
	}
	rows, err := Fold(&f)
	if err != nil {
		t.Fatal(err)
	}
	want := [][2]string{
		{"0000512a00000001" + "01" + "0007" + hex.EncodeToString([]byte("os.type")) + "0005" + hex.EncodeToString([]byte("linux")), "850101000100"},
		{"0000512a00000001" + "01" + "0007" + hex.EncodeToString([]byte("os.type")) + "0005" + hex.EncodeToString([]byte("linux")) +
			"0004" + hex.EncodeToString([]byte("used")) + "01" + "0007" + hex.EncodeToString([]byte("command")) + "0002" + hex.EncodeToString([]byte("up")), "84010219012c820002"},
	}
	for i, r := range rows {
		if got := [2]string{hex.EncodeToString(r.Key), hex.EncodeToString(r.Value)}; got != want[i] {
			t.Errorf("row %d:\n got %s\nwant %s", i, got, want[i])
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(Measure{Form: form, Count: 2, Sum: 300, Buckets: []uint64{0, 2}}))
	f.Add(encode(Installations{Form: form, Today: 1, Ever: 1}))
	f.Add([]byte{0x84, 1, 2, 0x20, 0x80})
	f.Add([]byte{0x9f, 1, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := decode[Measure](b); err == nil {
			if again, err := decode[Measure](encode(m)); err != nil || again.Sum != m.Sum || !slices.Equal(again.Buckets, m.Buckets) {
				t.Errorf("measure %+v becomes %+v, %v", m, again, err)
			}
		} else if !errors.Is(err, ErrForm) {
			t.Error(err)
		}
		if i, err := decode[Installations](b); err == nil {
			if again, err := decode[Installations](encode(i)); err != nil || again != i {
				t.Errorf("installations %+v become %+v, %v", i, again, err)
			}
		}
	})
}

func FuzzParseMeasureKey(f *testing.F) {
	f.Add(measureKey(nil, "used", []codec.Pair{{Name: "command", Value: "up"}}))
	f.Add(measureKey(nil, "used", nil))
	f.Add([]byte{0, 9, 'x'})
	f.Fuzz(func(t *testing.T, b []byte) {
		metric, labels, err := parseMeasureKey(b)
		if err == nil && !bytes.Equal(measureKey(nil, metric, labels), b) {
			t.Errorf("%x does not come back", b)
		}
	})
}
