//go:build linux

package bench

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/bench/crowd"
	"github.com/tacit-telemetry/tacit/integration/rig"
)

// verified is what `store verify --json` prints.
type verified struct {
	Sound    bool
	Rows     int
	Months   []halfVerified
	Findings []struct{ Month, What string }
}

type halfVerified struct {
	Month, Half                            string
	Rows, Missing, Changed, Torn, Unlisted int
}

// verifies wants every row as it was confirmed, and support to see all that it
// should and nothing else.
func (k *keeper) verifies(t *testing.T) {
	var v verified
	k.must(t, &v, "store", "verify")
	if !v.Sound || len(v.Findings) > 0 {
		t.Errorf("verify: %+v", v)
	}
	rows := 0
	for _, m := range v.Months {
		rows += m.Rows
		if m.Missing+m.Changed+m.Torn+m.Unlisted > 0 {
			t.Errorf("verify: %+v", m)
		}
	}
	// A page is a row, and what knows its batch another: that one stays when the
	// page is recalled, and goes when it is erased.
	left, _ := k.left(recall{})
	if least := 2*left + k.called; rows != v.Rows || rows < least {
		t.Errorf("verify read %d rows, by month %d: at least %d are there", v.Rows, rows, least)
	}
	k.shows(t)
}

// backup is a file, and what had been destroyed when it was made.
type backup struct {
	file                 string
	gone, byHost, called int
	backed
}

// backed is what `store backup --json` prints, and verify of a backup.
type backed struct {
	Rows   int
	Digest string
	Months []string
}

// backsUp wants a whole file that only its owner reads, and nothing beside it.
func (k *keeper) backsUp(t *testing.T, b *backup) {
	*b = backup{file: filepath.Join(k.dir, filepath.Base(t.Name())), gone: k.gone, byHost: k.byHost, called: k.called}
	k.must(t, &b.backed, "store", "backup", "--out", b.file)
	var read backed
	k.must(t, &read, "store", "verify", "--backup", b.file)
	left, _ := k.left(recall{})
	if read.Digest != b.Digest || read.Rows != b.Rows || b.Rows < 2*left+k.called || len(b.Months) < 3 {
		t.Errorf("backed up %+v, and in the file are %+v; at least %d pages are there", b.backed, read, left)
	}
	k.alone(t, b.file)
}

// alone wants a file that is its owner's, and that no other was begun.
func (k *keeper) alone(t *testing.T, file string) {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s: %v, %v", file, info, err)
	}
	if left, _ := filepath.Glob(filepath.Join(k.dir, ".*")); len(left) > 0 {
		t.Errorf("beside the backup lie %v", left)
	}
}

// rotates wants a new key that agents seal to, and what was sealed to the one
// before taken too.
func (k *keeper) rotates(t *testing.T) {
	before := k.crowd.Key()
	var r struct {
		ID   uint32
		Keys []struct {
			ID    uint32
			State string
		}
	}
	k.must(t, &r, "store", "keys", "rotate")
	k.send(t, k.late) // by somebody who does not know yet
	rig.Eventually(t, "the edge gives the new key", func() bool {
		if err := k.crowd.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		return k.crowd.Key() == r.ID
	})
	k.send(t, k.late)
	k.has(t, k.late.ID, k.late.Told)
	k.must(t, &r, "store", "keys", "list")
	states := map[uint32]string{}
	for _, key := range r.Keys {
		states[key.ID] = key.State
	}
	if before == r.ID || states[r.ID] != "active" || states[before] != "accepted" {
		t.Errorf("key %d came after %d, and the list is %v", r.ID, before, states)
	}
}

// erases has the operator erase somebody by the ID, and wants a receipt for
// each page, once.
func (k *keeper) erases(t *testing.T, i *crowd.Installation) {
	want := len(k.remains(i))
	for _, pages := range []int{want, 0} {
		var receipt struct {
			Pages int    `json:"pages_erased"`
			By    string `json:"brokers_forget_by"`
		}
		o := k.order(t, i.ID+"\n", "store", "erase", "-", "--json")
		if err := json.Unmarshal([]byte(o.Stdout), &receipt); err != nil || o.Code != 0 || o.Stderr != "" {
			t.Fatalf("erase: exit %d, %v: %s", o.Code, err, o.Stderr)
		}
		if receipt.Pages != pages || receipt.By <= k.last.String() {
			t.Errorf("the receipt is %+v, want %d pages", receipt, pages)
		}
	}
	k.erased[i] = true
	k.gone += want
	k.has(t, i.ID, nil)
}

// hostErases has a host's user erase there, and wants a new installation.
func (k *keeper) hostErases(t *testing.T) {
	host := k.s.Agents[0]
	var receipt struct {
		State string
		Pages int `json:"pages_erased"`
	}
	rig.Tacit(t, "erase", "--data", host.Data, "--json").JSON(t, &receipt)
	rig.Within(t, 3*rig.Patience, "all is confirmed", func() bool {
		rig.Tacit(t, "erase", "--status", "--data", host.Data, "--json").JSON(t, &receipt)
		return receipt.State == "done"
	})
	if receipt.Pages == 0 || rig.ID(t, host.Data) == k.old {
		t.Errorf("the receipt is %+v", receipt)
	}
	k.byHost = receipt.Pages
	k.has(t, k.old, nil)
	if _, code := host.Interrupt(t); code != 0 { // it tells nothing more, so that counts hold
		t.Errorf("the agent ended with %d", code)
	}
}

// recallsLeak destroys most of what the leaking build sent.
func (k *keeper) recallsLeak(t *testing.T) {
	k.recall(t, recall{leakyBuild, k.first + 10, k.last - 10})
}

// recallsDay destroys what the sound build sent on one day.
func (k *keeper) recallsDay(t *testing.T) {
	k.recall(t, recall{soundBuild, k.first + 20, k.first + 20}, "--registry", "1")
}

// recall wants that exactly the pages of the build and days go, and that
// --dry-run says so before.
func (k *keeper) recall(t *testing.T, r recall, more ...string) {
	t.Helper()
	_, want := k.left(r)
	if want == 0 {
		t.Fatal("there is nothing to recall")
	}
	args := append([]string{"store", "recall", "--agent", r.version, "--from", r.from.String(), "--to", r.to.String()}, more...)
	for _, step := range []struct {
		more  []string
		pages int
	}{{[]string{"--dry-run"}, want}, {nil, want}, {[]string{"--dry-run"}, 0}} {
		var got struct {
			Pages int
			Dry   bool `json:"dry_run"`
		}
		k.must(t, &got, append(args, step.more...)...)
		if got.Pages != step.pages || got.Dry != (step.more != nil) {
			t.Errorf("recall %s: %+v, want %d pages", strings.Join(step.more, " "), got, step.pages)
		}
	}
	k.recalls, k.called = append(k.recalls, r), k.called+want
	for _, version := range k.versions() { // nothing else went
		var got struct{ Pages int }
		_, rest := k.left(recall{version, k.first, k.last})
		k.must(t, &got, "store", "recall", "--agent", version, "--from", k.first.String(), "--to", k.last.String(), "--dry-run")
		if got.Pages != rest {
			t.Errorf("%d pages of %s are left, want %d", got.Pages, version, rest)
		}
	}
}
