package scrub

// Bounds of a directory's name, so that each position costs little.
const (
	maxAttribute = 16
	maxRelative  = 64
	maxRelatives = 16
)

// dn takes a distinguished name by RFC 4514, cn=reader,ou=apps,dc=example: it
// says who or what an entry is in all its parts. Its first attribute ends here.
func (p *pass) dn(end int) (int, string) {
	s := p.text
	if p.at > 0 && is(s, p.at-1, isToken|isDot) || end-p.at > maxAttribute || !only(s[p.at:end], isAlpha) {
		return 0, ""
	}
	start := end + 1
	if start < p.at+3 && !is(s, p.at, isCapital) {
		return 0, "" // none, or a letter that is a measure
	}
	parts := 1
	for ; parts < maxRelatives; parts++ {
		next := relativeEnd(s, start)
		if next == 0 {
			break
		}
		start = attributeEnd(s, next)
	}
	if parts == 1 && !isEntry(s[p.at:start-1]) {
		return 0, ""
	}
	end = start
	for end < len(s) && end-start < maxRelative && signs[s[end]]&closes == 0 {
		end++
	}
	return trimSigns(s, end), labelName
}

// attributeEnd returns where the value starts of the attribute that stands at
// i, behind its =, or 0.
func attributeEnd(s string, i int) int {
	end := i
	for end-i < maxAttribute && is(s, end, isAlpha) {
		end++
	}
	if end == i || !has(s, end, '=') || roleOf(s[i:end])&attributeWord == 0 {
		return 0
	}
	return end + 1
}

// isEntry reports whether an attribute alone names an entry of a directory.
func isEntry(attribute string) bool {
	return equal(attribute, "cn") || equal(attribute, "ou") || equal(attribute, "dc")
}

// relativeEnd returns where the next attribute stands behind the value at i and
// a comma, or 0.
func relativeEnd(s string, i int) int {
	end := i
	for end < len(s) && end-i < maxRelative && s[end] != ',' && s[end] != '=' && !is(s, end, isQuote) {
		end++
	}
	if end == i || !has(s, end, ',') {
		return 0
	}
	if end++; has(s, end, ' ') {
		end++
	}
	if attributeEnd(s, end) == 0 {
		return 0
	}
	return end
}
