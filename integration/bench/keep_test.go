//go:build linux

package bench

import (
	"testing"
	"time"

	promises "github.com/tacit-telemetry/tacit/integration/figures"
	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestKeepStore looks after a store of a million pages (fewer in make test) as
// somebody does who has read the help of each command and nothing else: first
// while it runs and takes what comes, then while it is stopped, and last after
// its disk was lost. Whatever a command says is compared with what was sent and
// ordered, and with what support then sees.
func TestKeepStore(t *testing.T) {
	k := openKeeper(t, promises.Size(t, 2_000, 1_000_000, 0))
	defer k.report(t)
	for _, step := range []struct {
		name string
		do   func(*testing.T)
	}{
		{"Fill", k.fill},
		{"RunningVerify", k.verifies}, {"RunningBackup", func(t *testing.T) { k.backsUp(t, &k.older) }},
		{"KeysRotate", k.rotates},
		{"RunningErase", func(t *testing.T) { k.erases(t, k.sound[1]) }}, {"HostErase", k.hostErases},
		{"RunningRecall", k.recallsLeak},
		{"RunningVerifyAgain", k.verifies},
		{"RunningRefusals", k.refuses},
		{"Stop", k.stop},
		{"StoppedVerify", k.verifies}, {"StoppedBackup", func(t *testing.T) { k.backsUp(t, &k.newer) }},
		{"StoppedErase", func(t *testing.T) { k.erases(t, k.sound[2]) }},
		{"StoppedRecall", k.recallsDay},
		{"StoppedRefusals", k.refuses}, {"DamagedBackup", k.refusesDamaged},
		{"Interrupts", k.interrupts},
		{"RestoreNewer", k.restoresNewer},
		{"RestoreOlder", k.restoresOlder},
		{"StartAgain", k.startsAgain},
	} {
		if !t.Run(step.name, step.do) {
			return // what comes after rests on it
		}
	}
}

// fill has the crowd send, and the host tell something too.
func (k *keeper) fill(t *testing.T) {
	began := time.Now()
	if err := k.crowd.Send(t.Context(), k.all()); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	t.Logf("%d pages stored in %v, %.0f a second", k.pages, took.Round(time.Millisecond), float64(k.pages)/took.Seconds())
	host := k.s.Agents[0]
	k.old = rig.ID(t, host.Data)
	ledger := new(rig.Ledger)
	rig.Eventually(t, "a record of the host is accepted", func() bool { // which may not have heard its site yet
		answers, err := ledger.Offer(t.Context(), host.Data, 1)
		return err == nil && answers[0].Accepted()
	})
	rig.Eventually(t, "what the host told is stored", func() bool {
		return len(rig.Missing(k.s.Lookup(t, host), ledger.Accepted())) == 0
	})
}
