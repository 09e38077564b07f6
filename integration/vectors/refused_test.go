package vectors

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// refusedVector is what looks like a form and is none: every implementation
// has to refuse it, or bytes mean one thing to one and another to the next.
type refusedVector struct {
	Form  string `json:"form"`
	Why   string `json:"why"`
	Bytes octets `json:"bytes"`
}

// parsers read the forms, by the names that refused.json gives them.
var parsers = map[string]func([]byte) error{
	"fragment": func(b []byte) error { _, err := codec.DecodeFragment(b); return err },
	"packed":   func(b []byte) error { _, err := codec.DecodePage(b); return err },
	"page":     func(b []byte) error { _, err := page.Parse(b); return err },
	"envelope": func(b []byte) error { _, err := wire.ParseEnvelope(b); return err },
	"hint":     func(b []byte) error { _, err := wire.ParseHint(b); return err },
	"policy":   func(b []byte) error { _, err := wire.ParsePolicy(b); return err },
	"crate":    func(b []byte) error { _, err := wire.ParseCrate(b); return err },
	"routed":   func(b []byte) error { _, err := wire.ParseReplies(b); return err },
	"keylist":  func(b []byte) error { _, _, _, err := wire.ParseKeyList(b); return err },
}

func TestRefused(t *testing.T) {
	var vs []refusedVector
	for _, more := range [][]refusedVector{refusedFragments(t), refusedPacked(t), refusedOuter()} {
		vs = append(vs, more...)
	}
	for _, v := range vs {
		if err := parsers[v.Form](v.Bytes); err == nil {
			t.Errorf("form %s with %s is taken", v.Form, v.Why)
		}
	}
	exact(t, "refused.json", "Bytes that are close to a form and have to be refused.", vs)
}

// list is a CBOR array.
type list = []any

func refusedFragments(t *testing.T) (vs []refusedVector) {
	add := func(why string, b []byte) { vs = append(vs, refusedVector{"fragment", why, b}) }
	fragment := func(facets, values any) []byte { return encode(t, list{1, 5, 7, facets, 0, values}) }
	good := fragment(list{}, list{})
	add("nothing", nil)
	add("bytes behind it", append(bytes.Clone(good), 0))
	add("its end missing", good[:len(good)-1])
	add("form 2", encode(t, list{2, 5, 7, list{}, 0, list{}}))
	add("an entry missing", encode(t, list{1, 5, 7, list{}, 0}))
	add("an entry more", encode(t, list{1, 5, 7, list{}, 0, list{}, 0}))
	add("an array of unknown length", fromHex("9f010507800080ff"))
	add("a day of two bytes where one is enough", fromHex("86011805"+"07800080"))
	add("a day that is a float", encode(t, list{1, 5.0, 7, list{}, 0, list{}}))
	add("a day that is null", encode(t, list{1, nil, 7, list{}, 0, list{}}))
	add("a day of 33 bits", encode(t, list{1, 1 << 32, 7, list{}, 0, list{}}))
	add("first bit 4", encode(t, list{1, 5, 7, list{}, 16, list{}}))
	add("facets that are null", fragment(nil, list{}))
	add("four facets", fragment(list{list{"a", ""}, list{"b", ""}, list{"c", ""}, list{"d", ""}}, list{}))
	add("a facet that is null", fragment(list{nil}, list{}))
	add("a facet of bytes", fragment(list{list{[]byte("a"), "b"}}, list{}))
	add("a text that is not UTF-8", fromHex("86010507"+"818261ff6162"+"0080"))
	add("a measure that is null", fragment(list{}, list{nil}))
	add("a measure without buckets", fragment(list{}, list{list{"m", list{}, 1, 2}}))
	add("a negative count", fragment(list{}, list{list{"m", list{}, -1, 2, list{}}}))
	add("a map", fragment(list{}, list{map[string]int{"m": 1}}))
	measure := list{strings.Repeat("m", 200), list{}, 1, 2, list{}}
	long := func(form int) []byte { return encode(t, list{form, 5, 7, list{}, 0, list{measure, measure}}) }
	framed := func(plain []byte) []byte {
		size := binary.LittleEndian.AppendUint16(fromHex("28b52ffd60"), uint16(len(plain)-256))
		return append(size, block(plain)...)
	}
	if err := parsers["fragment"](framed(long(2))); err != nil {
		t.Fatal(err)
	}
	add("form 1 compressed", framed(long(1)))
	add("form 2 not compressed", long(2))
	add("form 2 of 255 bytes", frame(encode(t, list{2, 5, 7, list{}, 0, list{list{strings.Repeat("m", 239), list{}, 1, 2, list{}}}})))
	add("two frames", append(framed(long(2)), framed(long(2))...))
	add("a tag", encode(t, list{1, cbor.Tag{Number: 1, Content: 5}, 7, list{}, 0, list{}}))
	return vs
}

func refusedPacked(t *testing.T) (vs []refusedVector) {
	id := make([]byte, 16)
	change := func(why string, entry int, value any) {
		p := list{1, id, id, 7, 0, list{"p", "1", "m"}, list{list{0, 1, 2, 1, list{}}}, list{0}, list{5}, list{9}}
		p[entry] = value
		vs = append(vs, refusedVector{"packed", why, frame(encode(t, p))})
	}
	change("form 2", 0, 2)
	change("a batch ID of 15 bytes", 1, id[1:])
	change("a writer that is a text", 2, string(id))
	change("a release of 33 bits", 3, 1<<32)
	change("an index beyond the texts", 5, list{"p", "1"})
	change("half a label", 6, list{list{0, 1, 2, 1, list{0}}})
	change("kind 3", 6, list{list{0, 1, 2, 3, list{}}})
	change("a series that is not there", 7, list{1})
	change("columns of two lengths", 8, list{5, 5})
	change("a value that is null", 9, list{nil})
	change("a value that is a float", 9, list{1.0})
	count := func(why string, form int, counts any) {
		p := list{form, id, id, 7, 0, list{"p", "1", "m"}, list{list{0, 1, 2, 1, list{}}}, list{0, 0}, list{5, 0}, list{9, 9}, counts}
		vs = append(vs, refusedVector{"packed", why, frame(encode(t, p))})
	}
	count("form 1 with counts", 1, list{2, 1})
	count("form 3 with counts", 3, list{2, 1})
	count("form 2 of single events", 2, list{1, 1})
	count("a count of 0", 2, list{2, 0})
	count("a count above a million", 2, list{2, 1_000_001})
	count("a count missing", 2, list{2})
	count("a count that is a text", 2, list{2, "1"})
	good := frame(encode(t, list{1, id, id, 7, 0, list{}, list{}, list{}, list{}, list{}}))
	if err := parsers["packed"](good); err != nil {
		t.Fatal(err)
	}
	long := encode(t, list{1, id, id, 7, 0, list{strings.Repeat("x", 211)}, list{}, list{}, list{}, list{}})
	if err := parsers["packed"](append(fromHex("28b52ffd60"+"0000"), block(long)...)); err != nil || len(long) != 256 {
		t.Fatal(len(long), err)
	}
	vs = append(vs,
		refusedVector{"packed", "no compression", encode(t, list{1})},
		refusedVector{"packed", "bytes behind the frame", append(frame(encode(t, list{1})), 0)},
		refusedVector{"packed", "a second frame", append(bytes.Clone(good), good...)},
		refusedVector{"packed", "a frame to skip before it", append(fromHex("502a4d1800000000"), good...)},
		refusedVector{"packed", "a frame to skip behind it", append(bytes.Clone(good), fromHex("502a4d1800000000")...)},
		refusedVector{"packed", "a frame of 256 bytes that does not say so", append(fromHex("28b52ffd0050"), block(long)...)},
		refusedVector{"packed", "a frame of 2 MiB that says so", fromHex("28b52ffda00000200003001060")},
		refusedVector{"packed", "a frame that needs a dictionary", append(fromHex("28b52ffd2107"), good[5:]...)})
	return vs
}

// refusedOuter are outer forms with one byte wrong.
func refusedOuter() []refusedVector {
	envelope := func(at int, b byte, length int) []byte {
		e := append([]byte{wire.Version}, make([]byte, wire.HeaderLen+length+wire.SealLen-1)...)
		e[at] = b
		return e
	}
	keys := (&wire.KeyList{Version: 1, Suite: wire.SuiteX25519, Keys: []wire.Key{{ID: 1}}}).Marshal()
	signed := append(keys, make([]byte, wire.SignatureLen)...)
	return []refusedVector{
		{"envelope", "version 2", envelope(0, 2, 1<<10)},
		{"envelope", "partition 64", envelope(5, 64, 1<<10)},
		{"envelope", "class 2", envelope(6, 2, 1<<10)},
		{"envelope", "a body of no bucket", envelope(0, wire.Version, 1<<10+1)},
		{"envelope", "a header alone", envelope(0, wire.Version, -wire.SealLen)},
		{"page", "its end missing", make([]byte, 4<<10-22)},
		{"hint", "code 0", fromHex("010000000000")},
		{"hint", "code 5", fromHex("010500000000")},
		{"hint", "more than a day", fromHex("010200015181")},
		{"hint", "seven bytes", fromHex("01010000000000")},
		{"policy", "switch 3", fromHex("01" + "0000000000000007" + "000000006afd86c0" + "01" + "03" + "01" + "00" + "00000001")},
		{"policy", "level 2", fromHex("01" + "0000000000000007" + "000000006afd86c0" + "01" + "01" + "01" + "02" + "00000001")},
		{"policy", "a year of five digits", fromHex("01" + "0000000000000007" + "0000003afff44180" + "01" + "01" + "01" + "00" + "00000001")},
		{"policy", "its end missing", make([]byte, 24)},
		{"crate", "its end missing", fromHex("01000100000002aa")},
		{"crate", "bytes behind it", fromHex("01000100000001aabb")},
		{"crate", "version 2", fromHex("02000100000001aa")},
		{"routed", "nothing", nil},
		{"routed", "a byte missing", make([]byte, 271)},
		{"keylist", "version 2", append([]byte{2}, signed[1:]...)},
		{"keylist", "its end missing", signed[:len(signed)-1]},
		{"keylist", "one key too few", append([]byte{1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2}, signed[12:]...)},
	}
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	b, err := cbor.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// frame is a zstd frame with one raw block (RFC 8878): the same bytes whatever
// encoder is linked. It holds at most 255 bytes.
func frame(plain []byte) []byte {
	return append(append(fromHex("28b52ffd20"), byte(len(plain))), block(plain)...)
}

// block is the last block of a frame, raw.
func block(plain []byte) []byte {
	head := binary.LittleEndian.AppendUint32(nil, uint32(len(plain))<<3|1)
	return append(head[:3:3], plain...)
}
