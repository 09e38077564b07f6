package own

import (
	"encoding/hex"
	"net"
	"net/netip"
	"strings"
)

// add puts every writing of an identifier from the host into the index.
func (ids *Identifiers) add(f found) {
	switch f.class {
	case IP:
		ids.addIP(f.value)
	case MAC:
		ids.addMAC(f.value)
	case Home:
		e := segment
		if strings.LastIndexAny(f.value, `/\`) == 0 { // one name, like /root
			e = wholeWord
		}
		ids.addTexts(f.class, f.value, e, e)
	case Machine, Installation:
		ids.addTexts(f.class, f.value, anywhere, anywhere)
		ids.addHexID(f.class, f.value)
	default:
		scan, replace := ids.edges(f)
		ids.addTexts(f.class, f.value, scan, replace)
	}
}

// edges says how freely a host or user name is found.
func (ids *Identifiers) edges(f found) (scan, replace edge) {
	weak := ids.weak(f.value)
	switch {
	case !weak:
		return anywhere, anywhere
	case f.class == User && len(f.value) < minNeedle:
		return userWord, userPlace
	case f.class == User:
		return userPlace, userPlace
	case len(f.value) < minNeedle:
		return hostWord, wholeWord
	case len(f.value) < minStrong && !ids.isCommon(strings.ToLower(f.value)):
		return wholeWord, wholeWord
	default:
		return hostPlace, wholeWord
	}
}

// addNever puts a value into the index that a product handed over: found
// anywhere, unless it is so short that it must be a word of its own.
func (ids *Identifiers) addNever(v string) {
	e := anywhere
	if len(v) < minStrong {
		e = wholeWord
	}
	ids.addTexts(Never, v, e, e)
}

// addTexts puts the value and its encodings into the index.
func (ids *Identifiers) addTexts(c Class, v string, scan, replace edge) {
	for _, w := range plainWritings(v) {
		ids.put(needle{text: w, class: c, fold: true, scan: scan, replace: replace})
	}
	bases := []string{v}
	if c != Never {
		bases = unique([]string{v, strings.ToLower(v), strings.ToUpper(v)})
	}
	for _, base := range bases {
		ids.addEncoded(c, []byte(base))
	}
	if len(v) >= minEncoded {
		ids.put(needle{text: reversed(v), class: c, fold: true})
	}
}

// addEncoded puts hex, base64 and digests of bytes into the index. Of a short
// value only the digests, which nothing equals by chance.
func (ids *Identifiers) addEncoded(c Class, v []byte) {
	if len(v) >= minEncoded {
		ids.put(needle{text: hexOf(v), class: c, fold: true})
		for _, w := range base64Writings(v) {
			ids.put(needle{text: w, class: c})
		}
	}
	for _, sum := range digests(v) {
		ids.put(needle{text: hexOf(sum), class: c, fold: true})
		for _, w := range digestWritings(sum) {
			ids.put(needle{text: w, class: c})
		}
	}
}

// addHexID puts a UUID or machine ID into the index without and with hyphens
// and as its 16 bytes.
func (ids *Identifiers) addHexID(c Class, v string) {
	raw, err := hex.DecodeString(strings.ReplaceAll(v, "-", ""))
	if err != nil || len(raw) != 16 {
		return
	}
	h := hexOf(raw)
	for _, w := range []string{h, h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]} {
		if w != v {
			ids.addTexts(c, w, anywhere, anywhere)
		}
	}
	ids.put(needle{text: string(raw), class: c})
	ids.addEncoded(c, raw)
}

func (ids *Identifiers) addIP(v string) {
	a, err := netip.ParseAddr(v)
	if err != nil {
		return
	}
	if a.Is4() {
		ids.addTexts(IP, a.String(), noDigit, noDigit)
		mapped := netip.AddrFrom16(a.As16()).StringExpanded()
		short := "::ffff:" + trimGroup(mapped[30:34]) + ":" + trimGroup(mapped[35:])
		for _, w := range unique([]string{mapped, short, "::ffff:" + mapped[30:], "::ffff:" + a.String()}) {
			ids.addTexts(IP, w, noHex, noHex)
		}
		return
	}
	for _, w := range unique([]string{a.String(), a.StringExpanded()}) {
		ids.addTexts(IP, w, noHex, noHex)
	}
	raw := a.As16()
	ids.put(needle{text: string(raw[:]), class: IP})
	ids.addEncoded(IP, raw[:])
}

func trimGroup(g string) string {
	if g = strings.TrimLeft(g, "0"); g == "" {
		return "0"
	}
	return g
}

// addMAC puts the four notations and the bytes themselves into the index.
func (ids *Identifiers) addMAC(v string) {
	raw, err := net.ParseMAC(v)
	if err != nil {
		return
	}
	colon := raw.String()
	bare := hexOf(raw)
	ids.addTexts(MAC, colon, anywhere, anywhere)
	ids.addTexts(MAC, strings.ReplaceAll(colon, ":", "-"), anywhere, anywhere)
	ids.addTexts(MAC, bare, anywhere, anywhere)
	if len(raw)%2 == 0 {
		var groups []string
		for i := 0; i < len(bare); i += 4 {
			groups = append(groups, bare[i:i+4])
		}
		ids.addTexts(MAC, strings.Join(groups, "."), anywhere, anywhere)
	}
	ids.put(needle{text: string(raw), class: MAC})
	ids.addEncoded(MAC, raw)
}

// put adds one needle. One byte alone identifies nobody.
func (ids *Identifiers) put(n needle) {
	switch {
	case len(n.text) >= minNeedle:
		ids.long.add(n)
	case len(n.text) >= 2:
		ids.short.add(n)
	}
}
