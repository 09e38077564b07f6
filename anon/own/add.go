package own

import (
	"bytes"
	"encoding/hex"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// add puts every writing of an identifier from the host into the index.
func (ids *Identifiers) add(f found) {
	n := needle{class: codeOf(f.class)}
	switch f.class {
	case IP:
		ids.addIP(n, f.value)
	case MAC:
		ids.addMAC(n, f.value)
	case Home:
		ids.addHome(n, f.value)
	case Machine, Installation:
		if f.key {
			ids.addKey(n, []byte(f.value))
			return
		}
		ids.addID(n, f.value)
	default:
		n.scan, n.replace = ids.edges(f)
		ids.addText(n, f.value)
	}
}

// edges says how freely a host or user name is found.
func (ids *Identifiers) edges(f found) (scan, replace edge) {
	low := canonical(f.value)
	isCommon := ids.isCommon(low)
	switch {
	case !ids.weak(low):
		return anywhere, anywhere
	case f.class == User && len(low) < minNeedle:
		scan, replace = userWord, userPlace
	case f.class == User:
		scan, replace = userPlace, userPlace
	case len(low) < minNeedle:
		return hostWord, wholeWord
	case len(low) < minStrong && !isCommon:
		return wholeWord, wholeWord
	default:
		return hostPlace, wholeWord
	}
	if !isCommon && len(low) >= MinNeverLen && strings.Trim(low, "0123456789") != "" {
		replace = wholeWord // no word that other text needs
	}
	return scan, replace
}

// addNever puts a value into the index that a product handed over: found
// anywhere, unless it is so short that it must be a word of its own.
func (ids *Identifiers) addNever(v string) {
	n := needle{class: codeOf(Never)}
	if len(v) < minStrong {
		n.scan, n.replace = wholeWord, wholeWord
	}
	ids.addText(n, v)
}

func (ids *Identifiers) addHome(n needle, v string) {
	n.scan, n.replace = segment, segment
	drive, path, ok := strings.Cut(v, ":")
	if !ok || len(drive) != 1 {
		path = v
	}
	if strings.LastIndexAny(path, `/\`) <= 0 { // one name, like /root
		n.scan, n.replace = wholeWord, wholeWord
	}
	ids.addText(n, path)
	if path == v {
		return
	}
	ids.addSums(n.class, []byte(v))
	if short := shortName(path); short != "" {
		n.scan, n.replace = anywhere, anywhere
		ids.put(n, canonical(short))
	}
}

// shortName returns a Windows path with its last directory as systems name it
// that know eight characters only, up to the number; "" if it fits.
func shortName(path string) string {
	at := strings.LastIndexAny(path, `/\`)
	name := strings.Map(func(r rune) rune {
		if r == ' ' || r == '.' {
			return -1
		}
		return r
	}, path[at+1:])
	if at <= 0 || len(path)-at-1 <= 8 && name == path[at+1:] || len(name) < 2 {
		return ""
	}
	return path[:at+1] + name[:min(len(name), 6)] + "~"
}

// addID puts an ID into the index; one of 16 bytes without and with hyphens and
// as its bytes, also in the order that Windows and firmware have them.
func (ids *Identifiers) addID(n needle, v string) {
	if len(v) < minStrong {
		n.scan, n.replace = wholeWord, wholeWord
	}
	ids.addText(n, v)
	b, err := hex.DecodeString(strings.ReplaceAll(v, "-", ""))
	if err != nil || len(b) != 16 {
		if strings.Contains(v, "-") { // the spoken form, as people type it
			ids.put(n, canonical(strings.ReplaceAll(v, "-", "")))
			ids.put(n, canonical(strings.ReplaceAll(v, "-", " ")))
		}
		return
	}
	h := hex.EncodeToString(b)
	for _, w := range []string{h, h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]} {
		if w != v {
			ids.addText(n, w)
		}
	}
	ids.addBytes(n, b)
	swapped := slices.Clone(b)
	slices.Reverse(swapped[:4])
	slices.Reverse(swapped[4:6])
	slices.Reverse(swapped[6:8])
	ids.addBytes(n, swapped)
}

// addKey puts a public SSH key and its fingerprints into the index.
func (ids *Identifiers) addKey(n needle, blob []byte) {
	ids.addSums(n.class, blob)
	if own := bytes.TrimLeft(lastField(blob), "\x00"); len(own) >= minSerial {
		ids.addBytes(n, own)
	}
}

// addMAC puts the four notations and the bytes themselves into the index. What
// else stands between digits in base 16 is read as hex.
func (ids *Identifiers) addMAC(n needle, v string) {
	b, err := net.ParseMAC(v)
	if err != nil {
		return
	}
	bare := hex.EncodeToString(b)
	ids.addText(n, b.String())
	ids.addText(n, strings.ReplaceAll(b.String(), ":", "-"))
	ids.addText(n, bare)
	if len(b)%2 == 0 {
		var groups []string
		for i := 0; i < len(bare); i += 4 {
			groups = append(groups, bare[i:i+4])
		}
		ids.addText(n, strings.Join(groups, "."))
	}
	ids.addBytes(n, b)
	if short := strings.TrimPrefix(strings.ReplaceAll(":"+b.String(), ":0", ":"), ":"); short != b.String() {
		n.scan, n.replace = noHex, noHex // as BSD and macOS write it
		ids.put(n, short)
	}
}

// addIP puts an address into the index: IPv4 in all its writings, IPv6 by its
// beginning, from which on any text is read as an address.
func (ids *Identifiers) addIP(n needle, v string) {
	a, err := netip.ParseAddr(v)
	if err != nil {
		return
	}
	full := netip.AddrFrom16(a.As16())
	ids.addresses[full] = struct{}{}
	n.scan, n.replace = noHex, noHex
	if !a.Is4() {
		ids.addFirstGroup(n, full)
		ids.put(n, reverse6(full))
		for _, w := range []string{a.String(), a.StringExpanded()} {
			ids.addEncoded(w)
			ids.addTextSums(n.class, w)
		}
		b := a.As16()
		n.scan, n.replace = anywhere, anywhere
		ids.addBytes(n, b[:])
		return
	}
	for _, w := range hex4(a) {
		ids.put(n, w)
	}
	for _, w := range []string{"::ffff:" + a.String(), full.StringExpanded(), "::ffff:" + trimGroups(full)} {
		ids.addEncoded(w)
		ids.addTextSums(n.class, w)
	}
	ids.put(needle{class: n.class, kind: mapped6}, "ffff")
	n.scan, n.replace = noDigit, noDigit
	for _, w := range decimal4(a) {
		ids.put(n, w)
	}
	ids.addText(n, a.String())
}

// addFirstGroup has addresses read where their first group stands.
func (ids *Identifiers) addFirstGroup(n needle, a netip.Addr) {
	n.kind = group6
	group := strings.TrimLeft(a.StringExpanded()[:4], "0")
	if _, ok := ids.firsts[group]; ok {
		return
	}
	ids.firsts[group] = struct{}{}
	for ; len(group) < 4; group = "0" + group {
		if len(group) == 3 {
			ids.put(n, group+":")
		}
	}
	ids.put(n, group)
}
