package scrub_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/tacit-telemetry/tacit/anon/scrub"
)

// pieces are what lines are put together from: words, values, signs, labels.
var pieces = []string{
	"open", "failed", "user", "for", "from", "by", "Mark", "Hope", "Farrell", "Mr", "zofarrell", "password", "token", "host", "node7",
	"is", "select", "where", "insert", "values", "at", "File", "customer", "10.77.3.9", "2001:db8::9", "fe80::1%eth0", "02:1f:ee:90:7c:d3",
	"/home/zofarrell/x.go", `C:\Users\zo\y.cs`, "~/x", "main.go", "https://a.example/b.js", "zo@example.com", "a.b.c", "db.local",
	"DE89370400440532013000", "4111 1111 1111 1111", "+49 30 1234567", "123", "4567", "0x80070005", "v1.2", "ghp_abcdefghijklmnopqrstuvwx",
	"<ip>", "<path>", "<word>", "<num>", "<user>", "<cut>", "Jun 14 15:16:01", "sshd[12]:", " : TTY=", "-----BEGIN PRIVATE KEY-----",
	" ", " ", " ", " ", "=", ":", "/", `\`, ".", ",", "-", "_", "@", "%", `"`, "'", "(", ")", "[", "]", "{", "}", "<", ">", "&", "::", "://", "%40",
	"é", "\x00", "\x1b[31m", "\u202e", "\xff", "line 12",
}

// What is scrubbed is not changed by scrubbing again, and is one line.
func TestIdempotent(t *testing.T) {
	scrubbers := []*scrub.Scrubber{scrub.New(nil), scrub.New(ids(t), "example.com/m", "com.example")}
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 24).Draw(t, "pieces"), "")
		for _, s := range scrubbers {
			got := s.Line(in)
			if again := s.Line(got); again != got {
				t.Fatalf("%q becomes %q, then %q", in, got, again)
			}
			if !utf8.ValidString(got) || strings.ContainsAny(got, "\n\r\x00\x1b") {
				t.Fatalf("%q is no line", got)
			}
		}
	})
}
