package own

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// around draws what stands before and behind a writing: nothing, quotes, ends
// of lines, and letters that it is glued to.
func around(t *rapid.T) (before, behind string) {
	all := []string{"", " ", "x", "zyx", `"`, "'", "\n", "\t", "=", "(", ">", "日本", "at ", " is ", "Z"}
	return rapid.SampledFrom(all).Draw(t, "before"), rapid.SampledFrom(all).Draw(t, "behind")
}

// filler is what writers put between bytes of a value: it tells nothing.
var filler = regexp.MustCompile(`[-:, \n]*(0x)?00[-:, \n]*|\\x00|\\000|\\u0000|\x1b\[[0-9;]*m`)

// checkGone says what is wrong if a text still has an identifier.
func checkGone(t *rapid.T, ids *Identifiers, class Class, before, w, behind string) {
	text := before + w + behind
	if hit, ok := ids.Scan([]byte(text)); !ok || hit.Class != class {
		t.Fatalf("Scan = %q, %v: want %q in %q", hit.Class, ok, class, text)
	}
	out := ids.Replace(text)
	rest := strings.ReplaceAll(out, class.label(), "\x00")
	if rest == out {
		t.Fatalf("not replaced: %q, of %q", out, text)
	}
	rest = filler.ReplaceAllString(rest, "\x00")
	for i := 0; i+4 <= len(w) && !strings.Contains(t.Name(), "base64"); i++ {
		if part := w[i : i+4]; strings.Contains(rest, part) && !strings.Contains(before+"\x00"+behind, part) {
			t.Fatalf("%q is left: %q, of %q", part, out, text)
		}
	}
	if strings.Contains(t.Name(), "base64") {
		checkFiller(t, strings.TrimPrefix(out[:strings.Index(out, class.label())], before), out[strings.Index(out, class.label()):], behind)
	}
	if hit, ok := ids.Scan([]byte(out)); ok {
		t.Fatalf("hit of %q after Replace: %q, of %q", hit.Class, out, text)
	}
	if again := ids.Replace(out); again != out {
		t.Fatalf("replaced twice: %q, then %q", out, again)
	}
}

// checkFiller says what is wrong if base64 that is left is more than what stood
// before and behind the value.
func checkFiller(t *rapid.T, head, tail, behind string) {
	head = strings.NewReplacer("\r", "", "\n", "", " ", "", `\r`, "", `\n`, "").Replace(head)
	b, err := base64.StdEncoding.DecodeString(head[:len(head)/4*4])
	if err != nil || strings.Trim(string(b), "#\x00") != "" {
		t.Fatalf("%q is left before the label, %v", b, err)
	}
	tail = strings.NewReplacer("\r", "", "\n", "", " ", "", `\r`, "", `\n`, "").Replace(tail)
	if left := len(tail) - len("<secret>") - len(behind); left > 12 {
		t.Fatalf("%d digits are left behind it: %q", left, tail)
	}
}

// texts draw identifiers that are text, none of which is a word.
var texts = map[Class][]string{
	Host: {`qz[a-y]{3,9}-[0-9]{2}`, `[a-y]{2}zq[a-y]{2,9}\.zq[a-y]{3,5}\.example`, `ZQ[A-Y0-9]{6,13}`},
	User: {
		`zq[a-y]{4,12}`, `[a-y]zq[a-y]{2,5}\.[a-y]{3,8}`, `Zq[a-y]{2,6} O'Q[a-y]{3,8}`, `zq[éöüñß]{2,4}[a-y]{2,6}`,
		`Zq[éöüñ][a-y]{2,5} [A-Y][a-yéöü]{4,8}`, `зк[а-я]{4,9}`, `[山川田本]{2}[一二三]`,
	},
	Never:   {`LIC-[0-9]{4}-[A-Z]{2}Q`, `zq[a-y]{2,6}\+[a-y]{2,4}@qz[a-y]{3,6}\.example`, `Zq[a-y]{2} "[A-Y]{3}" <[a-y]{2}q> & [a-y]{3}\\[q-s]{3}`, `[0-9]{9,14}`},
	Machine: {`ZQ[A-Z0-9]{6,12}`, `VMware-[0-9]{2} [0-9]{2} [0-9]{2}-[0-9]{2}`},
}

// identifiersOf returns identifiers of one, as an agent would hold it.
func identifiersOf(t *rapid.T, class Class, value string) *Identifiers {
	if class == Never {
		ids := of(t)
		ids.Never(value)
		return ids
	}
	return of(t, found{class: class, value: value})
}

// Every text in every writing is hit and replaced.
func TestEveryWritingOfText(t *testing.T) {
	for _, class := range slices.Sorted(maps.Keys(texts)) {
		for _, how := range slices.Sorted(maps.Keys(textWriters)) {
			t.Run(string(class)+", "+how, func(t *testing.T) {
				rapid.Check(t, func(t *rapid.T) {
					form := rapid.SampledFrom(texts[class]).Draw(t, "kind")
					value := rapid.StringMatching(form).Draw(t, "value")
					before, behind := around(t)
					w := textWriters[how](t, value)
					if how == "coloured" {
						w = strings.TrimSuffix(w, "\x1b[0m")
					}
					checkGone(t, identifiersOf(t, class, value), class, before, w, behind)
				})
			})
		}
	}
}

// Every address in every form of the standards, in brackets, with port and zone,
// and as the domain name system asks for it.
func TestEveryWritingOfAddresses(t *testing.T) {
	t.Run("IPv4", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			o := octets{rapid.Byte().Filter(func(b byte) bool { return b > 15 }).Draw(t, "1"), rapid.Byte().Draw(t, "2"), rapid.Byte().Draw(t, "3"), rapid.Byte().Draw(t, "4")}
			before, behind := around(t)
			checkGone(t, of(t, found{class: IP, value: fmt.Sprintf("%d.%d.%d.%d", o[0], o[1], o[2], o[3])}), IP, before, writeIPv4(t, o), behind+pick(t, "more", "", "/24", ". "))
		})
	})
	t.Run("IPv6", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			var a [8]uint16
			a[0] = rapid.SampledFrom([]uint16{0xfe80, 0x2001, 0xfd00, 0x2a02, 0x0fd1}).Draw(t, "first")
			for i := 1; i < 8; i++ {
				a[i] = rapid.SampledFrom([]uint16{0, 0, 0, 1, 0xdb8, 0xa, 0xffff, 0x1234}).Draw(t, "group")
			}
			value := fmt.Sprintf("%x:%x:%x:%x:%x:%x:%x:%x", a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7])
			ids := of(t, found{class: IP, value: value})
			before, behind := around(t)
			switch rapid.IntRange(0, 3).Draw(t, "how") {
			case 0:
				checkGone(t, ids, IP, before+"[", writeIPv6(t, a), "]:443"+behind)
			case 1:
				checkGone(t, ids, IP, before, writeIPv6(t, a), "%eth0"+behind)
			case 2:
				checkGone(t, ids, IP, before, arpa6(a), behind)
			default:
				checkGone(t, ids, IP, before, writeIPv6(t, a), behind)
			}
		})
	})
	for _, how := range slices.Sorted(maps.Keys(textWriters)) {
		t.Run(how, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				value := pick(t, "address", "10.77.3.9", "192.168.250.17", "2001:db8:5::a:9", "fe80::1f:eeff:fe90:7cd3")
				before, behind := around(t)
				checkGone(t, of(t, found{class: IP, value: value}), IP, before, textWriters[how](t, value), behind)
			})
		})
	}
}

func TestEveryWritingOfNumbers(t *testing.T) {
	t.Run("MAC", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			value := rapid.StringMatching(`(0[0-9a-f]|[1-9a-f][0-9a-f])(:(0[1-9a-f]|[1-9a-f][0-9a-f])){5}`).Draw(t, "value")
			before, behind := around(t)
			checkGone(t, of(t, found{class: MAC, value: value}), MAC, before, writeMAC(t, value), behind)
		})
	})
	for _, class := range []Class{Machine, Installation} {
		t.Run(string(class), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				value := rapid.StringMatching(`[0-9a-f]{32}`).Draw(t, "value")
				before, behind := around(t)
				checkGone(t, of(t, found{class: class, value: value}), class, before, writeUUID(t, value), behind)
			})
		})
	}
}

// Every home, with whatever separators, and where Windows, WSL and URLs have it.
func TestEveryWritingOfHomes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`zq[a-yéö]{2,6}|[Zz]q [a-y]{2,4}|mark|日本人`).Draw(t, "name")
		home := pick(t, "home", "/home/", "/Users/", "C:/Users/", "C:/Documents and Settings/", "/var/srv/people/") + name
		value := home
		_, path, ok := strings.Cut(home, ":")
		before := ""
		if ok {
			value = strings.ReplaceAll(home, "/", `\`)
			before = pick(t, "before", "C:", "c:", `\\?\C:`, "/mnt/c", "/cygdrive/c", `\\server\c$`, "file:///C:", "file:///c|")
		} else {
			path = home
			before = pick(t, "before", "", "file://", "open ", `"`, "=")
		}
		ids := of(t, found{class: Home, value: value})
		behind := pick(t, "behind", "", "/x.log", `\x.log`, `"`, ": no such file", " ", "\n")
		if rapid.Bool().Draw(t, "escaped") {
			checkGone(t, ids, Home, before, urlEscaped(t, path), behind)
		} else {
			checkGone(t, ids, Home, before, writePath(t, path), behind)
		}
	})
}

// Any text around an identifier hides nothing of it.
func TestAnyTextAround(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		class := rapid.SampledFrom([]Class{Host, User, Never, Machine, Installation}).Draw(t, "class")
		value := rapid.StringMatching(`[a-z][a-z0-9.-]{4,20}[0-9]q|zq[é-ü /\\"+&]{2,6}qz[0-9]{2}`).Draw(t, "value")
		text := rapid.String().Draw(t, "before") + value + rapid.String().Draw(t, "behind")
		ids := identifiersOf(t, class, value)
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

// Every text in every writing is hit between random bytes, which are full of
// escapes by chance, and so is a short name that some word before it tells.
func TestEveryWritingInBinary(t *testing.T) {
	binary := rapid.Custom(func(t *rapid.T) []byte {
		b := make([]byte, rapid.IntRange(0, 300).Draw(t, "length"))
		_, _ = rand.NewChaCha8([32]byte{rapid.Byte().Draw(t, "seed")}).Read(b)
		return b
	})
	for _, how := range slices.Sorted(maps.Keys(textWriters)) {
		t.Run(how, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				class := rapid.SampledFrom([]Class{Host, User, Never}).Draw(t, "class")
				value := rapid.StringMatching(rapid.SampledFrom(texts[class]).Draw(t, "kind")).Draw(t, "value")
				ids := of(t, found{class: Machine, value: "0d5c1b3e9a704f62b8e4c7d2a1f09635"}, found{class: Host, value: "vm"})
				if class == Never {
					ids.Never(value)
				} else {
					ids.add(found{class: class, value: value})
				}
				w := textWriters[how](t, value)
				if rapid.Bool().Draw(t, "short") {
					w = "host" + textWriters[pick(t, "sign", "url", "json", "html")](t, "=vm")
				}
				text := slices.Concat(binary.Draw(t, "before"), []byte("\x02"), []byte(w), []byte("\x02"), binary.Draw(t, "behind"))
				if _, ok := ids.Scan(text); !ok {
					t.Fatalf("no hit of %q in %q", w, text)
				}
			})
		})
	}
}

// Random bytes hold none of a host's identifiers, short names included.
func TestNoChanceHits(t *testing.T) {
	ids := of(t, found{class: Host, value: "vm"}, found{class: User, value: "root"}, found{class: Home, value: "/root"}, found{class: User, value: "al"}, found{class: Host, value: "zeus1"},
		found{class: IP, value: "10.0.0.5"}, found{class: MAC, value: "02:1f:ee:90:7c:d3"}, found{class: User, value: "bob"}, found{class: Host, value: planted})
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
	ids := of(f, found{class: Host, value: planted}, found{class: Host, value: "vm"}, found{class: User, value: "root"}, found{class: Home, value: "/home/zofarrell"},
		found{class: User, value: "zoë.ofarrell"}, found{class: Home, value: `C:\Users\Zo Fa`},
		found{class: IP, value: "10.77.3.9"}, found{class: IP, value: "2001:db8::9"}, found{class: MAC, value: "02:1f:ee:90:7c:d3"}, found{class: Installation, value: plantedUUID})
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
