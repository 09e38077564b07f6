package own

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// ofAllKinds are identifiers of each kind, of any length, and with what escapes
// begin with in themselves.
func ofAllKinds(t interface{ Helper() }) *Identifiers {
	t.Helper()
	ids := of(t, found{class: Host, value: planted}, found{class: Host, value: "vm"}, found{class: User, value: "bob"}, found{class: User, value: "root"},
		found{class: User, value: "Zoë O'Farrell"}, found{class: Home, value: "/home/zofarrell"}, found{class: Home, value: `C:\Users\Zo Fa`},
		found{class: IP, value: "10.77.3.9"}, found{class: IP, value: "2001:db8::9"}, found{class: MAC, value: "02:1f:ee:90:7c:d3"},
		found{class: Machine, value: "0d5c1b3e9a704f62b8e4c7d2a1f09635"}, found{class: Installation, value: plantedUUID})
	ids.Never("LIC-4471-QQ", "abc", `zq%20&a\b`, "12345678901")
	return ids
}

// scoutText draws a text in which writings of identifiers stand, whole and cut,
// between what scouts skip and what makes them stop.
func scoutText(t *rapid.T) string {
	values := []string{planted, "vm", "bob", "root", "Zoë O'Farrell", "/home/zofarrell", `C:\Users\Zo Fa`, "10.77.3.9", "2001:db8::9",
		"02:1f:ee:90:7c:d3", "0d5c1b3e9a704f62b8e4c7d2a1f09635", plantedUUID, "LIC-4471-QQ", "abc", `zq%20&a\b`, "12345678901"}
	part := rapid.Custom(func(t *rapid.T) string {
		switch rapid.IntRange(0, 6).Draw(t, "kind") {
		case 0, 1:
			how := rapid.SampledFrom(slices.Sorted(maps.Keys(textWriters))).Draw(t, "how")
			value := textWriters[how](t, rapid.SampledFrom(values).Draw(t, "value"))
			return value[rapid.IntRange(0, len(value)/2).Draw(t, "from"):]
		case 2:
			return rapid.StringOfN(rapid.RuneFrom([]rune("0123456789abcdefABCDEFx:-., _;\t")), 0, 90, -1).Draw(t, "hex")
		case 3:
			return rapid.StringOfN(rapid.RuneFrom([]rune("QUJDZXc0MTIz+/-_=abcdefgh")), 0, 40, -1).Draw(t, "base64")
		case 4:
			line := rapid.SampledFrom(busyLog).Draw(t, "line")
			return line[:rapid.IntRange(0, len(line)).Draw(t, "to")]
		case 5:
			return rapid.SampledFrom([]string{" ", "%", "&", `\`, `\"`, `\n`, "'", "é", "\u200b", "–", "\x00", "\x1b[1m", "\x01", "%20", "&amp;", "\xff", "0x", "host "}).Draw(t, "sign")
		default:
			return rapid.String().Draw(t, "any")
		}
	})
	return strings.Join(rapid.SliceOfN(part, 1, 6).Draw(t, "parts"), "")
}

// sorted returns spans in order, each once.
func sorted(spans []span) []span {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to), cmp.Compare(a.class, b.class))
	})
	return slices.Compact(spans)
}

// A scout sees whatever a walk over all bytes finds.
func TestScoutMissesNothing(t *testing.T) {
	ids := ofAllKinds(t)
	all := map[what]int{}
	rapid.Check(t, func(t *rapid.T) {
		text := scoutText(t)
		s := ids.search(replacing)
		defer s.free()
		l := &layer{text: []byte(text)}
		if s.scouted(l) {
			got := sorted(s.spans)
			s.spans = s.spans[:0]
			s.walk(l)
			if want := sorted(s.spans); !slices.Equal(got, want) {
				t.Fatalf("the scout sees %v, the walk %v in %q", got, want, text)
			}
		}
		s.spans = s.spans[:0]
		of := scout[string]{ids: ids}
		_, first := of.next(text, 0)
		all[first]++
		if s.run([]byte(text)); first == nothing && len(s.spans) > 0 {
			t.Fatalf("the scout sees nothing, the walk %v in %q", s.spans, text)
		}
	})
	for _, found := range []what{nothing, begins, escape, unread} {
		if all[found] == 0 {
			t.Errorf("nothing of kind %d in %v", found, all)
		}
	}
}

// withoutScout replaces as Replace does, by a walk over all bytes.
func withoutScout(ids *Identifiers, text string) string {
	s := ids.search(replacing)
	defer s.free()
	for range maxTurns {
		if s.run([]byte(text)); len(s.spans) == 0 {
			break
		}
		text = s.replaced(text)
		s.spans = s.spans[:0]
	}
	return text
}

// What the scout leaves to it is replaced as it was without a scout.
func TestScoutChangesNothing(t *testing.T) {
	ids := ofAllKinds(t)
	rapid.Check(t, func(t *rapid.T) {
		text := scoutText(t)
		if got, want := ids.Replace(text), withoutScout(ids, text); got != want {
			t.Fatalf("Replace = %q, want %q, of %q", got, want, text)
		}
	})
}

// Whatever stands at the beginning, at the end, and anywhere between, is seen.
func TestScoutSeesAllPlaces(t *testing.T) {
	ids := of(t, found{class: User, value: "ofarelzoé"}, found{class: Host, value: "planqx"}, found{class: Host, value: "vq"}, found{class: Host, value: "bqx"}, found{class: Host, value: "zqwx"},
		found{class: MAC, value: "02:1f:ee:90:7c:d3"}, found{class: IP, value: "10.77.3.9"})
	ids.Never("706c") // what hex of another begins with
	for _, w := range []string{
		"ofarelzo\xe9", "ofarelzo\u00e9", "ofarelzoe\u0301", "ofarel\u200bzoe", "706c616e7178", "70:6c:61:6e:71:78", "7,0,6,c,6,1,6,e,7,1,7,8", "0x70 0x6c 0x61 0x6e 0x71 0x78",
		"cGxhbnF4", "gcGxhbnF4", "planqx", "xqnalp", " vq", " bqx ", " zqwx", "021f.ee90.7cd3", "\x02\x1f\xee\x90\x7c\xd3", "10.77.3.9", "0a4d0309", "%70lanqx", "plan%71%78", "p\\x6canqx", "planq&#x78;", "planq\\u0078",
		"pl\x1b[1manqx", "p\x00l\x00a\x00n\x00q\x00x\x00", "cGxh\\nbnF4", "cGxh\rbnF4", "cGxh\nbnF4", "7    0    6    c    6    1    6    e    7    1    %37    8", "7    0    6    c    6    1    6    e    7    1    \\u0037    8", "706c61\n6e7178", "7a 1 706c616e7178 2", "eb6d76c3ef2e0a4ee4bbdf4d4d09ba96 706c616e7178",
	} {
		for before := range 20 {
			for behind := range 20 {
				for _, c := range []string{"g", " ", "/"} {
					text := strings.Repeat(c, before) + w + strings.Repeat(c, behind)
					if want, got := withoutScout(ids, text), ids.Replace(text); got != want {
						t.Errorf("Replace = %q, want %q, of %q", got, want, text)
					}
				}
			}
		}
	}
}
