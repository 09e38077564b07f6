package own

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unsafe"
)

// size returns about how many bytes an index of identifiers holds.
func size(ids *Identifiers) (n int) {
	for _, x := range []*index{ids.long, ids.short, ids.raw} {
		n += cap(x.bytes) + cap(x.needles)*int(unsafe.Sizeof(needle{})) + cap(x.links)*int(unsafe.Sizeof(link{})) +
			4*cap(x.heads)
	}
	return n + 8*cap(ids.sums.slots) + 16*(cap(ids.starts.keys)+cap(ids.decoded.keys))
}

// TestIndexIsSmall: an agent's memory is hardly more with a host's identifiers,
// and bounded with as many values as a product may hand over.
func TestIndexIsSmall(t *testing.T) {
	ids := typical(t)
	if n := size(ids); n > 256<<10 {
		t.Errorf("the identifiers of a host take %d bytes", n)
	}
	host := size(ids)
	for i := range MaxNever {
		ids.Never(fmt.Sprintf("Customer-%07d", i*7919))
	}
	if n := size(ids); n > 8<<20 {
		t.Errorf("with %d values they take %d bytes, without %d", MaxNever, n, host)
	}
	t.Logf("%d bytes, with %d values %d", host, MaxNever, size(ids))
}

// TestLinearTime: a text that is made to be slow takes time by its length.
func TestLinearTime(t *testing.T) {
	ids := typical(t)
	ids.Never(strings.Repeat("a", 200), "a / b / c / d", `%25%41&amp;\\`)
	for name, unit := range map[string]string{
		"beginnings": "quarterdeck-", "slashes": "/", "mapped": "::ffff:", "address": "fe80:", "hex": "0x71 ", "digits": "71",
		"base64": "cXVhcnRlcmRlY2st", "group": "cXVh", "escapes": "%25", "entities": "&amp;", "backslashes": `\`, "NULs": "q\x00",
		"colours": "\x1b[", "quotes": `'"'"'`, "as": "a", "labels": "<host", "lines": "QUJD\n", "modes": "-rw-r--r-- 1 ", "unseen": "\u200b",
		"identifiers": "quarterdeck-7 ",
	} {
		short, long := strings.Repeat(unit, 4<<10/len(unit)), strings.Repeat(unit, 64<<10/len(unit))
		took := func(text string) time.Duration {
			least := time.Hour
			for range 3 {
				begin := time.Now()
				ids.Replace(text)
				ids.Scan([]byte(text))
				least = min(least, time.Since(begin))
			}
			return least
		}
		var a, b time.Duration
		for range 8 { // others use this machine, too
			if a, b = took(short), took(long); b <= 100*a {
				break
			}
		}
		if b > 100*a+200*time.Millisecond {
			t.Errorf("%s: 4 KiB take %s, 64 KiB take %s", name, a, b)
		}
		t.Logf("%s: %s, %s", name, a, b)
	}
}
