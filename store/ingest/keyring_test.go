package ingest

import (
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/calendar"
	"github.com/tacit-telemetry/tacit/store/secret"
)

const firstDay = schema.Day(20778)

// desk is a keyring, and a real calendar whose clocks a test moves.
type desk struct {
	t         *testing.T
	dir, data string
	says      schema.Day
	ran       time.Duration
	calendar  *calendar.Calendar
	*Keyring
}

func newDesk(t *testing.T, today schema.Day) *desk {
	t.Helper()
	d := &desk{t: t, dir: filepath.Join(t.TempDir(), "keys"), data: t.TempDir()}
	d.restart(today)
	return d
}

// provenDesk is a desk after eight days of running: it was made so long before.
func provenDesk(t *testing.T, today schema.Day) *desk {
	t.Helper()
	d := newDesk(t, today-8)
	for on := today - 7; on <= today; on++ {
		d.look(day, on)
	}
	return d
}

func (d *desk) now() time.Time { return d.says.Time().Add(12 * time.Hour) }

func (d *desk) restart(today schema.Day) {
	d.t.Helper()
	d.says, d.ran = today, 0
	box, err := secret.Open(d.dir, nil)
	if err == nil {
		d.calendar, err = calendar.Open(calendar.Config{Dir: d.data, Now: d.now, Ran: func() time.Duration { return d.ran }})
	}
	if err == nil {
		d.Keyring, err = OpenKeyring(box, false, d.calendar.Today())
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// look turns the keyring to what the calendar says when the clock shows a day
// after some monotonic time.
func (d *desk) look(after time.Duration, today schema.Day) {
	d.t.Helper()
	d.says, d.ran = today, d.ran+after
	if err := d.Turn(d.calendar.Today()); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) ids() (out []uint32) {
	for _, k := range d.Keys() {
		out = append(out, k.ID)
	}
	return out
}

// active returns the ID of the key that agents seal to on a day.
func (d *desk) active(on schema.Day) uint32 {
	d.t.Helper()
	k, ok := d.List().Active(on)
	if !ok {
		d.t.Fatalf("no key is active on %s: %+v", on, d.Keys())
	}
	return k.ID
}

const day = 24 * time.Hour

// TestAKeyIsActiveOnEveryDay walks through 200 days with restarts: agents always
// have a key, also those whose clock is a day off, and each opens for 90 days.
func TestAKeyIsActiveOnEveryDay(t *testing.T) {
	d := newDesk(t, firstDay)
	starts := map[uint32]schema.Day{}
	lists := map[uint64]string{}
	var version uint64
	for today := firstDay; today < firstDay+200; today++ {
		if today%7 == 0 {
			d.restart(today)
		}
		d.look(day, today)
		l := d.List()
		if b := string(l.Marshal()); l.Version < version || lists[l.Version] != "" && lists[l.Version] != b {
			t.Fatalf("day %s: list %d after %d, or other bytes", today, l.Version, version)
		} else {
			lists[l.Version], version = b, l.Version
		}
		for _, on := range []schema.Day{today, today + 1} {
			id := d.active(on)
			key := d.Key(id)
			if start, known := starts[id]; known && start != key.Start {
				t.Fatalf("ID %d names two keys", id)
			}
			starts[id] = key.Start
		}
		for id, start := range starts {
			if accepted := today < start+wire.KeyAcceptedDays; (d.Key(id) != nil) != accepted {
				t.Fatalf("day %s: key %d of %s: accepted is not %v", today, id, start, accepted)
			}
		}
	}
	if len(starts) != 7 || version != 7 {
		t.Errorf("%d keys and version %d in 200 days", len(starts), version)
	}
}

// TestRotate: the new key is active at once, the former one opens; one that is
// destroyed does not, and its slot gets another.
func TestRotate(t *testing.T) {
	d := newDesk(t, firstDay)
	d.look(day, firstDay+1)
	was, next := d.active(firstDay+1), d.ids()[1]
	id, err := d.Rotate()
	if err != nil || d.active(firstDay+1) != id || d.Key(was) == nil || d.List().Version != 2 {
		t.Fatalf("rotate: %d, %v, %+v", id, err, d.Keys())
	}
	if _, err := d.Rotate(77); !errors.Is(err, ErrKeyID) || d.List().Version != 2 {
		t.Errorf("an unknown key: %v", err)
	}
	again, err := d.Rotate(id, next)
	if err != nil || d.Key(id) != nil || d.Key(next) != nil || d.active(firstDay+1) != again || d.Key(was) == nil {
		t.Fatalf("destroy: %v, %+v", err, d.Keys())
	}
	if got := d.active(firstDay + 40); got == again || d.Key(got) == nil {
		t.Errorf("the next slot has no key of its own: %d", got)
	}
	d.restart(firstDay + 1)
	if d.Key(id) != nil || d.active(firstDay+1) != again {
		t.Errorf("after a restart: %+v", d.Keys())
	}
	for range wire.MaxKeys {
		if id, err = d.Rotate(); err != nil {
			break
		}
		if got := d.active(firstDay + 1); got != id {
			t.Fatalf("of two keys of one day %d is active, not the newer %d", got, id)
		}
	}
	if !errors.Is(err, ErrManyKeys) || len(d.Keys()) > wire.MaxKeys {
		t.Errorf("%d keys, %v", len(d.Keys()), err)
	}
}

func TestKeyStates(t *testing.T) {
	d := newDesk(t, firstDay)
	id, err := d.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	want := []KeyInfo{
		{1, firstDay - 1, KeyAccepted, firstDay + 89, firstDay + 89},
		{id, firstDay, KeyActive, firstDay + 29, firstDay + 90},
		{2, firstDay + 29, KeyNext, firstDay + 29, firstDay + 119},
	}
	for i, k := range d.Keys() {
		if i >= len(want) || k != want[i] {
			t.Errorf("key %+v, want %+v", k, want[min(i, len(want)-1)])
		}
	}
}

// TestAnOlderBackup puts the keys of 40 days ago back: the list goes beyond the
// one that an edge serves, and no ID names two keys.
func TestAnOlderBackup(t *testing.T) {
	d := newDesk(t, firstDay)
	old, err := os.ReadFile(filepath.Join(d.dir, keyringName))
	if err != nil {
		t.Fatal(err)
	}
	for today := firstDay; today <= firstDay+40; today++ {
		d.look(day, today)
	}
	for range 5 {
		if _, err := d.Rotate(); err != nil {
			t.Fatal(err)
		}
	}
	served := d.List()
	if err := os.WriteFile(filepath.Join(d.dir, keyringName), old, 0o600); err != nil {
		t.Fatal(err)
	}
	d.restart(firstDay + 40)
	d.look(day, firstDay+41) // now it has made other keys of the same IDs
	behind, lost, err := d.Hear(served)
	if err != nil || !behind || lost != 6 {
		t.Fatalf("behind %v, lost %d, %v", behind, lost, err)
	}
	if l := d.List(); l.Version <= served.Version {
		t.Errorf("version %d, the edge has %d", l.Version, served.Version)
	}
	for _, k := range d.List().Keys {
		for _, s := range served.Keys {
			if k.ID == s.ID && k != s {
				t.Errorf("ID %d names two keys", k.ID)
			}
		}
	}
	for range 2 { // an older list, and its own, change nothing
		version := d.List().Version
		if behind, _, err := d.Hear(served); behind || err != nil {
			t.Errorf("heard again: %v, %v", behind, err)
		}
		if behind, _, err := d.Hear(d.List()); behind || err != nil || d.List().Version != version {
			t.Errorf("its own: %v, %v", behind, err)
		}
		d.restart(firstDay + 41)
	}
}

// TestSignedElsewhere keeps a list as long as the keys are those.
func TestSignedElsewhere(t *testing.T) {
	d := newDesk(t, firstDay)
	_, vendor, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signed := envelope.SignKeyList(vendor, d.List())
	if err := d.Keep(signed); err != nil || string(d.Signed()) != string(signed) {
		t.Fatal(err)
	}
	d.restart(firstDay)
	if string(d.Signed()) != string(signed) {
		t.Error("it is not kept over a restart")
	}
	if _, err := d.Rotate(); err != nil || d.Signed() != nil {
		t.Errorf("after a rotation: %v", err)
	}
	if err := d.Keep(signed); !errors.Is(err, ErrOtherList) {
		t.Errorf("an older one: %v", err)
	}
	if err := d.Keep([]byte("none")); !errors.Is(err, wire.ErrForm) {
		t.Errorf("none: %v", err)
	}
}

func TestADamagedKeyringIsRefused(t *testing.T) {
	for _, text := range []string{
		"", "{", `{"form":2}`, `{"form":1,"last_id":1,"keys":[{"id":1,"start":1,"private":"AAAA"}]}`,
		`{"form":1,"last_id":0,"keys":[{"id":1,"start":1,"private":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}]}`,
	} {
		dir := t.TempDir()
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, keyringName)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		box, err := secret.Open(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := OpenKeyring(box, false, calendar.On(firstDay)); err == nil || !errors.Is(err, durable.ErrDamaged) || strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%q: %v", text, err)
		}
		if b, _ := os.ReadFile(path); string(b) != text {
			t.Errorf("%q was overwritten", text)
		}
	}
}
