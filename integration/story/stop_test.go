package story

import (
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestCtrlC ends `tacit up` right after it accepted records. It ends within two
// seconds, with exit code 0, and the records come with the next start.
func TestCtrlC(t *testing.T) {
	t.Parallel()
	dir, ledger := rig.Dir(t), new(rig.Ledger)
	for range 2 {
		p := rig.Up(t, dir)
		ledger.MustOffer(t, dir, 5)
		if took, code := p.Interrupt(t); took > 2*time.Second || code != 0 {
			t.Errorf("Ctrl-C: ended after %v with exit code %d:\n%s", took, code, p.Text())
		}
	}
	var c cycle
	once(t, dir).JSON(t, &c)
	ledger.CheckExact(t, rig.Lookup(t, dir, c.ID))
}

// TestCtrlCAtTheStart presses it before anything is up.
func TestCtrlCAtTheStart(t *testing.T) {
	t.Parallel()
	dir := rig.Dir(t)
	for _, after := range []time.Duration{30 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 300 * time.Millisecond} {
		p := rig.Tacit(t, "up", "--ports", "0", "--data", dir).Start(t, dir)
		time.Sleep(after) // into its start
		if took, _ := p.Interrupt(t); took > 2*time.Second {
			t.Errorf("Ctrl-C %v after the start: ended after %v:\n%s", after, took, p.Text())
		}
	}
	once(t, dir).JSON(t, new(cycle))
}
