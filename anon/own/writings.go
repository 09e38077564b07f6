package own

import (
	"crypto/md5"  //nolint:gosec // found, not trusted: others hash with it
	"crypto/sha1" //nolint:gosec // found, not trusted: others hash with it
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// minEncoded is the least number of bytes of a value whose encodings are
// looked for anywhere: fewer give needles that chance finds.
const minEncoded = minStrong

// plainWritings returns the value as text holds it: as it is and escaped. The
// caller compares them in any ASCII case.
func plainWritings(v string) []string {
	out := []string{v, strings.ToLower(v), strings.ToUpper(v), url.QueryEscape(v), url.PathEscape(v), jsonASCII(v)}
	if quoted, err := json.Marshal(v); err == nil {
		out = append(out, string(quoted[1:len(quoted)-1]))
	}
	if strings.Contains(v, `\`) {
		out = append(out, strings.ReplaceAll(v, `\`, `\\`), strings.ReplaceAll(v, `\`, `/`))
	}
	return unique(out)
}

// jsonASCII escapes what is not ASCII as \uXXXX, as many encoders do.
func jsonASCII(v string) string {
	var b strings.Builder
	for _, r := range v {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		}
	}
	return b.String()
}

// reversed returns the value's characters backwards.
func reversed(v string) string {
	r := []rune(v)
	slices.Reverse(r)
	return string(r)
}

// base64Writings returns the characters that the value surely has within any
// longer base64 text: one needle for each of the three alignments, in both
// alphabets.
func base64Writings(v []byte) []string {
	var out []string
	for offset := range 3 {
		padded := append(make([]byte, offset), v...)
		from := (offset*8 + 5) / 6
		to := len(padded) * 8 / 6
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			out = append(out, enc.EncodeToString(padded)[from:to])
		}
	}
	return unique(out)
}

// digests returns the plain MD5, SHA-1 and SHA-256 of the value.
func digests(v []byte) [][]byte {
	m, s1, s2 := md5.Sum(v), sha1.Sum(v), sha256.Sum256(v) //nolint:gosec // found, not trusted
	return [][]byte{m[:], s1[:], s2[:]}
}

// digestWritings returns each digest raw and in base64, to compare exactly.
// Their hex is the caller's: it is compared in any case.
func digestWritings(sum []byte) []string {
	return unique([]string{string(sum), base64.RawStdEncoding.EncodeToString(sum), base64.RawURLEncoding.EncodeToString(sum)})
}

func hexOf(v []byte) string { return hex.EncodeToString(v) }

func unique(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}
