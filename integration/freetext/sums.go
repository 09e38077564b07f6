package main

import (
	"maps"
	"slices"
	"strings"
)

// A tally counts things, and those of them for which something holds.
type tally struct{ of, hit int }

func (t *tally) add(hit bool) {
	t.of++
	if hit {
		t.hit++
	}
}

func (t *tally) join(u tally) { t.of, t.hit = t.of+u.of, t.hit+u.hit }

// share returns hit/of, and 1 of nothing.
func (t tally) share() float64 {
	if t.of == 0 {
		return 1
	}
	return float64(t.hit) / float64(t.of)
}

// Classes of values, and the rows that count them.
const (
	rowSecrets = "secrets"
	rowNames   = "person names in prose"
	rowOthers  = "other numbers, IDs and paths"
)

var classes = map[string]string{
	"email": "e-mail", "ip": "ip", "creditcard": "card", "ssn": "SSN", "phone": "phone", "url": "url", "host": "host",
	"mac": "mac", "iban": "IBAN", "natid": "national IDs", "user": "user names",
	"secret": rowSecrets, "jwt": rowSecrets, "urlauth": rowSecrets, "name": rowNames,
	"bank": rowOthers, "crypto": rowOthers, "imei": rowOthers, "id": rowOthers, "path": rowOthers,
}

// identifying are the classes of log lines that the study counts as one.
var identifying = set("ip mac host user email url path id")

// labels are the labels of classes that have one of their own.
var labels = map[string]string{
	"creditcard": "<card>", "iban": "<iban>", "ip": "<ip>", "mac": "<mac>", "phone": "<phone>", "email": "<email>",
	"url": "<url>", "secret": "<secret>", "jwt": "<secret>",
}

// sums is what the passages of one set of data add up to.
type sums struct {
	words words

	telling, whole tally // identifying values of log lines that survived
	constant       tally // constant words of log lines that did
	systems, kinds map[string]*tally
	gone           map[string]map[kind]*tally // by row and where the values stood
	messages       tally                      // words of clean messages that are lost
	errors         tally                      // words of error strings that are lost
	unchanged      tally                      // clean lines that came out as they went in
	frames, calls  tally                      // words of stack frames that survived, with directories and without
	frameUsers     tally                      // users' names in stack frames that are gone
	negatives      tally                      // cases that got a label they should not
	prose          tally                      // words of cases that survived

	linesIn, linesOut, again int
	speed                    speed
}

func newSums(lines []line) *sums {
	return &sums{words: wordsOf(lines), systems: map[string]*tally{}, kinds: map[string]*tally{}, gone: map[string]map[kind]*tally{}}
}

// in returns the tally of a name.
func in[K comparable](m map[K]*tally, name K) *tally {
	if m[name] == nil {
		m[name] = &tally{}
	}
	return m[name]
}

// add counts what became of a line.
func (s *sums) add(l *line, out string) {
	p := newPassage(l, s.words, out)
	switch {
	case l.kind == logLine:
		t := p.wordsKept(func(part) bool { return true })
		s.constant.join(t)
		in(s.systems, l.file).join(t)
		in(s.kinds, l.file+" "+l.template).join(t)
	case l.kind == cleanLine:
		s.addClean(p)
	case strings.HasSuffix(l.file, "-stack"):
		s.frames.join(p.wordsKept(p.ofFrame()))
		s.calls.join(p.wordsKept(p.ofCall()))
	default:
		s.prose.join(p.wordsKept(func(part) bool { return true }))
	}
	s.addValues(p)
	if label := labels[l.class]; l.negative && label != "" {
		s.negatives.add(strings.Contains(out, label))
	}
}

func (s *sums) addClean(p *passage) {
	t := p.wordsKept(func(part) bool { return true })
	t.hit = t.of - t.hit
	if strings.HasPrefix(p.file, "go_") {
		s.errors.join(t)
	} else {
		s.messages.join(t)
	}
	s.unchanged.add(p.out == p.text)
}

// addValues counts what survived of the values of a line.
func (s *sums) addValues(p *passage) {
	for i, v := range p.spans {
		row, ok := classes[v.class]
		if !ok || !counted(v.class, p.text[v.start:v.end]) {
			continue
		}
		telling, whole := p.survived(i)
		if p.kind == logLine && identifying[v.class] {
			s.telling.add(telling)
			s.whole.add(whole)
		}
		if strings.HasSuffix(p.file, "-stack") && v.class == "user" {
			s.frameUsers.add(!telling)
		}
		if s.gone[row] == nil {
			s.gone[row] = map[kind]*tally{}
		}
		in(s.gone[row], p.kind).add(!telling)
	}
}

// ofFrame returns which words of a stack frame count: without digits, and not
// the directories below a user's home.
func (p *passage) ofFrame() func(part) bool {
	var from, to int
	for _, v := range p.spans {
		if v.class == "user" {
			path := p.text[v.end:]
			if i := strings.IndexAny(path, " \t:)\""); i >= 0 {
				path = path[:i]
			}
			from, to = v.end, v.end+max(0, strings.LastIndexAny(path, `/\`))
		}
	}
	return func(q part) bool {
		at := p.atoms[q.from].start
		return lettersOnly(p.textOf(q)) && len(p.textOf(q)) > 1 && (at < from || at >= to)
	}
}

// ofCall returns which of these stand in no directory: functions, base names,
// messages.
func (p *passage) ofCall() func(part) bool {
	ofFrame := p.ofFrame()
	return func(q part) bool {
		rest := p.text[p.atoms[q.from].start:]
		if i := strings.IndexAny(rest, " \t:)\"'`,"); i >= 0 {
			rest = rest[:i]
		}
		return ofFrame(q) && !strings.ContainsAny(rest, `/\`)
	}
}

// mean returns the mean of the shares of all that has words.
func mean(tallies map[string]*tally) float64 {
	sum, n := 0.0, 0
	for _, name := range slices.Sorted(maps.Keys(tallies)) { // in an order that does not change the last digit
		if t := tallies[name]; t.of > 0 {
			sum, n = sum+t.share(), n+1
		}
	}
	if n == 0 {
		return 1
	}
	return sum / float64(n)
}
