package scrub

// Bounds of numbers.
const (
	maxDigits = 3  // of a number that stays
	lineDigit = 5  // of a line number behind a file name
	maxGroups = 24 // bytes of digits in groups
)

// numbers takes digits in groups: a card (Luhn), a phone number, or another
// number that is longer than its groups look.
func (p *pass) numbers() (int, string) {
	s, i := p.text, p.at
	plus := s[i] == '+' || s[i] == '('
	if s[i] == '(' && (isAddressAt(s, i+1) || is(s, i-1, isUnit)) {
		return 0, ""
	}
	if class[s[i]]&isNumber == 0 && !(plus && is(s, i+1, isNumber)) {
		return 0, ""
	}
	if !plus && isShort(s, i) {
		return 0, ""
	}
	end, digits, groups, single := p.groups(plus)
	switch {
	case digits >= 13 && digits <= 19 && !single && isLuhn(s[i:end]):
		return end, labelCard
	case digits < 6 || digits > 19 || single || digits < 7 && groups < 3:
		return 0, ""
	case plus || groups > 1 && s[i] == '0' && digits >= 9:
		return end, labelPhone
	case groups > 1:
		return end, labelNum
	}
	return 0, ""
}

// isShort reports whether a number stands at i that is one group of fewer digits
// than a card has.
func isShort(s string, i int) bool {
	start := i
	for is(s, i, isNumber) {
		i++
	}
	return i-start < 13 && !((has(s, i, ' ') || has(s, i, '-')) && is(s, i+1, isNumber))
}

// groups walks over digits with single separators between. single says that a
// group has one digit only, as in a list of small numbers; the first may in a
// long number.
func (p *pass) groups(plus bool) (end, digits, groups int, single bool) {
	s, i := p.text, p.at
	first := false
	if plus {
		i++
	}
	for i-p.at < maxGroups && is(s, i, isNumber) {
		start := i
		for is(s, i, isNumber) {
			i++
		}
		if is(s, i, isUnit) || i < len(s) && s[i] == '_' || groups > 0 && has(s, i, '.') && isAddressAt(s, start) {
			break // the start of a word, or of an address
		}
		if i-start == 1 && !plus {
			first = first || groups == 0
			single = single || groups > 0
		}
		digits += i - start
		groups++
		end = i
		if i < len(s) && s[i] == ')' && plus {
			i++
		}
		if i < len(s) && (s[i] == ' ' || s[i] == '-') || i < len(s) && s[i] == '.' && plus {
			i++
		}
		if plus && i < len(s) && s[i] == '(' {
			i++
		}
	}
	return end, digits, groups, single || first && digits < 9
}

// isLuhn checks the digits of s by ISO/IEC 7812-1.
func isLuhn(s string) bool {
	sum, double := 0, false
	for i := len(s) - 1; i >= 0; i-- {
		if !is(s, i, isNumber) {
			continue
		}
		d := int(s[i] - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		double = !double
	}
	return sum%10 == 0
}

// iban takes an account number by ISO 13616, together or in groups of four.
func (p *pass) iban() (int, string) {
	s, i := p.text, p.at
	if !is(s, i, isCapital) || !is(s, i+1, isCapital) || !is(s, i+2, isNumber) || !is(s, i+3, isNumber) {
		return 0, ""
	}
	if !is(s, i+4, isCapital|isNumber|isSpace|isJoin) {
		return 0, ""
	}
	var buf [34]byte
	compact := buf[:0]
	best := 0
	for ; i < len(s) && len(compact) < 34; i++ {
		if (s[i] == ' ' || s[i] == '-') && len(compact)%4 == 0 && is(s, i+1, isCapital|isNumber) {
			continue
		}
		if !is(s, i, isCapital|isNumber) {
			break
		}
		compact = append(compact, s[i])
		if len(compact) >= 15 && !is(s, i+1, isToken) && isMod97(compact) {
			best = i + 1
		}
	}
	return best, labelIBAN
}

// isMod97 checks an account number by ISO/IEC 7064.
func isMod97(s []byte) bool {
	rest := 0
	for i := range s {
		b := s[(i+4)%len(s)]
		if b >= 'A' {
			rest = (rest*100 + int(b-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(b-'0')) % 97
		}
	}
	return rest == 1
}

// plainNumber judges a number that stands for itself: the signs around make nothing
// else of it.
func (p *pass) plainNumber() bool {
	s, i := p.text, p.at
	if p.expect.kind != nothing || p.auth || i == p.hostAt || i == p.userAt {
		return false
	}
	end := i
	for is(s, end, isNumber) {
		end++
	}
	if has(s, end, '.') && is(s, end+1, isNumber) {
		return p.decimal(end)
	}
	switch {
	case end-i > maxPlain, has(s, end, ' ') && is(s, end+1, isNumber), p.mayBeModule(s[i]):
		return false
	case !isBound(s, end) && (!isNumberEnd(s, end) || p.isGrouped(i) || p.signs&(isAt|isSlash) != 0):
		return false
	}
	if end-i > maxDigits && !(p.file && end-i <= lineDigit) {
		p.again = p.again || !p.isApart(end, false)
		p.copy()
		p.out = append(p.out, labelNum...)
		p.skip(end)
		p.prev, p.auth, p.linked, p.dialed, p.paired, p.file = 0, false, false, false, false, false
		return true
	}
	p.at, p.file = end, false
	p.follow(numberRole(s[i:end]))
	return true
}

// decimal is plainNumber for one with a part behind a dot at dot, both of few
// digits.
func (p *pass) decimal(dot int) bool {
	s, end := p.text, dot+1
	for is(s, end, isNumber) {
		end++
	}
	if dot-p.at > maxDigits || end-dot-1 > maxDigits || !isBound(s, end) || has(s, end, ' ') && is(s, end+1, isNumber) || p.mayBeModule(s[p.at]) || p.prev&namingWord != 0 {
		return false
	}
	p.at, p.file = end, false
	p.follow(0)
	return true
}

// maxPlain is how many digits a number has that is no card's.
const maxPlain = 12

// isNumberEnd reports whether a number that ends at i does not go on behind a
// sign.
func isNumberEnd(s string, i int) bool {
	switch b := s[i]; b {
	case '+':
		return false
	case '.':
		return !is(s, i+1, isUnit)
	default:
		return class[b]&isToken == 0
	}
}
