package scrub_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/anon/scrub"
)

// adversarial are pieces of lines that make a parser look ahead as far as it
// does, again and again.
var adversarial = []string{
	"a.", "a/", "a@", "a:", "1 ", "1-", `\a `, "/a b", `c:\a b`, "<path>/", "A_", "a:b", "::", "a=", `"/`, "%A", "é",
	"DE89", "password:", `"a`, `\"`, `{"user":"`, "A b ", "Ab ", "%40", "a@b<", "at f (/a/", "select where 'a", "-----BEGIN ", "Mr. ",
	"\x1b[3", "\x1b]", "\u202e", "0:", "x://", "~", "$A/", "( ", "+1 ", `\\?\`, "</a>", "user ", "for ",
}

// The time for eight times the text is less than forty times as long: work a
// byte does not grow with the line. Of several tries the best counts, since
// machines are shared.
func TestLinearTime(t *testing.T) {
	s := scrub.New(nil, "example.com/m")
	for _, piece := range adversarial {
		small, large := strings.Repeat(piece, 8<<10/len(piece)), strings.Repeat(piece, 64<<10/len(piece))
		ratio := 0.0
		for range 8 {
			if ratio = float64(took(s, large)) / float64(took(s, small)); ratio < 40 {
				break
			}
		}
		if ratio >= 40 {
			t.Errorf("%q: 64 KiB take %.0f times as long as 8 KiB", piece, ratio)
		}
	}
}

func took(s *scrub.Scrubber, line string) time.Duration {
	best := time.Hour
	for range 3 {
		start := time.Now()
		s.Line(line)
		best = min(best, time.Since(start))
	}
	return max(best, time.Microsecond)
}
