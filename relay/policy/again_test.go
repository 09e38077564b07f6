package policy

import (
	"bytes"
	"os"
	"testing"
)

// TestEditKeepsTheTime edits a line that was checked before, in place, and gives
// the file its time back: whoever decides next still sees it.
func TestEditKeepsTheTime(t *testing.T) {
	s := newSite(t)
	p := s.open()
	s.save(p, off)
	s.save(p, on)
	info, err := os.Stat(s.log())
	if err != nil {
		t.Fatal(err)
	}
	edited := bytes.Replace(s.read(s.log()), []byte("anna"), []byte("emma"), 1)
	if err := os.WriteFile(s.log(), edited, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(s.log(), info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	s.save(p, off)
	entries, err := p.History(t.Context())
	if err != nil || len(entries) != 2 || entries[0].Act != ActAnew {
		t.Errorf("it was written on: %+v, %v", entries, err)
	}
	if aside := s.read(s.log() + ".damaged-1"); !bytes.Equal(aside, edited) {
		t.Errorf("the edited log was not kept: %q", aside)
	}
}

// TestHistoryOfAnother reads what another process decided a moment ago.
func TestHistoryOfAnother(t *testing.T) {
	s := newSite(t)
	p := s.open()
	before, err := p.History(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.save(s.open(), off)
	if after, err := p.History(t.Context()); err != nil || len(after) != len(before)+1 {
		t.Errorf("%d entries after %d, %v", len(after), len(before), err)
	}
}
