package demo

import (
	"bytes"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/anon"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/registry/example"
)

var now = time.Date(2026, 11, 22, 0, 20, 0, 0, time.UTC)

// TestRegistered: every record and every fact is one that the registry takes, and
// nothing is later than its day's sending.
func TestRegistered(t *testing.T) {
	reg, err := registry.Overlay(nil, example.Files()...)
	if err != nil {
		t.Fatal(err)
	}
	treat := &anon.Treatments{Registry: reg}
	f := New(1, now)
	for n := range Installations {
		before := time.Time{}
		for _, d := range f.Installation(n).Days() {
			if !d.Sends.After(before) || !d.Sends.Before(now) {
				t.Fatalf("installation %d sends at %v after %v", n, d.Sends, before)
			}
			before = d.Sends
			records := d.Records
			for _, fact := range d.Facts {
				records = append(records, schema.Record{Time: d.Sends.Unix(), Product: schema.Product{Name: "tacit", Version: "0.1.0"}, Metric: fact.Metric, Value: fact.Value})
			}
			for _, r := range records {
				if _, err := treat.Apply(r); err != nil {
					t.Fatalf("installation %d: %s of %s: %v", n, r.Metric, r.Product.Name, err)
				}
				if at := time.Unix(r.Time, 0); at.After(d.Sends) || d.Sends.Sub(at) > 24*time.Hour {
					t.Fatalf("installation %d: a record of %v is sent at %v", n, at, d.Sends)
				}
			}
		}
	}
}

// TestSame: a seed gives the same fleet again, and another seed another one.
func TestSame(t *testing.T) {
	all := func(seed uint64) []byte {
		var b bytes.Buffer
		for n := range 20 {
			fmt.Fprintf(&b, "%+v\n", New(seed, now).Installation(n).Days())
		}
		return b.Bytes()
	}
	one := all(1)
	if !bytes.Equal(one, all(1)) {
		t.Error("the same seed gives another fleet")
	}
	if bytes.Equal(one, all(2)) {
		t.Error("another seed gives the same fleet")
	}
}

// TestUser: of the user's 15 searches since the update 14 failed, all of them with
// the planted error, and the last steps are of the last half hour.
func TestUser(t *testing.T) {
	u := New(1, now).Installation(0)
	found, failed := 0, 0
	days := u.Days()
	for _, d := range days {
		for _, r := range d.Records {
			if r.Product.Version != newFinder {
				if r.Metric == "finder.error" {
					t.Errorf("%s before the update", r.Value.Text)
				}
				continue
			}
			switch {
			case r.Metric == "finder.operation.duration" && r.Labels[0].Value == "search":
				found++
			case r.Metric == "finder.error" && r.Value.Text == "search_timeout":
				failed++
			case r.Metric == "finder.error":
				t.Errorf("another error: %s", r.Value.Text)
			}
		}
	}
	if u.Name() != User || found != 1 || failed != 14 {
		t.Errorf("%q: %d searches found something and %d failed", u.Name(), found, failed)
	}
	last := days[len(days)-1].Records
	for _, r := range last {
		if at := time.Unix(r.Time, 0); at.After(now) || now.Sub(at) > 31*time.Minute {
			t.Errorf("%s at %v, of a session before %v", r.Metric, at, now)
		}
	}
}

// TestNamed: the sound ones have no error and stay on the old version, the slow
// one has the new one and no failing search.
func TestNamed(t *testing.T) {
	f, seen := New(1, now), map[string]int{}
	for n := range Installations {
		i := f.Installation(n)
		seen[i.Name()]++
		if i.Name() == User || i.Name() == "" {
			continue
		}
		isNew := false
		for _, d := range i.Days() {
			for _, r := range d.Records {
				isNew = isNew || r.Product.Version == newFinder
				if r.Metric == "finder.error" {
					t.Errorf("%s has %s", i.Name(), r.Value.Text)
				}
			}
		}
		if isNew != (i.Name() == Slow) {
			t.Errorf("%s runs the new version: %v", i.Name(), isNew)
		}
	}
	if seen[User] != 1 || seen[Sound] != 3 || seen[Slow] != 1 {
		t.Errorf("named: %v", seen)
	}
}

// TestPlanted: under the new version opening is slow for everybody, and search
// fails on enough hosts to be seen, and on too few to be the rule.
func TestPlanted(t *testing.T) {
	f := New(1, now)
	var opens = map[string][]float64{}
	failing, updated := 0, 0
	for n := range Installations {
		fails, isNew := false, false
		for _, d := range f.Installation(n).Days() {
			for _, r := range d.Records {
				isNew = isNew || r.Product.Version == newFinder
				fails = fails || r.Value.Text == queryTimeout.code
				if r.Metric == "finder.operation.duration" && r.Labels[0].Value == "open" {
					opens[r.Product.Version] = append(opens[r.Product.Version], math.Log(float64(r.Value.Number)))
				}
			}
		}
		if isNew {
			updated++
		}
		if fails {
			failing++
		}
	}
	by := math.Exp(mean(opens[newFinder]) - mean(opens[oldFinder]))
	if by < 6.5 || by > 7.5 {
		t.Errorf("opening takes %.1f times as long", by)
	}
	if failing < 25 || failing > updated/3 || updated < Installations*7/10 || updated > Installations*19/20 {
		t.Errorf("search fails on %d of %d updated hosts", failing, updated)
	}
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// TestShares: drawn often enough, each value comes as often as it was published.
func TestShares(t *testing.T) {
	const draws = 200_000
	r := New(1, now).random(0, 0)
	counts := map[int64]float64{}
	for range draws {
		counts[pick(r, memories)]++
	}
	var all float64
	for _, s := range memories {
		all += s.weight
	}
	for _, s := range memories {
		got, want := counts[s.value]/draws, s.weight/all
		if math.Abs(got-want) > 4*math.Sqrt(want/draws) {
			t.Errorf("%d GiB in %.4f of the draws, published %.4f", s.value, got, want)
		}
	}
}
