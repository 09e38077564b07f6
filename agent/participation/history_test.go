package participation

import (
	"os"
	"strings"
	"sync"
	"testing"
)

// said makes a history of a no, a yes, and what followed.
func said(t *testing.T) (*world, string) {
	w := newWorld(t)
	r := w.start()
	r.Decide()
	w.off(r)
	r.Decide()
	w.on(r)
	w.want(r.Decide(), On, "user")
	return w, w.read(w.kept(historyFile))
}

func TestHistoryNoticesEdits(t *testing.T) {
	for name, edit := range map[string]func(string) string{
		"a word is changed":    func(s string) string { return strings.Replace(s, "tacit off", "tacit xff", 1) },
		"a no becomes a yes":   func(s string) string { return strings.Replace(s, `"state":"off"`, `"state":"on"`, 1) },
		"a time is changed":    func(s string) string { return strings.Replace(s, "2026", "2025", 1) },
		"a line is taken out":  func(s string) string { return cutLine(s, 1) },
		"the first is missing": func(s string) string { return cutLine(s, 0) },
		"the last is missing":  func(s string) string { return cutLine(s, strings.Count(s, "\n")-1) },
		"a line is doubled":    func(s string) string { return s + s[strings.LastIndex(s[:len(s)-1], "\n")+1:] },
		"all is missing":       func(string) string { return "" },
		"it is not ours":       func(string) string { return "hello\n" },
		"a space is added":     func(s string) string { return strings.Replace(s, `{"n":1,`, `{"n": 1,`, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			w, good := said(t)
			w.write(w.kept(historyFile), edit(good))
			r := w.start()
			d := r.Decide()
			w.want(d, Unknown, "user")
			if _, err := r.History(t.Context()); err == nil {
				t.Error("the history is damaged and nobody says so")
			}
			if !strings.Contains(d.Reason, "tacit on") {
				t.Errorf("%q does not say what to do", d.Reason)
			}
			w.on(r) // what it says helps
			w.want(r.Decide(), On, "user")
			w.want(w.start().Decide(), On, "user")
			if got := w.read(w.kept(historyFile) + ".damaged-1"); got != edit(good) {
				t.Error("the damaged history is not kept as it was")
			}
		})
	}
}

func cutLine(s string, n int) string {
	lines := strings.SplitAfter(s, "\n")
	return strings.Join(append(lines[:n:n], lines[n+1:]...), "")
}

// A crash can leave half a line at the end. Nobody was told that it is
// written, so it never was.
func TestTornLineIsLeftOut(t *testing.T) {
	w, good := said(t)
	w.write(w.kept(historyFile), good+`{"n":5,"time":"2026-`)
	r := w.start()
	w.want(r.Decide(), On, "user")
	w.off(r)
	w.want(w.start().Decide(), Off, "user")
	if got := w.read(w.kept(historyFile)); !strings.HasPrefix(got, good) || strings.Contains(got, `"2026-{`) {
		t.Errorf("the torn line is still there: %s", got)
	}
}

// Several processes may say something at the same time.
func TestManyWriters(t *testing.T) {
	w := newWorld(t)
	var wg sync.WaitGroup
	for i := range 4 {
		r := w.start()
		wg.Go(func() {
			for j := range 5 {
				var err error
				if (i+j)%2 == 0 {
					err = r.Off(t.Context(), "tacit off")
				} else {
					err = r.On(t.Context(), "tacit on")
				}
				if err != nil {
					t.Error(err)
				}
				r.Decide()
			}
		})
	}
	wg.Wait()
	if _, err := w.start().History(t.Context()); err != nil {
		t.Error(err)
	}
	w.off(w.start())
	w.want(w.start().Decide(), Off, "user")
}

func TestExposedHistoryIsUnknown(t *testing.T) {
	if os.PathSeparator != '/' {
		t.Skip("Windows has no mode bits")
	}
	w, _ := said(t)
	if err := os.Chmod(w.kept(historyFile), 0o644); err != nil {
		t.Fatal(err)
	}
	r := w.start()
	w.want(r.Decide(), Unknown, "user")
	if err := os.Chmod(w.kept(historyFile), 0o600); err != nil {
		t.Fatal(err)
	}
	w.want(r.Decide(), On, "user")
}

func TestWordsOfCallersAreBounded(t *testing.T) {
	for by, want := range map[string]string{
		"":                       "a user of this host",
		"tacit off":              "tacit off",
		"two\nlines\x00é":        "twolines",
		strings.Repeat("a", 999): strings.Repeat("a", maxBy),
	} {
		if got := plain(by); got != want {
			t.Errorf("plain(%.20q) = %.20q, want %.20q", by, got, want)
		}
	}
}

// FuzzParseHistory holds that nothing makes it panic, and that what it takes
// it would take again.
func FuzzParseHistory(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		h := parseHistory(b)
		size := h.chain.Size()
		if size > int64(len(b)) || len(h.entries) != len(h.chain.Lines) {
			t.Fatalf("%d entries, %d lines, %d of %d bytes", len(h.entries), len(h.chain.Lines), size, len(b))
		}
		again := parseHistory(b[:size])
		if again.err != nil || len(again.entries) != len(h.entries) {
			t.Errorf("took %d entries, then %d: %v", len(h.entries), len(again.entries), again.err)
		}
	})
}
