package ingest

import (
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

const firstDay = schema.Day(20778)

func openKeyring(t *testing.T, dir string, today schema.Day) *Keyring {
	t.Helper()
	k, err := OpenKeyring(dir, today)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestAKeyIsActiveOnEveryDay walks through 200 days: agents always have a key,
// also those whose clock is a day off, and keep opening for 90 days.
func TestAKeyIsActiveOnEveryDay(t *testing.T) {
	public, vendor, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	k := openKeyring(t, dir, firstDay)
	ids := map[uint32]schema.Day{}
	var version uint64
	for today := firstDay; today < firstDay+200; today++ {
		if today%7 == 0 {
			k = openKeyring(t, dir, today) // a restart
		}
		if err := k.Turn(today); err != nil {
			t.Fatal(err)
		}
		l, err := envelope.VerifyKeyList(public, k.KeyList(vendor, today))
		if err != nil {
			t.Fatal(err)
		}
		if l.Version < version || len(l.Keys) > 2 {
			t.Fatalf("day %s: list %d after %d, %d keys", today, l.Version, version, len(l.Keys))
		}
		version = l.Version
		for _, d := range []schema.Day{today, today + 1} {
			key, ok := l.Active(d)
			if !ok {
				t.Fatalf("on %s no key is active for %s", today, d)
			}
			if start, known := ids[key.ID]; known && start != key.Start {
				t.Fatalf("ID %d names two keys", key.ID)
			}
			ids[key.ID] = key.Start
		}
		for id, start := range ids {
			if accepted := today < start+wire.KeyAcceptedDays; (k.key(id, today) != nil) != accepted {
				t.Fatalf("day %s: key %d of %s: accepted is not %v", today, id, start, accepted)
			}
		}
	}
	if _, ok := ids[1]; !ok || len(ids) != 7 {
		t.Errorf("%d keys in 200 days", len(ids))
	}
}

func TestAfterALongStopIDsCountOn(t *testing.T) {
	dir := t.TempDir()
	k := openKeyring(t, dir, firstDay)
	old := k.keys[len(k.keys)-1]
	late := firstDay + 400
	k = openKeyring(t, dir, late)
	if len(k.keys) != 2 || k.keys[0].ID != old.ID+1 || k.keys[0].Start > late || k.keys[0].Start+wire.KeyActiveDays <= late {
		t.Errorf("keys %v", k.keys)
	}
	if (k.keys[0].Start-old.Start)%wire.KeyActiveDays != 0 {
		t.Error("slots have moved")
	}
	if b, err := os.ReadFile(filepath.Join(dir, keyringName)); err != nil || strings.Count(string(b), "private") != 2 {
		t.Errorf("what is no longer accepted is not destroyed: %v", err)
	}
}

func TestADamagedKeyringIsRefused(t *testing.T) {
	for _, text := range []string{"", "{", `{"version":1,"keys":[{"id":1,"start":1,"private":"AAAA"}]}`} {
		dir := t.TempDir()
		path := filepath.Join(dir, keyringName)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenKeyring(dir, firstDay); err == nil || !errors.Is(err, durable.ErrDamaged) {
			t.Errorf("%q: %v", text, err)
		}
		if b, _ := os.ReadFile(path); string(b) != text {
			t.Errorf("%q was overwritten", text)
		}
	}
}
