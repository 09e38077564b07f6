package own

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Names of HTML entities, each followed by what it means. A letter with an
// accent is that letter.
const (
	entities = " amp& lt< gt> quot\" apos' nbsp\u00a0 sol/ bsol\\ colon: commat@ lowbar_ UnderBar_ hyphen- dash- " +
		"period. comma, lpar( rpar) num# plus+ equals= semi; excl! quest? dollar$ percnt% ast* midast* Tab\t NewLine\n " +
		"lsqb[ lbrack[ rsqb] rbrack] lcub{ lbrace{ rcub} rbrace} grave` verbar| vert| Hat^ tilde~ ndash- mdash- shy\u00ad " +
		"rsquo' lsquo' szlig\u00df aeligae AEligae oeligoe OEligoe eth\u00f0 ETH\u00f0 thorn\u00fe THORN\u00fe inodoti "
	accents = " grave acute circ tilde uml ring cedil caron macr breve ogon dot strok dblac slash lig "
	// longestEntity is how many bytes stand between & and ; at most.
	longestEntity = 10
)

func entity(t []byte) (rune, int) {
	if len(t) > 2 && t[1] == '#' {
		return numberedEntity(t)
	}
	end := bytes.IndexByte(t[:min(len(t), longestEntity+2)], ';')
	if end < 2 {
		return 0, 0
	}
	name := string(t[1:end])
	if i := strings.Index(entities, " "+name); i >= 0 {
		if meant, size := utf8.DecodeRuneInString(entities[i+1+len(name):]); meant != ' ' &&
			strings.HasPrefix(entities[i+1+len(name)+size:], " ") {
			return meant, end + 1
		}
	}
	if isLetter(name[0]) && contains(accents, name[1:]) {
		return rune(name[0]), end + 1
	}
	return 0, 0
}

// numberedEntity reads &#NN; and &#xHH;, which browsers take without the
// semicolon, too.
func numberedEntity(t []byte) (v rune, n int) {
	if canon[t[2]] == 'x' {
		if v, n = number(t[3:], 16, 6); n > 0 {
			n += 3
		}
	} else if v, n = number(t[2:], 10, 7); n > 0 {
		n += 2
	}
	if n > 0 && n < len(t) && t[n] == ';' {
		n++
	}
	return v, n
}
