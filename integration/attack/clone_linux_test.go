package attack

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestClones copies a host's disk twice onto machines of their own. Each copy is a
// new installation, other than the first and than each other, and has nothing of
// the first to send; the first goes on as it was.
func TestClones(t *testing.T) { onPlantedHost(t, clones) }

func clones(t *testing.T) {
	plant(t)
	home := filepath.Join(plantedHomes, plantedUser)
	source := filepath.Join(home, "d")
	ids, keys := []string{starts(t, source)}, []string{hashingKey(t, source)}
	sent := outboxOf(t, source)
	for _, machine := range []string{"1a1e7d3ab4c94e61a7725c1e9d80b6aa", "2b2e7d3ab4c94e61a7725c1e9d80b6bb"} {
		copied := filepath.Join(home, machine[:2])
		if out, err := exec.CommandContext(t.Context(), "cp", "-a", source, copied).CombinedOutput(); err != nil {
			t.Fatalf("copy: %v: %s", err, out)
		}
		write(t, "/etc/machine-id", machine+"\n")
		ids, keys = append(ids, starts(t, copied)), append(keys, hashingKey(t, copied))
		for _, entry := range outboxOf(t, copied) {
			if slices.Contains(sent, entry) {
				t.Errorf("machine %s has sent what the first one did", machine[:2])
			}
		}
	}
	write(t, "/etc/machine-id", plantedMachine+"\n")
	if again := starts(t, source); again != ids[0] || hashingKey(t, source) != keys[0] || !sentToo(outboxOf(t, source), sent) {
		t.Error("the first installation is another one after it was copied")
	}
	for what, all := range map[string][]string{"ID": ids, "hashing key": keys} {
		slices.Sort(all)
		if len(slices.Compact(all)) != 3 {
			t.Errorf("two of three machines have one %s", what)
		}
	}
}

// sentToo says whether an outbox has all of an earlier one.
func sentToo(now, before []string) bool {
	return !slices.ContainsFunc(before, func(plain string) bool { return !slices.Contains(now, plain) })
}

// starts runs a full cycle on a data directory and returns whose it is.
func starts(t *testing.T, dir string) string {
	t.Helper()
	var cycle struct {
		ID string `json:"installation_id"`
	}
	rig.Tacit(t, "up", "--once", "--json", "--data", dir).JSON(t, &cycle)
	if cycle.ID != rig.ID(t, dir) {
		t.Error("one installation has two IDs")
	}
	return cycle.ID
}

func hashingKey(t *testing.T, dir string) string {
	t.Helper()
	var host struct {
		Key string `json:"hashing_key"`
	}
	readInto(t, filepath.Join(dir, "agent", "installation.json"), &host)
	return host.Key
}

// outboxOf returns what was sealed into each envelope that was sent.
func outboxOf(t *testing.T, dir string) (plain []string) {
	t.Helper()
	var entries []struct{ Number int }
	rig.Tacit(t, "outbox", "list", "--json", "--data", dir).JSON(t, &entries)
	for _, e := range entries {
		var shown struct{ Kind, Plain string }
		rig.Tacit(t, "outbox", "show", strconv.Itoa(e.Number), "--json", "--data", dir).JSON(t, &shown)
		if shown.Kind == "page" { // fragments of two hosts may be the same, and are meant to
			plain = append(plain, shown.Plain)
		}
	}
	if len(plain) == 0 || plain[0] == "" {
		t.Fatalf("the outbox of %d entries has no page", len(entries))
	}
	return plain
}
