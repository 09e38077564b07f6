package follow

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestFromNowOn: what is there is read from its end, what comes from its begin,
// and a line when it is whole.
func TestFromNowOn(t *testing.T) {
	d := newDesk(t)
	d.write("a.log", "past\nbegun in the past")
	d.write("b.txt", "does not fit\n")
	d.look()
	d.write("a.log", ", ended now\none\ntwo")
	d.write("b.txt", "nor does this\n")
	d.write("c.log", "new\n")
	d.look("one", "new")
	d.write("a.log", ", whole\r\n\n  \nthree\n")
	d.look("two, whole", "three")
	d.look()
}

// TestDirectoryComesLater: a product that is installed later is read from the
// beginning of its log.
func TestDirectoryComesLater(t *testing.T) {
	d := newDesk(t)
	d.source.log.Path = filepath.Join(d.dir, "later", "*", "x.log")
	d.files = newFiles(d.source)
	t.Cleanup(d.files.close)
	d.look()
	for _, name := range []string{"later", "later/one", "later/two"} {
		if err := os.Mkdir(d.path(name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	d.write("later/one/x.log", "a\n")
	d.write("later/two/x.log", "b\n")
	d.write("later/two/y.log", "c\n")
	d.look("a", "b")
}

// TestRotation: each form in which logs are rotated, between two looks.
func TestRotation(t *testing.T) {
	remove := func(d *desk, name string) {
		if err := os.Remove(d.path(name)); err != nil {
			d.t.Fatal(err)
		}
	}
	cut := func(d *desk, name string) {
		if err := os.Truncate(d.path(name), 0); err != nil {
			d.t.Fatal(err)
		}
	}
	for name, rotate := range map[string]func(*desk){
		"renamed":             func(d *desk) { d.rename("a.log", "a.log.1"); d.write("a.log.1", "four\n") },
		"renamed, still fits": func(d *desk) { d.rename("a.log", "a.1.log"); d.write("a.1.log", "four\n") },
		"deleted":             func(d *desk) { d.write("a.log", "four\n"); d.look("three", "four"); remove(d, "a.log") },
		"truncated":           func(d *desk) { d.write("a.log", "four\n"); d.look("three", "four"); cut(d, "a.log") },
		"truncated, and longer again": func(d *desk) {
			d.write("a.log", "four\n")
			d.look("three", "four")
			cut(d, "a.log")
			d.write("a.log", strings.Repeat(" ", 100)+"\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.write("a.log", "one\n")
			d.look()
			d.write("a.log", "two\n")
			d.look("two")
			d.write("a.log", "three\n")
			rotate(d)
			d.write("a.log", "five\nsix\n")
			d.now = d.now.Add(time.Second)
			d.files.look(d.now, d.buf)
			if got := strings.Join(d.seen(), " "); got != "two three four five six" {
				t.Errorf("came %q", got)
			}
			d.write("a.log", "seven\n")
			d.look("seven")
		})
	}
}

// TestLeft: a file that has lost its name is read on, and left when it is silent.
func TestLeft(t *testing.T) {
	d := newDesk(t)
	d.look()
	d.write("a.log", "one\n")
	d.look("one")
	d.rename("a.log", "a.log.1")
	d.look()
	d.write("a.log.1", "two\n")
	d.look("two")
	if len(d.files.open) != 1 {
		t.Fatalf("%d files are open", len(d.files.open))
	}
	d.now = d.now.Add(silence)
	d.look()
	if len(d.files.open) != 0 {
		t.Error("a silent file without a name is kept open")
	}
	d.write("a.log", "three\n")
	d.look("three")
	d.rename("a.log", "a.log.2")
	for range int(farewell / time.Second) {
		d.write("a.log.2", "on\n")
		d.look("on")
	}
	d.write("a.log.2", "on\n")
	d.look("on")
	if len(d.files.open) != 0 {
		t.Error("a file without a name is kept open for as long as somebody writes")
	}
}

// TestLeftOut: what is no line of text is counted, and the next line is taken.
func TestLeftOut(t *testing.T) {
	d := newDesk(t)
	d.look()
	long := strings.Repeat("x", maxLine)
	d.write("a.log", long+"\n"+long+"y\nbinary\x00\nwhole\n\xff\xfe\n"+long)
	d.look(long, "whole", "�")
	d.write("a.log", long)
	d.look()
	d.write("a.log", strings.Repeat(long, 20)+"\nafter\n")
	d.look("after")
	if got := d.skipped(); got[skippedLong] != 2 || got[skippedBinary] != 1 || len(got) != 2 {
		t.Errorf("left out %v", got)
	}
}

// TestHole: who truncates under a writer that does not append leaves a hole.
func TestHole(t *testing.T) {
	d := newDesk(t)
	d.look()
	d.write("a.log", strings.Repeat("one\n", 100))
	d.now = d.now.Add(time.Second)
	d.files.look(d.now, d.buf)
	hole := strings.Repeat("\x00", 400)
	if err := os.WriteFile(d.path("a.log"), []byte(hole+"two\nthree\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.look("three")
	if got := d.skipped(); got[skippedBinary] != 1 {
		t.Errorf("left out %v", got)
	}
}

// TestLinks: a link is followed within the directory, once for each file, and not
// out of it; what is no file is left alone.
func TestLinks(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret.txt")
	if err := os.WriteFile(outside, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d := newDesk(t)
	d.look()
	d.write("data", "")
	for name, to := range map[string]string{"in.log": "data", "again.log": "data", "out.log": outside, "nowhere.log": "gone"} {
		if err := os.Symlink(to, d.path(name)); err != nil {
			t.Skipf("no links here: %v", err)
		}
	}
	if err := os.Mkdir(d.path("dir.log"), 0o700); err != nil {
		t.Fatal(err)
	}
	d.look()
	d.write("data", "one\n")
	if err := os.WriteFile(outside, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.look("one")
}

// TestTooManyFiles: those over the bound are not read, and when there is room
// only from then on.
func TestTooManyFiles(t *testing.T) {
	d := newDesk(t)
	d.look()
	for i := range maxFiles + 1 {
		d.write(fmt.Sprintf("%03d.log", i), "")
	}
	d.look()
	last := fmt.Sprintf("%03d.log", maxFiles)
	d.write(last, "one\n")
	d.look()
	if err := os.Remove(d.path("000.log")); err != nil {
		t.Fatal(err)
	}
	d.look()
	d.now = d.now.Add(silence)
	d.look()
	d.look()
	d.write(last, "two\n")
	d.look("two")
}

// TestJump: what is too much to look at is jumped over, and counted.
func TestJump(t *testing.T) {
	d := newDesk(t)
	d.look()
	d.write("a.log", strings.Repeat(strings.Repeat("x", 2*maxLine)+"\n", maxScan/maxLine)+"half")
	d.look()
	d.write("a.log", " of a line\nnext\n")
	d.look("next")
	if got := d.skipped(); got[skippedRate] != 1 || got[skippedLong] == 0 {
		t.Errorf("left out %v", got)
	}
}
