package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
)

// memoryLimit is what decoding may take at most, whatever the bytes are.
const memoryLimit = 2 * MaxPlain

// spent returns how many bytes of memory f allocates, freed or not.
func spent(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// warm makes the decoder's own buffers, once for all pages.
func warm(t testing.TB) {
	t.Helper()
	if _, err := DecodePage(encoded(t, EncodePage, trafficPages(1, false)[0])); err != nil {
		t.Fatal(err)
	}
	if _, err := DecodePage(packed(make([]byte, MaxPlain))); err == nil {
		t.Fatal("a page of zeros was read")
	}
}

// frame is a zstd frame of repeated bytes: blocks of so many each, in four bytes,
// behind a header (RFC 8878, 3.1.1).
func frame(header []byte, blocks, each int) []byte {
	b := append([]byte{0x28, 0xb5, 0x2f, 0xfd}, header...)
	for i := range blocks {
		last := 0
		if i == blocks-1 {
			last = 1
		}
		head := binary.LittleEndian.AppendUint32(nil, uint32(each<<3|1<<1|last))
		b = append(append(b, head[:3]...), 0x81)
	}
	return b
}

// announcing is a frame's header that announces the length of its content.
func announcing(n uint32) []byte { return binary.LittleEndian.AppendUint32([]byte{0xa0}, n) }

// names are different texts of the same length.
func names(n, length int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = strings.Repeat("n", length-4) + string([]byte{'a' + byte(i>>12&15), 'a' + byte(i>>8&15), 'a' + byte(i>>4&15), 'a' + byte(i&15)})
	}
	return out
}

// rawPage is a page before compression that no encoder would write.
func rawPage(texts []string, kinds, labels, records int) []byte {
	b := appendBytes(appendBytes(appendUint(appendArray(nil, pageLen), formPlain), make([]byte, 16)), make([]byte, 16))
	b = appendArray(appendUint(appendUint(b, math.MaxUint32), math.MaxUint64), len(texts))
	for _, s := range texts {
		b = appendText(b, s)
	}
	b = appendArray(b, kinds)
	one := (&series{kind: schema.KindNumber, labels: make([]uint64, 2*labels)}).append(nil)
	for range kinds {
		b = append(b, one...)
	}
	for _, entry := range [][]byte{{0}, appendInt(nil, 1), appendInt(nil, math.MinInt64)} {
		b = append(appendArray(b, records), bytes.Repeat(entry, records)...)
	}
	return b
}

// hostilePages are each as bad as it gets in one way.
func hostilePages() map[string][]byte {
	short := names(1, 4)
	return map[string][]byte{
		"announces 4 GiB":           frame(announcing(math.MaxUint32), 1, 1),
		"announces too much by one": frame(announcing(MaxPlain+1), 9, 128<<10),
		"holds more than announced": frame(announcing(MaxPlain), 8000, 128<<10),
		"announces nothing":         frame([]byte{0x00, 0x50}, 8000, 128<<10),
		"window of 3 TiB":           frame([]byte{0x00, 0xff}, 2, 128<<10),
		"two frames":                append(packed(make([]byte, MaxPlain)), packed(make([]byte, MaxPlain))...),
		"frame to skip":             append([]byte{0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0}, packed(make([]byte, MaxPlain))...),
		"deep":                      packed(bytes.Repeat([]byte{0x81}, MaxPlain)),
		"texts of most bytes":       packed(rawPage(names(255, MaxTextLen), 0, 0, 0)),
		"most texts":                packed(rawPage(names(MaxTexts, 100), 0, 0, 0)),
		"most series":               packed(rawPage(short, MaxRecords, MaxLabels, MaxRecords)),
		"series without records":    packed(rawPage(short, MaxRecords, MaxLabels, 0)),
		"texts and records":         packed(rawPage(names(130, MaxTextLen), 1, 1, MaxRecords)),
		"texts and series":          packed(rawPage(names(180, MaxTextLen), 1000, 8, 1000)),
	}
}

// hostileRest are fragments and records that are as bad as it gets.
func hostileRest() map[string][]byte {
	head := []byte{0x86, formPlain, 0, 0, 0x80, 0}
	measures := appendArray(bytes.Clone(head), MaxMeasures)
	for range MaxMeasures {
		measures = append(measures, 0x85, 0x60, 0x88)
		measures = append(measures, bytes.Repeat([]byte{0x82, 0x60, 0x60}, MaxLabels)...)
		measures = append(appendArray(append(measures, 1, 1), MaxBuckets), make([]byte, MaxBuckets)...)
	}
	long := bytes.Clone(head)
	long = appendArray(long, MaxMeasures)
	for range 40 { // a quarter of a MiB
		long = append(appendText(append(long, 0x85), strings.Repeat("x", 2049)), 0x84)
		long = append(long, bytes.Repeat(appendText(appendText([]byte{0x82}, strings.Repeat("x", 1025)), "y"), 4)...)
		long = append(long, 1, 1, 0x80)
	}
	record := append([]byte{0x89, formPlain, 0, 0, 0x60, 0x60, 0x60, byte(schema.KindText)}, appendText(nil, strings.Repeat("x", MaxPlain-20))...)
	return map[string][]byte{
		"a packed fragment of all measures": packed(append([]byte{0x86, formPacked}, measures[2:]...)),
		"a packed fragment of long texts":   packed(append([]byte{0x86, formPacked}, long[2:]...)),
		"a fragment that is a bomb":         frame(announcing(MaxPlain), 8000, 128<<10),
		"a fragment of all measures":        measures, "a fragment of long texts": long,
		"a fragment of all measures, cut":     measures[:len(measures)-1],
		"a fragment that announces much":      append(bytes.Clone(head), 0x9a, 0xff, 0xff, 0xff, 0xff),
		"a fragment of 8 MiB":                 append(bytes.Clone(head), bytes.Repeat([]byte{0x80}, 8<<20)...),
		"a record of one text":                append(record, 0x80),
		"a record of one text, cut":           record,
		"a record of 8 MiB":                   append([]byte{0x89, formPlain, 0, 0}, appendText(nil, strings.Repeat("x", 8<<20))...),
		"a record that announces a long text": {0x89, formPlain, 0, 0, 0x7a, 0xff, 0xff, 0xff, 0xff},
	}
}

// TestHostileBytesTakeBoundedMemory counts all that decoding allocates.
func TestHostileBytesTakeBoundedMemory(t *testing.T) {
	warm(t)
	check := func(name string, decode func([]byte) error, b []byte) {
		if n := spent(func() { _ = decode(b) }); n > memoryLimit {
			t.Errorf("%s: %d bytes of memory for %d bytes, at most %d", name, n, len(b), memoryLimit)
		}
	}
	page := func(b []byte) error { _, err := DecodePage(b); return err }
	for name, b := range hostilePages() {
		check("page, "+name, page, b)
		if err := page(b); !errors.Is(err, ErrForm) {
			t.Errorf("page, %s: %v, want ErrForm", name, err)
		}
	}
	for name, b := range hostileRest() {
		check(name, decoders["fragment"], b)
		check(name, decoders["record"], b)
	}
	r := rand.New(rand.NewPCG(1, 2))
	good := encoded(t, EncodePage, trafficPages(1, true)[0])
	for range 2000 {
		b := bytes.Clone(good)
		for range 1 + r.IntN(4) {
			b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		}
		check("a page with bits changed", page, b)
	}
}

// TestTheLargestPage: one that takes all the room there is is read within the
// limit, and what takes more is neither written nor read.
func TestTheLargestPage(t *testing.T) {
	warm(t)
	if size := reflect.TypeFor[schema.Record]().Size(); size > recordRoom {
		t.Fatalf("a record takes %d bytes, and %d are counted", size, recordRoom)
	}
	left := maxRoom - MaxRecords*recordRoom - recordRoom - labelRoom // one series, of one label
	const each = MaxTextLen + 3 + textRoom
	texts := append(names(left/each, MaxTextLen), strings.Repeat("x", left%each-3-textRoom))
	if _, err := DecodePage(packed(rawPage(append(texts, ""), 1, 1, MaxRecords))); !errors.Is(err, ErrForm) {
		t.Errorf("with one text more: %v, want ErrForm", err)
	}
	b := packed(rawPage(texts, 1, 1, MaxRecords))
	var (
		p   Page
		err error
	)
	if n := spent(func() { p, err = DecodePage(b) }); err != nil || n > memoryLimit {
		t.Fatalf("%d bytes of memory, at most %d: %v", n, memoryLimit, err)
	}
	// With its texts as values it has a second series, for which there is no room.
	for i, s := range texts {
		p.Records[i].Value = schema.Text(s)
	}
	if _, err := EncodePage(p); err == nil {
		t.Error("a page that no decoder takes was written")
	}
	p.Records = p.Records[:MaxRecords-2] // then there is
	if _, err := DecodePage(encoded(t, EncodePage, p)); err != nil {
		t.Errorf("what was written is not read: %v", err)
	}
}
