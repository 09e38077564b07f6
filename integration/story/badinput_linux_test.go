package story

import (
	"strings"
	"syscall"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestBadInput types what people type by mistake, and what is over: each time the
// command says what may be the cause, and repeats nothing of what was typed.
func TestBadInput(t *testing.T) {
	t.Parallel()
	dir := rig.Dir(t)
	rig.Up(t, dir)
	spoken := strings.TrimSpace(run(t, dir, "id", "--spoken"))
	rig.Eventually(t, "the store has something of this host", func() bool {
		return rig.Tacit(t, "lookup", spoken, "--data", dir).Run(t).Code == 0
	})
	code, _, _ := strings.Cut(run(t, dir, "id", "--for-support"), "\n")
	rig.Eventually(t, "the code opens", func() bool { return rig.Tacit(t, "lookup", code, "--data", dir).Run(t).Code == 0 })
	run(t, dir, "id", "--revoke")
	groups := strings.Split(spoken, "-")
	for _, c := range []struct {
		what, typed string
		says        []string
	}{
		{"mistyped", mistype(spoken), []string{"mistyped", "group by group"}},
		{"in part", strings.Join(groups[:5], "-"), []string{"5 groups, and a spoken ID has 7"}},
		{"of a group that is short", strings.Replace(spoken, groups[2], groups[2][:3], 1), []string{"group 3 of a spoken ID has 3"}},
		{"of another vendor", "9d2f1c34-8a5b-4c6d-9e7f-001122334455", []string{"no pages for this ID", "a day where the host waits first", "reset or erased", "expired", "another vendor's"}},
		{"a code in part", strings.Join(strings.Split(code, "-")[:3], "-"), []string{"3 groups, and a support code has 4"}},
		{"a code that is over", code, []string{"no such support code lives", "its day is over, it was revoked", "--for-support"}},
		{"nothing", "", []string{"nothing was typed"}},
	} {
		r := rig.Tacit(t, "lookup", c.typed, "--data", dir).Run(t)
		checkRefused(t, r, 1, c.says...)
		if c.typed != "" && strings.Contains(r.Stdout+r.Stderr, c.typed) {
			t.Errorf("%s: it is repeated: %s%s", c.what, r.Stdout, r.Stderr)
		}
	}
	run(t, dir, "erase")
	checkRefused(t, rig.Tacit(t, "lookup", spoken, "--data", dir).Run(t), 1, "no pages for this ID", "reset or erased")
}

// TestStoreHangs: a process that holds the store and answers nothing keeps nobody
// waiting for longer than a minute, and is named.
func TestStoreHangs(t *testing.T) {
	t.Parallel()
	dir := rig.Dir(t)
	p := rig.Up(t, dir)
	id := rig.ID(t, dir)
	rig.Eventually(t, "the store has something of this host", func() bool {
		return rig.Tacit(t, "lookup", id, "--data", dir).Run(t).Code == 0
	})
	if err := syscall.Kill(p.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	r := rig.Tacit(t, "lookup", id, "--data", dir).Run(t) // which gives up on it after three minutes
	if err := syscall.Kill(p.PID(), syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	checkRefused(t, r, 1, "does not answer", "nothing is shown")
	rig.Eventually(t, "it answers again", func() bool { return rig.Tacit(t, "lookup", id, "--data", dir).Run(t).Code == 0 })
}
