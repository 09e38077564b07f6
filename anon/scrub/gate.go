package scrub

import "strings"

// Bounds of a token that may pass.
const (
	maxToken = 64 // bytes
	maxParts = 10 // words in it
)

// dotted appends the judgement of tokens joined by dots: kept, a label for all
// of them, or a label for each that is not known.
func (p *pass) dotted(out []byte, u string) []byte {
	if strings.IndexByte(u, '.') < 0 {
		if p.file && isDigits(u) && len(u) <= lineDigit {
			return append(out, u...)
		}
		if l := p.token(u); l != "" {
			return append(out, l...)
		}
		return append(out, u...)
	}
	if l := p.whole(u); l != "" {
		return append(out, l...)
	}
	return p.parts(out, u)
}

// whole returns the label that stands for all of a dotted unit, or "".
func (p *pass) whole(u string) string {
	parts := strings.Split(u, ".")
	last := strings.ToLower(parts[len(parts)-1])
	switch {
	case isSecret(u):
		return labelSecret
	case isDigits(strings.ReplaceAll(u, ".", "")):
		if len(parts) > 3 || longest(parts) > maxDigits {
			return labelNum
		}
	case domains[last] || countries[last] && !extensions[last]:
		return labelHost
	case classes(u)&(isCapital|isOther) == 0 && !extensions[last] && !p.isPackage(parts):
		return labelHost
	}
	return ""
}

// isPackage reports whether every part passes, or the first is the domain that a
// package's name starts with.
func (p *pass) isPackage(parts []string) bool {
	if domains[parts[0]] || parts[0] == "java" || parts[0] == "javax" {
		return true
	}
	for _, t := range parts {
		if p.token(t) != "" {
			return false
		}
	}
	return true
}

// parts appends each part that passes and a label for each that does not. What
// is left together is judged again as what it then is.
func (p *pass) parts(out []byte, u string) []byte {
	start := 0 // of the parts that pass
	for i := 0; i <= len(u); {
		end := len(u)
		if j := strings.IndexByte(u[i:], '.'); j >= 0 {
			end = i + j
		}
		if l := p.token(u[i:end]); l != "" {
			out = p.together(out, u, start, i)
			out = append(out, l...)
			if end < len(u) {
				out = append(out, '.')
			}
			start = end + 1
		}
		i = end + 1
	}
	return p.together(out, u, start, len(u)+1)
}

// together appends the parts u[start:end-1], which all pass, and the dot behind
// them if there is one.
func (p *pass) together(out []byte, u string, start, end int) []byte {
	if start >= end || start >= len(u) {
		return out
	}
	if kept := u[start : end-1]; len(kept) < len(u) {
		out = p.dotted(out, kept)
	} else {
		out = append(out, kept...)
	}
	if end <= len(u) {
		out = append(out, '.')
	}
	return out
}

func longest(parts []string) (n int) {
	for _, t := range parts {
		n = max(n, len(t))
	}
	return n
}

// token returns the label for one token, or "" if it passes.
func (p *pass) token(t string) string {
	c := classes(t)
	switch {
	case c&isOther != 0:
		return labelWord
	case isSecret(t):
		return labelSecret
	case len(t) > maxToken:
		return labelID
	case c&isNumber != 0:
		return number(t)
	case p.known(t):
		return ""
	case isHex(t) && len(t) >= 8:
		return labelID
	}
	return labelWord
}

// number judges a token with digits in it.
func number(t string) string {
	small := strings.ToLower(t)
	digits := len(t) - len(strings.TrimLeft(t, "0123456789"))
	switch {
	case digits == len(t):
		if digits <= maxDigits {
			return ""
		}
		return labelNum
	case forms[small] || isCode(t) || digits > 0 && digits <= maxDigits && units[small[digits:]]:
		return ""
	case digits > 0 && units[small[digits:]] || strings.Trim(t, "0123456789-_") == "":
		return labelNum
	}
	return labelID
}

// isCode reports whether t is a code that documents list: E217, and of hex
// those that every Windows program may return (HRESULT of Win32 and of COM,
// NTSTATUS); other hex may be anybody's handle.
func isCode(t string) bool {
	if hex, ok := strings.CutPrefix(strings.ToLower(t), "0x"); ok {
		windows := strings.HasPrefix(hex, "8007") || strings.HasPrefix(hex, "80004") || strings.HasPrefix(hex, "c00000")
		return len(hex) == 8 && windows && isHex(hex)
	}
	return len(t) >= 2 && len(t) <= 5 && is(t, 0, isCapital) && isDigits(t[1:])
}

func isSecret(t string) bool {
	for _, start := range secretStarts {
		if len(t) >= len(start)+8 && t[0] == start[0] && strings.HasPrefix(t, start) {
			return true
		}
	}
	return false
}

// known reports whether every word of a token is known: words are cut at _ and
// -, and at capitals (readAll, HTTPServer).
func (p *pass) known(t string) bool {
	letters, solid, parts := 0, 0, 0
	for i := 0; i < len(t); {
		if t[i] == '_' || t[i] == '-' {
			i++
			continue
		}
		end := wordEnd(t, i)
		if !p.knownWord(t[i:end]) {
			return false
		}
		letters += end - i
		if end-i > 2 {
			solid += end - i
		}
		parts++
		i = end
	}
	// Bits of two letters alone make any text, encoded bytes included.
	return parts <= maxParts && (parts <= 1 || 2*solid >= letters)
}

// wordEnd returns the end of the word at i: before a capital that follows or
// precedes a small letter.
func wordEnd(t string, i int) int {
	start := i
	for is(t, i, isAlpha) {
		if i > start && is(t, i, isCapital) && (is(t, i-1, isSmall) || is(t, i+1, isSmall)) {
			break
		}
		i++
	}
	return i
}

func (p *pass) knownWord(w string) bool {
	var small [maxToken]byte
	for i := range len(w) {
		small[i] = w[i] | 0x20
	}
	switch b := small[:len(w)]; len(w) {
	case 1:
		return true
	case 2:
		return pairs[string(b)]
	default:
		return p.words.has(b) || jargon[string(b)] || extensions[string(b)] || units[string(b)]
	}
}
