package template_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema/registry/template"
)

// Four times the line takes at most five times the memory, so that nothing is
// kept for each pair of places; and none of these would end in time if one looked
// at each pair, or at each way in which a line can be cut.
func TestLinear(t *testing.T) {
	m := matcher(t, "{x}a{y}b{z}ab", "aa{x}b{files}c{state}d{reason}e{version}f{took}g", "{x} ab {y} a={z}", "msg b{x}")
	for _, piece := range []string{"a", "ab", "b1", "1,", "b1c", " a=b", ` a="`, ` a="\"`, `{"msg":`, "[", "{", "09:49:17 ", "full ", "b1conddotherevf", "é", "\x00", `msg="b"`} {
		work := func(n int) float64 {
			line := strings.Repeat(piece, n/len(piece))
			return allocated(func() { m.Match(line) })
		}
		if small, large := work(template.MaxLine/4), work(template.MaxLine); large > 5*small+8<<10 {
			t.Errorf("%q: %.0f bytes for 2 KiB, %.0f for 8 KiB", piece, small, large)
		}
	}
	long := strings.Repeat("a", 100*template.MaxLine)
	if n := allocated(func() { m.Match(long) }); n > 8<<10 {
		t.Errorf("%.0f bytes for a line that is not looked at", n)
	}
}

// allocated returns how many bytes f allocates.
func allocated(f func()) float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc - before.TotalAlloc)
}

// BenchmarkMatch is of a product with some hundred templates.
func BenchmarkMatch(b *testing.B) {
	texts := []string{"copied {files} files to {place} in {took}", "{who} is {state}", "index built files={files} by={by}"}
	for first := 'a'; first <= 'z'; first++ {
		for second := 'a'; second <= 'z'; second += 5 {
			texts = append(texts, "event"+string(first)+string(second)+" of {x} in {took}")
		}
	}
	m := matcher(b, texts...)
	for name, line := range map[string]string{
		"plain": "2026/11/22 09:49:17 copied 1,234 files to /home/bob/a b in 340ms",
		"json":  `{"time":"2026-11-22T09:49:17Z","level":"INFO","msg":"index built","files":5,"by":"bob"}`,
		"none":  "2026/11/22 09:49:17 [INFO] no template has any words of this line, which is of usual length",
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				m.Match(line)
			}
		})
	}
}
