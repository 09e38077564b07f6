package story

import (
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestScrubTakesSplitTokens hides a value from whoever looks for whole ones: by
// colour codes, by marks that nobody sees, by letters that look like others.
func TestScrubTakesSplitTokens(t *testing.T) {
	t.Parallel()
	splits := map[string]string{
		"colour":        "\x1b[31m",
		"long colour":   "\x1b[38;5;196;1m",
		"title":         "\x1b]0;x\x07",
		"right to left": "\u202e", "left to right": "\u200e", "isolate": "\u2068",
		"no width": "\u200b", "joiner": "\u2060", "soft hyphen": "\u00ad", "order mark": "\ufeff",
		"NUL": "\x00", "backspace": "\b", "invalid": "\xff",
	}
	const wide = "ｗｉｎｔｅｒｇｒｕｎ" // fullwidth letters
	for name, split := range splits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := rig.Tacit(t, "scrub")
			c.In = "mail to wint" + split + "ergrün@oak" + split + "hurst-mills.example failed\n" +
				"login of user=hol" + split + "mquist refused\n" +
				"connect to 203.0" + split + ".113.77 refused\n" +
				"host srv-yg" + split + "gdrasil7.oakhurst-mills.example is down\n" +
				"user " + wide + " is unknown\n" +
				"pass" + split + "word=Kr" + split + "4ftwerk99 is wrong\n"
			r := c.Run(t)
			if r.Code != 0 || strings.Count(r.Stdout, "\n") != strings.Count(c.In, "\n") {
				t.Fatalf("exit %d: %s\n%q", r.Code, r.Stderr, r.Stdout)
			}
			for _, part := range []string{"ergr", "hurst", "mills", "mquist", "203.0", "113", "drasil", "ftwerk", wide[:12]} {
				if strings.Contains(r.Stdout, part) {
					t.Errorf("%q is left: %q", part, r.Stdout)
				}
			}
		})
	}
}
