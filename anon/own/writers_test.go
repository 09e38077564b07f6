package own

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"math/big"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf16"

	"pgregory.net/rapid"
)

// writer draws one writing of a value. No writer uses code of this package.
type writer func(t *rapid.T, v string) string

// textWriters are the writings of any text.
var textWriters = map[string]writer{
	"as it is":    anyCase,
	"url":         func(t *rapid.T, v string) string { return urlEscaped(t, anyCase(t, v)) },
	"url twice":   func(t *rapid.T, v string) string { return urlEscaped(t, urlEscaped(t, anyCase(t, v))) },
	"json":        func(t *rapid.T, v string) string { return jsonEscaped(t, anyCase(t, v)) },
	"json twice":  func(t *rapid.T, v string) string { return jsonEscaped(t, jsonEscaped(t, anyCase(t, v))) },
	"json in url": func(t *rapid.T, v string) string { return urlEscaped(t, jsonEscaped(t, anyCase(t, v))) },
	"shell":       func(t *rapid.T, v string) string { return shellEscaped(t, anyCase(t, v)) },
	"html":        func(t *rapid.T, v string) string { return htmlEscaped(t, anyCase(t, v)) },
	"utf-16":      func(t *rapid.T, v string) string { return wide(t, anyCase(t, v)) },
	"utf-16 shown": func(t *rapid.T, v string) string {
		return shown(t, wide(t, anyCase(t, v)))
	},
	"base64":        func(t *rapid.T, v string) string { return inBase64(t, anyASCIICase(t, v)) },
	"base64 utf-16": func(t *rapid.T, v string) string { return inBase64(t, wide(t, anyASCIICase(t, v))) },
	"hex":           func(t *rapid.T, v string) string { return inHex(t, anyCase(t, v)) },
	"hex utf-16":    func(t *rapid.T, v string) string { return inHex(t, wide(t, anyCase(t, v))) },
	"digest":        digestOf,
	"coloured":      coloured,
	"unseen":        unseen,
}

func pick[T any](t *rapid.T, name string, of ...T) T { return rapid.SampledFrom(of).Draw(t, name) }

func anyCase(t *rapid.T, v string) string {
	switch rapid.IntRange(0, 3).Draw(t, "case") {
	case 0:
		return v
	case 1:
		return strings.ToUpper(v)
	case 2:
		return strings.ToLower(v)
	}
	return strings.Map(func(r rune) rune {
		if rapid.Bool().Draw(t, "upper") {
			return unicode.ToUpper(r)
		}
		return unicode.ToLower(r)
	}, v)
}

// anyASCIICase leaves other letters: base64 of their halves is not looked for.
func anyASCIICase(t *rapid.T, v string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && rapid.Bool().Draw(t, "upper") {
			return unicode.ToUpper(r)
		}
		return r
	}, v)
}

func urlEscaped(t *rapid.T, v string) string {
	switch rapid.IntRange(0, 3).Draw(t, "url") {
	case 0:
		return url.QueryEscape(v)
	case 1:
		return url.PathEscape(v)
	}
	format := pick(t, "digits", "%%%02x", "%%%02X")
	all := rapid.Bool().Draw(t, "all")
	var b strings.Builder
	for _, c := range []byte(v) {
		if all || c >= 0x80 || !unicode.IsLetter(rune(c)) && !unicode.IsDigit(rune(c)) || rapid.Bool().Draw(t, "this") {
			fmt.Fprintf(&b, format, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func jsonEscaped(t *rapid.T, v string) string {
	if rapid.Bool().Draw(t, "plain json") {
		j, _ := json.Marshal(v)
		return string(j[1 : len(j)-1])
	}
	format := pick(t, "digits", `\u%04x`, `\u%04X`)
	all := rapid.Bool().Draw(t, "all")
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(v)) {
		if all || u >= 0x80 || strings.ContainsRune(`"\<>&`, rune(u)) {
			fmt.Fprintf(&b, format, u)
		} else {
			b.WriteByte(byte(u))
		}
	}
	return b.String()
}

func shellEscaped(t *rapid.T, v string) string {
	var b strings.Builder
	switch rapid.IntRange(0, 4).Draw(t, "shell") {
	case 0:
		return "'" + strings.ReplaceAll(v, "'", `'\''`) + "'"
	case 1:
		return "'" + strings.ReplaceAll(v, "'", `'"'"'`) + "'"
	case 2: // backslashes before what is no letter
		for _, r := range v {
			if r < 0x80 && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		}
		return b.String()
	case 3:
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(v) + `"`
	}
	format := pick(t, "digits", `\x%02x`, `\%03o`)
	all := rapid.Bool().Draw(t, "all")
	for _, c := range []byte(v) {
		if all || c >= 0x80 || c == '\'' || c == '\\' {
			fmt.Fprintf(&b, format, c)
		} else {
			b.WriteByte(c)
		}
	}
	return "$'" + b.String() + "'"
}

// entityNames are those that the value may need.
var entityNames = map[rune]string{
	'é': "eacute", 'É': "Eacute", 'ö': "ouml", 'Ö': "Ouml", 'ü': "uuml", 'Ü': "Uuml", 'ñ': "ntilde", 'Ñ': "Ntilde",
	'ß': "szlig", '@': "commat", '.': "period", '/': "sol", '\\': "bsol", '-': "hyphen", '_': "lowbar", ':': "colon",
	'\'': "apos", '"': "quot", '&': "amp", '<': "lt", '>': "gt", ' ': "nbsp", '+': "plus",
}

func htmlEscaped(t *rapid.T, v string) string {
	how := rapid.IntRange(0, 3).Draw(t, "html")
	if how == 0 {
		return html.EscapeString(v)
	}
	var b strings.Builder
	for _, r := range v {
		name, ok := entityNames[r]
		switch {
		case how == 1:
			fmt.Fprintf(&b, "&#%d;", r)
		case how == 2:
			fmt.Fprintf(&b, pick(t, "digits", "&#x%x;", "&#x%X;", "&#X%04x;"), r)
		case ok:
			b.WriteString("&" + name + ";")
		case r >= 0x80 || r == '&':
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func wide(t *rapid.T, v string) string {
	little := rapid.Bool().Draw(t, "little")
	var b []byte
	for _, u := range utf16.Encode([]rune(v)) {
		if little {
			b = append(b, byte(u), byte(u>>8))
		} else {
			b = append(b, byte(u>>8), byte(u))
		}
	}
	return string(b)
}

// shown writes bytes as languages print them.
func shown(t *rapid.T, v string) string {
	zero := pick(t, "zero", `\x00`, `\000`, `\u0000`)
	var b strings.Builder
	for _, c := range []byte(v) {
		switch {
		case c == 0:
			b.WriteString(zero)
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		case c == '\\':
			b.WriteString(`\\`)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func inBase64(t *rapid.T, v string) string {
	v = strings.Repeat("#", rapid.IntRange(0, 80).Draw(t, "bytes before")) + v + strings.Repeat("!", rapid.IntRange(0, 4).Draw(t, "bytes behind"))
	w := pick(t, "alphabet", base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding).EncodeToString([]byte(v))
	end := pick(t, "line", "", "", "\n", "\r\n", "\n    ", `\n`, `\r\n`)
	if end == "" {
		return w
	}
	var lines []string
	for ; len(w) > 76; w = w[76:] {
		lines = append(lines, w[:76])
	}
	return strings.Join(append(lines, w), end)
}

func inHex(t *rapid.T, v string) string {
	digits := pick(t, "digits", "%02x", "%02X")
	prefix, between := pick(t, "prefix", "", "", "0x"), pick(t, "between", "", ":", " ", "-", ", ", "\n")
	if prefix != "" && between == "" {
		between = " "
	}
	var parts []string
	for _, c := range []byte(v) {
		parts = append(parts, prefix+fmt.Sprintf(digits, c))
	}
	return strings.Join(parts, between)
}

func digestOf(t *rapid.T, v string) string {
	v = pick(t, "case", v, strings.ToLower(v), strings.ToUpper(v))
	m, s1, s2 := md5.Sum([]byte(v)), sha1.Sum([]byte(v)), sha256.Sum256([]byte(v))
	sum := pick(t, "digest", m[:], s1[:], s2[:])
	switch rapid.IntRange(0, 3).Draw(t, "form") {
	case 0:
		return string(sum)
	case 1:
		return inHex(t, string(sum))
	default:
		return pick(t, "alphabet", base64.StdEncoding, base64.RawURLEncoding).EncodeToString(sum)
	}
}

// coloured has colour codes of a terminal within.
func coloured(t *rapid.T, v string) string {
	r := []rune(v)
	at := rapid.IntRange(1, len(r)-1).Draw(t, "at")
	return "\x1b[1;31m" + string(r[:at]) + "\x1b[0m" + string(r[at:]) + "\x1b[0m"
}

// unseen has marks within that nobody sees.
func unseen(t *rapid.T, v string) string {
	r := []rune(v)
	at := rapid.IntRange(1, len(r)-1).Draw(t, "at")
	return string(r[:at]) + pick(t, "mark", "\u200b", "\u200f", "\u202e", "\ufeff", "\u00ad", "\u2060") + string(r[at:])
}

// octets are the bytes of an IPv4 address.
type octets [4]byte

func (o octets) number() uint32 {
	return uint32(o[0])<<24 | uint32(o[1])<<16 | uint32(o[2])<<8 | uint32(o[3])
}

func writeIPv4(t *rapid.T, o octets) string {
	forms := []string{"%d.%d.%d.%d", "%03d.%03d.%03d.%03d", "0x%x.0x%x.0x%x.0x%x", "0X%02X.0X%02X.0X%02X.0X%02X", "0%o.0%o.0%o.0%o", "ip-%d-%d-%d-%d"}
	switch i := rapid.IntRange(0, len(forms)+6).Draw(t, "form"); {
	case i < len(forms):
		return fmt.Sprintf(forms[i], o[0], o[1], o[2], o[3])
	case i == len(forms):
		return fmt.Sprint(o.number())
	case i == len(forms)+1:
		return fmt.Sprintf(pick(t, "hex", "0x%08x", "0X%X", "%08X"), o.number())
	case i == len(forms)+2:
		return fmt.Sprintf("0%o", o.number())
	case i == len(forms)+3:
		return fmt.Sprintf("%d.%d.%d.%d.in-addr.arpa", o[3], o[2], o[1], o[0])
	default:
		return writeIPv6(t, [8]uint16{5: 0xffff, 6: uint16(o.number() >> 16), 7: uint16(o.number())})
	}
}

// writeIPv6 draws any legal form: zeros before a group, any stretch of zero
// groups left out, either case, the end as IPv4.
func writeIPv6(t *rapid.T, a [8]uint16) string {
	n := 8
	tail := ""
	if rapid.IntRange(0, 3).Draw(t, "dotted") == 0 {
		n, tail = 6, fmt.Sprintf("%d.%d.%d.%d", a[6]>>8, a[6]&255, a[7]>>8, a[7]&255)
	}
	from, to := -1, -1
	if rapid.IntRange(0, 3).Draw(t, "compressed") > 0 {
		from, to = zeros(t, a[:n])
	}
	var b strings.Builder
	for i := 0; i < n; i++ {
		if i == from {
			b.WriteString("::")
			i = to - 1
			continue
		}
		if i > 0 && i != to {
			b.WriteByte(':')
		}
		b.WriteString(fmt.Sprintf(pick(t, "width", "%x", "%04x", "%02x", "%X"), a[i]))
	}
	if tail != "" && to != n {
		b.WriteByte(':')
	}
	return b.String() + tail
}

// zeros draws a stretch of groups that are zero, or none.
func zeros(t *rapid.T, a []uint16) (from, to int) {
	var all [][2]int
	for i := range a {
		for j := i; j < len(a) && a[j] == 0; j++ {
			all = append(all, [2]int{i, j + 1})
		}
	}
	if len(all) == 0 {
		return -1, -1
	}
	one := rapid.SampledFrom(all).Draw(t, "zeros")
	return one[0], one[1]
}

// arpa6 is the name that is asked for an address.
func arpa6(a [8]uint16) string {
	n := new(big.Int)
	for _, g := range a {
		n.Or(n.Lsh(n, 16), big.NewInt(int64(g)))
	}
	digits := fmt.Sprintf("%032x", n)
	var b strings.Builder
	for i := len(digits) - 1; i >= 0; i-- {
		b.WriteByte(digits[i])
		b.WriteByte('.')
	}
	return b.String() + "ip6.arpa"
}

// writeMAC draws a notation, which the end of a line may cut.
func writeMAC(t *rapid.T, mac string) string {
	parts := strings.Split(mac, ":")
	var w string
	switch between := pick(t, "between", ":", "-", ".", "", "_", "cut", "short"); between {
	case ".":
		w = parts[0] + parts[1] + "." + parts[2] + parts[3] + "." + parts[4] + parts[5]
	case "cut":
		at := rapid.IntRange(1, 5).Draw(t, "at")
		w = strings.Join(parts[:at], ":") + ":" + pick(t, "end", "\n", "\r\n", "\n    ") + strings.Join(parts[at:], ":")
	case "short":
		for i, p := range parts {
			parts[i] = strings.TrimPrefix(p, "0")
		}
		w = strings.Join(parts, ":")
	default:
		w = strings.Join(parts, between)
	}
	return pick(t, "case", w, strings.ToUpper(w))
}

// writeUUID draws a notation, which the end of a line may cut.
func writeUUID(t *rapid.T, bare string) string {
	w := bare
	if rapid.Bool().Draw(t, "hyphens") {
		w = bare[:8] + "-" + bare[8:12] + "-" + bare[12:16] + "-" + bare[16:20] + "-" + bare[20:]
	}
	if rapid.Bool().Draw(t, "cut") {
		at := rapid.IntRange(1, len(w)-1).Draw(t, "at")
		w = w[:at] + pick(t, "end", "\n", "\r\n", "\n  ") + w[at:]
	}
	return pick(t, "case", w, strings.ToUpper(w))
}

// writePath draws separators for each slash of a path.
func writePath(t *rapid.T, path string) string {
	var b strings.Builder
	for _, r := range path {
		if r == '/' {
			b.WriteString(pick(t, "separator", "/", `\`, "//", `\\`, `\/`, `\\\\`))
			continue
		}
		b.WriteRune(r)
	}
	return anyCase(t, b.String())
}
