package own

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// writing draws one covered writing of a value, made without the package's own
// code.
func writing(t *rapid.T, v string) string {
	pad := strings.Repeat("#", rapid.IntRange(0, 2).Draw(t, "pad"))
	tail := strings.Repeat("!", rapid.IntRange(0, 2).Draw(t, "tail"))
	switch rapid.IntRange(0, 8).Draw(t, "writing") {
	case 0:
		return v
	case 1:
		return strings.ToUpper(v)
	case 2:
		return url.QueryEscape(v)
	case 3:
		j, _ := json.Marshal(v)
		return string(j)
	case 4:
		return hex.EncodeToString([]byte(v))
	case 5:
		return base64.StdEncoding.EncodeToString([]byte(pad + v + tail))
	case 6:
		return base64.RawURLEncoding.EncodeToString([]byte(pad + v + tail))
	case 7:
		r := []rune(v)
		for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
			r[i], r[j] = r[j], r[i]
		}
		return string(r)
	default:
		sum := rapid.SampledFrom(digests([]byte(v))).Draw(t, "digest")
		return rapid.SampledFrom([]string{
			fmt.Sprintf("%x", sum), fmt.Sprintf("%X", sum), string(sum), base64.StdEncoding.EncodeToString(sum),
		}).Draw(t, "form")
	}
}

// Any identifier in any covered writing inside any text is hit, and replaced,
// and then nothing is left to hit.
func TestAnyWritingInAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		class := rapid.SampledFrom([]Class{Host, User, Never, Machine, Installation}).Draw(t, "class")
		value := rapid.StringMatching(`[a-z][a-z0-9.-]{4,20}[0-9]q|zq[é-ü /\\"+&]{2,6}qz[0-9]{2}`).Draw(t, "value")
		ids := of(t, found{class, value})
		if class == Never {
			ids = of(t)
			ids.Never(value)
		}
		w := writing(t, value)
		text := rapid.String().Draw(t, "before") + w + rapid.String().Draw(t, "behind")
		if hit, ok := ids.Scan([]byte(text)); !ok || hit.Class != class {
			t.Fatalf("no hit of %q in %q", class, text)
		}
		out := ids.Replace(text)
		if !strings.Contains(out, class.label()) {
			t.Fatalf("not replaced: %q", out)
		}
		if _, ok := ids.Scan([]byte(out)); ok {
			t.Fatalf("hit after Replace: %q", out)
		}
		if again := ids.Replace(out); again != out {
			t.Fatalf("replaced twice: %q, then %q", out, again)
		}
	})
}

// Random bytes hold none of a host's identifiers, short names included.
func TestNoChanceHits(t *testing.T) {
	ids := of(t, found{Host, "vm"}, found{User, "root"}, found{Home, "/root"}, found{User, "al"}, found{Host, "zeus1"},
		found{IP, "10.0.0.5"}, found{MAC, "02:1f:ee:90:7c:d3"}, found{User, "bob"}, found{Host, planted})
	random := rand.NewChaCha8([32]byte{1})
	page := make([]byte, 64<<10)
	for range 60 {
		_, _ = random.Read(page)
		if hit, ok := ids.Scan(page); ok {
			t.Fatalf("random bytes hit %q", hit.Class)
		}
	}
}

// FuzzScan checks that strangers' bytes break nothing, that Scan finds nothing
// after Replace, and that Replace is done after one turn.
func FuzzScan(f *testing.F) {
	ids := of(f, found{Host, planted}, found{Host, "vm"}, found{User, "root"}, found{Home, "/home/zofarrell"},
		found{IP, "10.77.3.9"}, found{IP, "2001:db8::9"}, found{MAC, "02:1f:ee:90:7c:d3"}, found{Installation, plantedUUID})
	ids.Never("LIC-4471-QQ", "abc")
	for _, s := range []string{"", "user=root host vm", "\x64zeus", "/home/zofarrell/x", "10.77.3.9.", "<host><vm>", "abcabc abc"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		out := ids.Replace(string(text))
		if hit, ok := ids.Scan([]byte(out)); ok {
			t.Errorf("hit of %q after Replace: %q", hit.Class, out)
		}
		if again := ids.Replace(out); again != out {
			t.Errorf("replaced twice: %q, then %q", out, again)
		}
	})
}
