package fault

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// Sizes of what is in the store: small, because it is copied for every bit.
const (
	bitIDs       = 3  // the first is erased
	bitPages     = 20 // of an installation and a day
	bitFragments = 12 // of a day
	bitJunk      = 2
)

// fullStores returns the same store twice, killed and stopped: with pages and
// sums of three months, erased pages, and envelopes that did not open, written
// in several lives of its process.
func fullStores(t *testing.T) []*sound {
	t.Helper()
	keys := filepath.Join(rig.Dir(t), "keys")
	s := rig.StartSplit(t, rig.Plan{Plain: true, Site: rig.Edits{"quota.envelopes": 100_000, "quota.bytes": "4GiB"}, Store: rig.Edits{"keys": keys}})
	var ids []string
	for life := range bitIDs {
		ids = append(ids, newInstallation())
		replay(t, s, sealAll(t, s, fillOrder{Installations: ids[life:], Days: threeMonths(), Pages: bitPages, Fragments: bitFragments}))
		if life > 0 {
			continue
		}
		upkeep(t, "store", "erase", ids[0], "--config", s.Store.Config)
		junk, put := sealAll(t, s, fillOrder{Days: []int64{0}, Junk: bitJunk}), time.Time{}
		rig.Eventually(t, "what did not open is counted", func() bool {
			if time.Since(put) > 10*time.Second { // nobody answers these, and a relay may lose what it has
				putJunk(t, s, junk)
				put = time.Now()
			}
			return s.Store.Metric(t, `tacit_store_envelopes_total{outcome="closed"}`) >= bitJunk
		})
		s.Store.Interrupt(t) // which writes tables
		s.Store.Start(t)
		s.Store.WaitReady(t)
	}
	s.Store.Kill()
	killed := gathered(t, "killed", s, keys, ids)
	s.Store.Start(t)
	s.Store.WaitReady(t)
	s.Store.Interrupt(t)
	return []*sound{killed, gathered(t, "stopped", s, keys, ids)}
}

// gathered copies data, secrets and configuration of the split's store, which
// does not run, into one directory, and reads it. No edge is there for the copy.
func gathered(t *testing.T, name string, s *rig.Split, keys string, ids []string) *sound {
	t.Helper()
	out := &sound{name: name, dir: rig.Dir(t), ids: ids}
	copyTree(t, s.Store.Data, filepath.Join(out.dir, "data"))
	copyTree(t, keys, filepath.Join(out.dir, "keys"))
	config := filepath.Join(out.dir, "store.yaml")
	copyTree(t, s.Store.Config, config)
	rig.EditFile(t, config, rig.Edits{"relays": []string{"tls://127.0.0.1:1"}, "metrics": "127.0.0.1:0"})
	out.want = read(t, rand.New(rand.NewPCG(0, 0)), copyStore(t, out.dir), ids)
	out.check(t)
	return out
}

// check compares what the sound store holds with what it was given: without
// that, nothing would be tested.
func (s *sound) check(t *testing.T) {
	t.Helper()
	w := s.want
	if w.Said != "" || w.Unread != "" {
		t.Fatalf("the %s store is sound, and it is said: %s%s", s.name, w.Said, w.Unread)
	}
	for i, tl := range w.Timelines {
		want := bitPages * len(threeMonths())
		if i == 0 {
			want = 0 // it was erased
		}
		if tl.Pages != want || len(tl.Records) != want || tl.Damaged != 0 {
			t.Fatalf("the %s store has %d pages with %d records, %d damaged, of installation %d, want %d", s.name, tl.Pages, len(tl.Records), tl.Damaged, i, want)
		}
	}
	rows := 0
	for _, c := range w.Rows {
		rows += c.Rows
	}
	if want := ((bitIDs-1)*bitPages*2 + bitFragments) * len(threeMonths()); len(w.Rows) != 2*len(threeMonths()) || rows < want {
		t.Fatalf("the %s store has %d rows in %d halves, want at least %d: %+v", s.name, rows, len(w.Rows), want, w.Rows)
	}
	t.Logf("the %s store: %d rows in %d halves, %s", s.name, rows, len(w.Rows), w.Counts)
}

// copyStore copies a store into memory where there is a disk for that: each flip
// has a store of its own, and what a sync costs is not what is tested.
func copyStore(t *testing.T, dir string) string {
	t.Helper()
	to, err := os.MkdirTemp("/dev/shm", "td")
	if err != nil {
		to = rig.Dir(t)
	}
	t.Cleanup(func() { _ = os.RemoveAll(to) })
	copyTree(t, dir+"/.", to)
	return to
}

// copyTree copies with owners and modes, and leaves holes where zeros are.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	if text, err := exec.Command("cp", "-a", "--sparse=always", "--reflink=auto", from, to).CombinedOutput(); err != nil {
		t.Fatal(fmt.Errorf("copy: %w: %s", err, text))
	}
}
