package calendar

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// disk is a host with a real calendar in a real directory.
type disk struct {
	*machine
	dir string
	*Calendar
}

// newDisk returns a host with the file of one that is proven.
func newDisk(t *testing.T) *disk {
	t.Helper()
	d := &disk{machine: proven(t), dir: t.TempDir()}
	d.save()
	d.put(string(d.machine.file))
	d.start()
	return d
}

func (d *disk) Today() Today { return d.Calendar.Today() }

func (d *disk) put(text string) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, File), []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

func (d *disk) get() []byte {
	d.t.Helper()
	b, err := os.ReadFile(filepath.Join(d.dir, File))
	if err != nil {
		d.t.Fatal(err)
	}
	return b
}

func (d *disk) start() {
	d.t.Helper()
	if err := d.open(); err != nil {
		d.t.Fatal(err)
	}
}

func (d *disk) open() (err error) {
	d.ran = 0
	d.Calendar, err = Open(Config{Dir: d.dir, Now: d.says, Ran: func() time.Duration { return d.ran }})
	return err
}

// pass lets time pass, with a look at its end.
func (d *disk) pass(by time.Duration) {
	d.truth, d.ran = d.truth.Add(by), d.ran+by
	d.Today()
}

// TestDamagedFile: what cannot be read is begun anew, and proves nothing.
func TestDamagedFile(t *testing.T) {
	for name, text := range map[string]string{
		"empty":          "",
		"cut off":        `{"version":1,"believed":"2026-1`,
		"other version":  `{"version":2,"believed":"2026-11-21T09:00:00Z","ran_s":3600}`,
		"1970":           `{"version":1,"believed":"1970-01-01T09:00:00Z","ran_s":3600}`,
		"before time":    `{"version":1,"believed":"2026-11-21T09:00:00Z","ran_s":-1}`,
		"ran for years":  `{"version":1,"believed":"2026-11-21T09:00:00Z","ran_s":36000000}`,
		"sure of 1970":   `{"version":1,"believed":"2026-11-21T09:00:00Z","ran_s":3600,"sure":1}`,
		"sure of never":  `{"version":1,"believed":"2026-11-21T09:00:00Z","ran_s":3600,"sure":4294967295}`,
		"half a doubt":   `{"version":1,"believed":"2026-11-21T09:00:00Z","ran_s":3600,"likely":true}`,
		"very long":      `{"version":1,` + string(bytes.Repeat([]byte(" "), maxFile)) + `"believed":"2026-11-21T09:00:00Z"}`,
		"doubt of 1970":  `{"version":1,"believed":"2026-11-21T09:00:00Z","ran_s":3600,"other":"1971-01-01T00:00:00Z"}`,
		"a long doubt":   `{"version":1,"believed":"2026-11-21T09:00:00Z","ran_s":3600,"other":"2028-01-01T00:00:00Z","other_ran_s":129601}`,
		"something else": `[1]`,
	} {
		m := newDisk(t)
		m.put(text)
		m.start()
		if now := m.Today(); now.Day != m.day() || now.Sure != 0 || !now.Certain {
			t.Errorf("%s: %+v", name, now)
		}
		if _, err := parse(m.get()); err != nil {
			t.Errorf("%s: it is not written anew: %v", name, err)
		}
		m.put(text)
		m.wrong = -40 * year
		if err := m.open(); !errors.Is(err, ErrUnset) {
			t.Errorf("%s, and a clock that is not set: %v", name, err)
		}
	}
}

// TestFile: it is for the owner only, says nothing of an arrival, and is written
// when a doubt begins and every hour, not at every look.
func TestFile(t *testing.T) {
	m := newDisk(t)
	m.pass(17*time.Minute + 3*time.Second)
	m.Close()
	var f courseFile
	if err := json.Unmarshal(m.get(), &f); err != nil || f.Believed != f.Believed.Truncate(time.Hour) || f.Sure == 0 {
		t.Errorf("%+v, %v", f, err)
	}
	info, err := os.Stat(filepath.Join(m.dir, File))
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	before := m.get()
	for range 50 {
		m.pass(time.Minute)
	}
	if !bytes.Equal(before, m.get()) {
		t.Error("it is written although nothing has changed")
	}
	m.wrong = 10 * year
	m.Today()
	if bytes.Equal(before, m.get()) {
		t.Error("a doubt is not written")
	}
}

// TestFileThatCannotBeWritten stays in memory, and the next start makes do with
// the older one.
func TestFileThatCannotBeWritten(t *testing.T) {
	m := newDisk(t)
	old := m.get()
	away := m.dir + ".away"
	if err := os.Rename(m.dir, away); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		m.pass(day)
	}
	if now := m.Today(); now != On(m.day()) {
		t.Errorf("%+v on %s", now, m.day())
	}
	m.Close()
	if err := os.Rename(away, m.dir); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(old, m.get()) {
		t.Fatal("it was written all the same")
	}
	m.start()
	if now := m.Today(); now.Day != m.day() || now.Doubt {
		t.Errorf("%+v on %s", now, m.day())
	}
}

// TestRead says what a store that starts would, and leaves no trace.
func TestRead(t *testing.T) {
	empty := t.TempDir()
	now, err := Read(empty, begin)
	if err != nil || now.Day != schema.DayOf(begin) || now.Sure != 0 {
		t.Errorf("%+v, %v", now, err)
	}
	if entries, err := os.ReadDir(empty); err != nil || len(entries) > 0 {
		t.Errorf("%v, %v", entries, err)
	}
	m := newDisk(t)
	before := m.get()
	for _, by := range []time.Duration{0, 10 * year, 90 * day} {
		now, err := Read(m.dir, m.truth.Add(by))
		m.wrong = by
		m.start()
		if err != nil || now != m.Today() {
			t.Errorf("%v: %+v, a store says %+v, %v", by, now, m.Today(), err)
		}
		m.put(string(before))
	}
}

// TestUnset: a first start on a host that does not know the time is refused, and
// leaves nothing behind.
func TestUnset(t *testing.T) {
	for _, year := range []int{1, 1970, 2020, 2024, 20000} {
		dir, now := t.TempDir(), time.Date(year, 3, 1, 0, 0, 0, 0, time.UTC)
		if _, err := Open(Config{Dir: dir, Now: func() time.Time { return now }}); !errors.Is(err, ErrUnset) {
			t.Errorf("%d: %v", year, err)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
			t.Errorf("%d: %v, %v", year, entries, err)
		}
	}
}
