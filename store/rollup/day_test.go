package rollup

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

// TestDayTellsAllOfIt: the tuples and measures of one day, and of no other.
func TestDayTellsAllOfIt(t *testing.T) {
	m := memory{}
	for day, os := range map[uint32]string{20778: "linux", 20779: "windows"} {
		for _, release := range []uint32{1, 2} {
			m.fold(t, codec.Fragment{
				Day: schema.Day(day), Release: schema.Release(release), First: codec.FirstToday,
				Facets: []codec.Pair{{Name: "os.type", Value: os}, {Name: "host.arch", Value: "amd64"}},
				Values: []codec.Measure{{Metric: "used", Labels: []codec.Pair{{Name: "command", Value: "up"}}, Count: 2}, {Metric: "took", Count: 1, Sum: 3}},
			})
		}
	}
	var got []string
	err := Tuples(t.Context(), m, 20778, func(tuple Tuple, n Installations) error {
		got = append(got, fmt.Sprintf("%v %d", tuple, n.Today))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = Measures(t.Context(), m, 20778, func(tuple *Tuple, row MeasureRow) error {
		got = append(got, fmt.Sprintf("%v %s %v %d", *tuple, row.Metric, row.Labels, row.Count))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	facets := "[{os.type linux} {host.arch amd64}]"
	want := []string{
		"{2026-11-21 1 " + facets + "} 1", "{2026-11-21 2 " + facets + "} 1",
		"{2026-11-21 1 " + facets + "} took [] 1", "{2026-11-21 1 " + facets + "} used [{command up}] 2",
		"{2026-11-21 2 " + facets + "} took [] 1", "{2026-11-21 2 " + facets + "} used [{command up}] 2",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func FuzzCutTuple(f *testing.F) {
	whole := Tuple{Day: 20778, Release: 1, Facets: []codec.Pair{{Name: "os.type", Value: "linux"}}}
	f.Add(whole.key())
	f.Add(measureKey(whole.key(), "used", nil))
	f.Add([]byte{0, 0, 0, 1, 0, 0, 0, 1, 9, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		tuple, rest, err := cutTuple(b)
		if err != nil {
			if !errors.Is(err, ErrForm) {
				t.Error(err)
			}
			return
		}
		if !bytes.Equal(append(tuple.key(), rest...), b) {
			t.Errorf("%x does not come back", b)
		}
	})
}
