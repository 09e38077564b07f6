package own

import (
	"bytes"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
)

// addText puts a value into the index as text, backwards, encoded and hashed.
func (ids *Identifiers) addText(n needle, v string) {
	w := canonical(v)
	ids.put(n, w)
	if len(w) >= minEncoded && !n.scan.isPlace() && n.class != codeOf(IP) {
		ids.put(n, canonical(reversed(v)))
	}
	for i := range len(v) {
		ids.marks |= bytesOf[v[i]] & (markHigh | markQuote)
		ids.literal |= bytesOf[v[i]] & markLiteral
	}
	switch {
	case n.scan.isPlace() || len(w) < minEncoded:
		ids.addWords(n, v)
	default:
		ids.addEncoded(v)
		ids.addWide(n, v)
	}
	ids.addTextSums(n.class, v)
}

// addTextSums adds the digests of a text in the usual cases, and as a line.
func (ids *Identifiers) addTextSums(c code, v string) {
	for _, base := range unique([]string{v, strings.ToLower(v), strings.ToUpper(v), v + "\n"}) {
		ids.addSums(c, []byte(base))
	}
}

// addWords puts hex and base64 of a value into the index that other text holds
// by chance: they are found where the value itself would be.
func (ids *Identifiers) addWords(n needle, v string) {
	if len(v) < MinNeverLen {
		return
	}
	for _, base := range unique([]string{v, strings.ToLower(v), strings.ToUpper(v)}) {
		for _, w := range words([]byte(base)) {
			ids.put(n, canonical(w))
		}
	}
}

// addEncoded has base64 and hex decoded where a text may begin, also in UTF-16
// and with other letters than those of ASCII, in any case.
func (ids *Identifiers) addEncoded(v string) {
	for _, base := range unique([]string{v, strings.ToLower(v), strings.ToUpper(v)}) {
		groups([]byte(base), true, ids.addGroup)
		low, high := utf16Of(base)
		groups(low, true, ids.addGroup)
		groups(high, true, ids.addGroup)
	}
	for _, start := range starts(v) {
		low, high := utf16Of(start)
		for _, b := range [][]byte{[]byte(start), low, high} {
			ids.addDecoded(b[:min(len(b), minNeedle)])
		}
	}
}

// addWide puts a text into the index as UTF-16, if that is more than Latin
// letters with NULs in between.
func (ids *Identifiers) addWide(n needle, v string) {
	if strings.IndexFunc(v, func(r rune) bool { return r > 0xff }) < 0 {
		return
	}
	low, high := map[uint32]struct{}{}, map[uint32]struct{}{}
	for _, start := range starts(v) {
		if l, b := utf16Of(start); len(l) >= minNeedle {
			low[keyOf(l[:minNeedle])], high[keyOf(b[:minNeedle])] = struct{}{}, struct{}{}
		}
	}
	n.kind = wideLittle
	ids.addRaw(n, canonical(v), slices.Collect(maps.Keys(low))...)
	n.kind = wideBig
	ids.addRaw(n, canonical(v), slices.Collect(maps.Keys(high))...)
}

// addBytes puts bytes into the index: as they are, encoded and hashed. Those of
// which nearly all are zero, as fd00::2 has them, are looked for by their digests
// and writings only: columns of small numbers are full of them, and a page that
// trips is lost.
func (ids *Identifiers) addBytes(n needle, b []byte) {
	ids.addSums(n.class, b)
	if len(b)-bytes.Count(b, []byte{0}) < minNonzero {
		return
	}
	ids.putBytes(n.class, b)
	groups(b, false, ids.addGroup)
}

// minNonzero is how many bytes that are not zero make bytes tell.
const minNonzero = 5

// addSums adds the digests of bytes. Base64 of one begins with it.
func (ids *Identifiers) addSums(c code, v []byte) {
	for _, sum := range digests(v) {
		ids.sums.add(sum, c)
		ids.addStart(sum[:minNeedle])
		ids.addDecoded(sum[:minNeedle])
		groups(sum[:3], false, ids.addGroup)
	}
}

// addGroup adds a group of base64 to what is decoded.
func (ids *Identifiers) addGroup(group []byte) { ids.addStart(group) }

// addStart adds four bytes that something begins with which is compared as it is.
// Its key is turned over, so that it is none of a text's.
func (ids *Identifiers) addStart(b []byte) {
	ids.starts.add(keyOf(folded(b)), ^keyOf(b))
	ids.begin.addBytes(b)
}

// addDecoded adds bytes that something in hex begins with.
func (ids *Identifiers) addDecoded(b []byte) {
	key := keyOf(folded(b))
	ids.decoded.add(key, key)
	ids.begin.addHex(key)
}

func (ids *Identifiers) putBytes(c code, b []byte) {
	ids.addRaw(needle{class: c, kind: raw}, string(b), keyOf(b[:minNeedle]))
	ids.addDecoded(b[:minNeedle])
}

func (ids *Identifiers) addRaw(n needle, w string, keys ...uint32) {
	ids.raw.add(n, w, keys...)
	for _, k := range keys {
		ids.addStart(binary.LittleEndian.AppendUint32(nil, k))
	}
}

// put adds one needle, of canonical bytes. One byte alone identifies nobody.
func (ids *Identifiers) put(n needle, w string) {
	x := ids.long
	if len(w) < minNeedle {
		x = ids.short
	}
	if len(w) < x.width {
		return
	}
	ids.reach = max(ids.reach, reachEach*len(w))
	keys := keysOf(w, x.width)
	x.add(n, w, keys...)
	for _, k := range keys {
		if x == ids.short {
			if ids.shorts == nil {
				ids.shorts = new(pairs)
			}
			ids.shorts.add(k)
			ids.begin.addShort(k)
			continue
		}
		ids.starts.add(k, k)
		ids.decoded.add(k, k)
		ids.begin.addText(k)
		ids.begin.addHex(k)
	}
}
