package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// asScrubber makes this test binary the command that is measured.
const asScrubber = "TACIT_TEST_AS_SCRUBBER"

func TestMain(m *testing.M) {
	switch os.Getenv(asScrubber) {
	case "all":
		_, _ = io.Copy(os.Stdout, os.Stdin)
	case "nothing":
		in, _ := io.ReadAll(os.Stdin)
		_, _ = io.WriteString(os.Stdout, strings.Repeat("<word>\n", strings.Count(string(in), "\n")))
	default:
		os.Exit(m.Run())
	}
}

// scrubber returns a command that keeps all, or nothing.
func scrubber(t *testing.T, keeps string) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(asScrubber, keeps)
	return path
}

// TestRunJudgesTheData measures scrubbers that keep all and nothing on a folder
// of data, and on none.
func TestRunJudgesTheData(t *testing.T) {
	dir := t.TempDir()
	const text = `{"text":"Failed password for bob","template":"Failed password for <*>","vars":[[20,23,"user"]]}`
	if err := os.WriteFile(filepath.Join(dir, "system.jsonl"), []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, keeps := range []string{"all", "nothing"} {
		c := config{dir: dir, tacit: scrubber(t, keeps), megabytes: 1, write: filepath.Join(dir, "TABLES.md")}
		var out bytes.Buffer
		if err := run(t.Context(), c, &out); !errors.Is(err, errMissed) || !strings.Contains(out.String(), "MISSED") {
			t.Errorf("a scrubber that keeps %s: %v\n%s", keeps, err, &out)
		}
		if text, err := os.ReadFile(c.write); err != nil || !strings.Contains(string(text), strings.TrimSpace(out.String())) || !strings.Contains(string(text), " MB/s (") {
			t.Errorf("the document has not what was printed: %v\n%s", err, text)
		}
		if err := os.Remove(c.write); err != nil {
			t.Fatal(err)
		}
		out.Reset()
		c.dir, c.megabytes = filepath.Join(dir, "absent"), 0
		if err := run(t.Context(), c, &out); err != nil || !strings.HasPrefix(out.String(), "No data in ") {
			t.Errorf("a scrubber that keeps %s, without data: %v\n%s", keeps, err, &out)
		}
		if _, err := os.Stat(c.write); err == nil {
			t.Error("a document without figures was written")
		}
	}
}

// ownLines returns the set of the repository.
func ownLines(t *testing.T) []line {
	t.Helper()
	set, err := fs.Sub(own, "testdata")
	if err != nil {
		t.Fatal(err)
	}
	lines, err := load(set)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// TestOwnSet wants a set that is large enough and marked as it should be.
func TestOwnSet(t *testing.T) {
	known := set("number word other")
	for class := range classes {
		known[class] = true
	}
	seen := map[string]bool{}
	marked, clean := 0, 0
	for _, l := range ownLines(t) {
		if seen[l.text] {
			t.Errorf("%s: twice: %s", l.file, l.text)
		}
		seen[l.text] = true
		template, at := "", 0
		for _, s := range l.spans {
			if !known[s.class] {
				t.Errorf("%s: unknown class %q", l.file, s.class)
			}
			template, at = template+l.text[at:s.start]+"<*>", s.end
		}
		if template += l.text[at:]; l.kind == logLine && template != l.template {
			t.Errorf("%s: the template is %q and the marks say %q", l.file, l.template, template)
		}
		if l.kind == caseLine && l.negative != (len(l.spans) == 0) {
			t.Errorf("%s: a case without spans is negative, and no other: %s", l.file, l.text)
		}
		if l.kind == cleanLine {
			clean++
		} else {
			marked++
		}
	}
	if marked < 400 || clean < 150 {
		t.Errorf("%d marked lines and %d clean ones; 400 and 150 are the least", marked, clean)
	}
}

// TestAllKept gives back what went in: all leaks, and no word is lost.
func TestAllKept(t *testing.T) {
	lines := ownLines(t)
	s := newSums(lines)
	for i := range lines {
		s.add(&lines[i], lines[i].text)
	}
	for name, got := range map[string]float64{
		"telling": s.telling.share(), "whole": s.whole.share(), "constant": s.constant.share(), "systems": mean(s.systems),
		"kinds": mean(s.kinds), "unchanged": s.unchanged.share(), "frames": s.frames.share(), "calls": s.calls.share(),
	} {
		if got != 1 {
			t.Errorf("%s: %v of all", name, got)
		}
	}
	if s.prose.of-s.prose.hit > 1 { // the p of -pPASSWORD, which comes out as one word
		t.Errorf("%d of %d words of cases", s.prose.hit, s.prose.of)
	}
	for row, kinds := range s.gone {
		for _, gone := range kinds {
			if gone.hit != 0 {
				t.Errorf("%s: %d of %d gone", row, gone.hit, gone.of)
			}
		}
	}
	if s.messages.hit+s.errors.hit+s.frameUsers.hit+s.negatives.hit != 0 {
		t.Error("words of clean lines lost, or users in frames gone, or labels found")
	}
	if s.messages.of*s.errors.of*s.frameUsers.of*s.negatives.of*s.telling.of == 0 {
		t.Error("the set has nothing for a row")
	}
}

// TestNothingKept gives back empty lines, or labels.
func TestNothingKept(t *testing.T) {
	lines := ownLines(t)
	for _, out := range []string{"", "<word>"} {
		s := newSums(lines)
		for i := range lines {
			s.add(&lines[i], out)
		}
		for name, got := range map[string]float64{
			"telling": s.telling.share(), "whole": s.whole.share(), "constant": s.constant.share(), "systems": mean(s.systems),
			"kinds": mean(s.kinds), "unchanged": s.unchanged.share(), "frames": s.frames.share(), "calls": s.calls.share(), "prose": s.prose.share(),
		} {
			if got != 0 {
				t.Errorf("%q: %s: %v left", out, name, got)
			}
		}
		for row, kinds := range s.gone {
			for _, gone := range kinds {
				if gone.hit != gone.of {
					t.Errorf("%q: %s: %d of %d gone", out, row, gone.hit, gone.of)
				}
			}
		}
		if s.messages.share() != 1 || s.errors.share() != 1 {
			t.Errorf("%q: words of clean lines are not all lost", out)
		}
	}
}
