package story

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// adversarial are the beginnings of what a parser may look at again and again:
// repeated, they make a line of any length.
var adversarial = map[string]string{
	"words": "connection refused by peer ", "letter": "a", "digit": "7", "dots": "1.", "colons": "1:", "slashes": "/a",
	"backslashes": `\a`, "pairs": "a=", "quotes": `"\`, "objects": `{"a":[`, "at": "a@", "percent": "%25", "colour": "\x1b[31m", "title": "\x1b]",
	"marks": "\u202e\u200f", "invalid": "\xff\xc3", "card": "4 1 ", "dashes": "a-", "base64": "eyJhbGciOi", "labels": "<ip>",
	"parentheses": "((((", "frames": "at a.b.c(", "commas": ",", "tabs": "\t", "statements": "select 'a' from ", "host": "a.b-",
	"scheme": "a://", "key": "-----BEGIN ", "hex": "0xa", "entities": "&#x3a;", "home": "/home/",
}

// TestScrubIsLinear gives the command as many bytes in lines that are eight
// times as long. A byte of them may take at most twice the processor's time.
func TestScrubIsLinear(t *testing.T) {
	t.Parallel()
	start := seconds(t, strings.NewReader("\n"))
	for name, unit := range adversarial {
		t.Run(name, func(t *testing.T) {
			for _, length := range []int{500, 128 << 10} {
				checkLinear(t, unit, length, start)
			}
		})
	}
}

// checkLinear compares lines of a length with such of eight times that. What
// else the machine does may slow down one of them: a few tries.
func checkLinear(t *testing.T, unit string, length int, start time.Duration) {
	t.Helper()
	const size, tries = 1 << 20, 5
	var short, long time.Duration
	for range tries {
		short = seconds(t, repeated(unit, length, size)) - start
		long = seconds(t, repeated(unit, 8*length, size)) - start
		if long <= 2*max(short, 5*time.Millisecond) { // less than that is noise
			return
		}
	}
	t.Errorf("%d bytes in lines of %d take %v of the processor, and in lines of %d %v", size, length, short, 8*length, long)
}

// repeated reads as size bytes in lines of a length.
func repeated(unit string, length, size int) io.Reader {
	line := strings.Repeat(unit, length/len(unit)+1)[:length-1] + "\n"
	return strings.NewReader(strings.Repeat(line, size/length))
}

// seconds returns the processor's time that the command takes for an input.
func seconds(t *testing.T, in io.Reader) time.Duration {
	t.Helper()
	c := exec.CommandContext(t.Context(), rig.Binary(t, "tacit"), "scrub")
	c.Env = append(os.Environ(), "GOMAXPROCS=1")
	c.Stdin = in
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	return c.ProcessState.UserTime() + c.ProcessState.SystemTime()
}
