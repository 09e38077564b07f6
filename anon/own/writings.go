package own

import (
	"crypto/md5"  //nolint:gosec // found, not trusted: others hash with it
	"crypto/sha1" //nolint:gosec // found, not trusted: others hash with it
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// decimal4 returns an IPv4 address as other bases, with zeros, as one number
// and backwards, in digits with nothing else next to them.
func decimal4(a netip.Addr) []string {
	b := a.As4()
	n := binary.BigEndian.Uint32(b[:])
	return unique([]string{
		fmt.Sprintf("%03d.%03d.%03d.%03d", b[0], b[1], b[2], b[3]),
		fmt.Sprintf("%d-%d-%d-%d", b[0], b[1], b[2], b[3]),
		fmt.Sprintf("%d_%d_%d_%d", b[0], b[1], b[2], b[3]),
		fmt.Sprintf("0%o.0%o.0%o.0%o", b[0], b[1], b[2], b[3]),
		fmt.Sprintf("0%03o.0%03o.0%03o.0%03o", b[0], b[1], b[2], b[3]),
		fmt.Sprintf("%d.%d.%d.%d.in-addr.arpa", b[3], b[2], b[1], b[0]),
		fmt.Sprintf("%d", n),
		fmt.Sprintf("0%o", n),
	})
}

// hex4 returns an IPv4 address in base 16: as one number, as the kernel's lists
// have it on most machines, and in parts.
func hex4(a netip.Addr) []string {
	b := a.As4()
	n := binary.BigEndian.Uint32(b[:])
	return unique([]string{
		fmt.Sprintf("%08x", n), fmt.Sprintf("0x%x", n), fmt.Sprintf("%08x", binary.LittleEndian.Uint32(b[:])),
		fmt.Sprintf("0x%x.0x%x.0x%x.0x%x", b[0], b[1], b[2], b[3]),
		fmt.Sprintf("0x%02x.0x%02x.0x%02x.0x%02x", b[0], b[1], b[2], b[3]),
	})
}

// reverse6 returns an IPv6 address as the domain name system asks for it.
func reverse6(a netip.Addr) string {
	b := a.As16()
	digits := strings.Split(hex.EncodeToString(b[:]), "")
	slices.Reverse(digits)
	return strings.Join(digits, ".") + ".ip6.arpa"
}

// trimGroups returns the last two groups of an address without leading zeros.
func trimGroups(a netip.Addr) string {
	b := a.As16()
	return fmt.Sprintf("%x:%x", binary.BigEndian.Uint16(b[12:]), binary.BigEndian.Uint16(b[14:]))
}

// reversed returns the value's characters backwards.
func reversed(v string) string {
	r := []rune(v)
	slices.Reverse(r)
	return string(r)
}

// words returns bytes in hex and in base64 of either alphabet, from the first
// byte on and without padding.
func words(v []byte) []string {
	return unique([]string{
		hex.EncodeToString(v), base64.RawStdEncoding.EncodeToString(v), base64.RawURLEncoding.EncodeToString(v),
	})
}

// starts returns the first letters of a text, at least four bytes if it has as
// many, in any case.
func starts(v string) []string {
	out := []string{""}
	for _, r := range v {
		if len(out[0]) >= minNeedle {
			break
		}
		var next []string
		for _, s := range out {
			next = append(next, s+string(unicode.ToLower(r)))
			if up := unicode.ToUpper(r); up != r || r >= utf8.RuneSelf {
				next = append(next, s+string(up))
			}
		}
		out = next
	}
	return out
}

// utf16Of returns a text as UTF-16 in both orders of bytes.
func utf16Of(v string) (little, big []byte) {
	for _, u := range utf16.Encode([]rune(v)) {
		little = binary.LittleEndian.AppendUint16(little, u)
		big = binary.BigEndian.AppendUint16(big, u)
	}
	return little, big
}

// digests returns the plain MD5, SHA-1 and SHA-256 of the value.
func digests(v []byte) [][]byte {
	m, s1, s2 := md5.Sum(v), sha1.Sum(v), sha256.Sum256(v) //nolint:gosec // found, not trusted
	return [][]byte{m[:], s1[:], s2[:]}
}

func unique(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}
