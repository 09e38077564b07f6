package generate

import (
	"go/token"
	"slices"
	"strings"
	"unicode"
)

// initials are words that Go writes in capitals.
var initials = []string{
	"api", "ascii", "cpu", "csp", "css", "db", "dns", "eof", "html", "http", "https", "id", "io", "ip", "json", "ldap", "nfs", "os", "pdf",
	"ram", "rpc", "smb", "sql", "ssh", "tcp", "tls", "ttl", "udp", "ui", "uri", "url", "usb", "utf8", "uuid", "vm", "xml", "yaml",
}

// marks are what names are called that have no letters or digits.
var marks = map[rune]string{'/': "Slash", '*': "Star", '_': "None", '+': "Plus"}

// exported turns a registered name into the name of something in Go: each word
// with a capital, "disk_full" into DiskFull, "5.3" into 5_3.
func exported(name string) string {
	var out strings.Builder
	for _, word := range strings.FieldsFunc(strings.ReplaceAll(name, "+", ".plus."), notWord) {
		if s := out.String(); s != "" && unicode.IsDigit(rune(s[len(s)-1])) && unicode.IsDigit(rune(word[0])) {
			out.WriteByte('_')
		}
		if slices.Contains(initials, strings.ToLower(word)) {
			word = strings.ToUpper(word)
		}
		out.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	if out.Len() > 0 {
		return out.String()
	}
	for _, r := range name {
		out.WriteString(marks[r])
	}
	return out.String()
}

func notWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// unexported is exported with a small first word.
func unexported(name string) string {
	s := exported(name)
	n := 0 // capitals in front
	for n < len(s) && unicode.IsUpper(rune(s[n])) {
		n++
	}
	if n > 1 && n < len(s) && unicode.IsLower(rune(s[n])) {
		n-- // the last of them begins the next word
	}
	return strings.ToLower(s[:n]) + s[n:]
}

// taken are words that generated functions need themselves.
var taken = []string{
	"atomic", "client", "counter", "d", "err", "error", "int64", "n", "nil", "on", "r", "reporter", "reporting", "strconv", "string", "time", "timer", "v",
}

// parameter names a label's parameter.
func parameter(label string) string {
	s := unexported(label)
	if token.IsKeyword(s) || slices.Contains(taken, s) || !token.IsIdentifier(s) {
		return "label" + exported(label)
	}
	return s
}

// commentWidth is how wide a comment gets.
const commentWidth = 77

// comment writes a text as comment lines.
func comment(text string) string {
	var out, line strings.Builder
	for word := range strings.FieldsSeq(text) {
		if line.Len() > 0 && line.Len()+1+len(word) > commentWidth {
			out.WriteString("// " + line.String() + "\n")
			line.Reset()
		}
		if line.Len() > 0 {
			line.WriteByte(' ')
		}
		line.WriteString(word)
	}
	return out.String() + "// " + line.String()
}
