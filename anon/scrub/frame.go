package scrub

import (
	"bytes"
	"strings"
)

// maxHeader is how far into a line its own host may stand.
const maxHeader = 64

// isFrame reports whether a line is a frame of a stack trace, by how it
// starts: "at f", "#3 0x", "File \"", "in f". The names in it are those of a
// program's parts.
func isFrame(s string) bool {
	i := 0
	for is(s, i, isSpace) && i < maxHeader {
		i++
	}
	rest := s[i:]
	switch {
	case strings.HasPrefix(rest, "at "):
		return i > 0 || strings.IndexByte(rest[:min(len(rest), maxHeader)], '(') > 0
	case strings.HasPrefix(rest, `File "`):
		return true
	case strings.HasPrefix(rest, "#") && is(rest, 1, isNumber):
		return true
	}
	return false
}

// mayFrame reports whether isFrame may say so of what begins so.
func mayFrame(s []byte) bool {
	for _, b := range s {
		if class[b]&isSpace == 0 {
			return b == 'a' || b == 'F' || b == '#'
		}
	}
	return false
}

// header returns where a line's own host stands and the user whose command it
// tells, or -1: both stand behind a colon, but for the visitor of a web server.
func header(s string) (host, user int) {
	head := s[:min(len(s), maxHeader)]
	host, user = -1, -1
	if colon := strings.IndexByte(head, ':'); colon >= 0 {
		host, user = logHost(s, head, colon), lineUser(s, head, colon)
	}
	if user < 0 {
		user = visitor(head)
	}
	return host, user
}

// mayName reports whether header may find anything in what begins so.
func mayName(s []byte) bool {
	head := s[:min(len(s), maxHeader)]
	for i := 0; ; i++ {
		colon := bytes.IndexByte(head[i:], ':')
		if colon < 0 {
			break
		}
		if i += colon; i+3 < len(s) && (s[i+3] == ':' || s[i+1] == ' ' && (s[i+2] == '(' || s[i+2] == 'T')) {
			return true
		}
	}
	space := bytes.IndexByte(head, ' ')
	return space > 0 && bytes.HasPrefix(head[space:], []byte(" - "))
}

// logHost returns where the host stands that a line of a system log begins
// with, or -1: behind a clock time, before "program[123]:" or "program:". clock
// is where its first colon stands.
func logHost(s, head string, clock int) int {
	if clock < 2 || !is(head, clock-1, isNumber) || !is(head, clock+1, isNumber) || !has(head, clock+3, ':') || !is(head, clock+5, isNumber) {
		return -1
	}
	i := 0
	if has(head, 0, '<') && is(head, 1, isNumber) { // the priority of RFC 3164
		i = strings.IndexByte(head, '>') + 1
	}
	if !is(head, i, isCapital|isNumber) {
		return -1
	}
	for i = clock + 6; i < len(head) && head[i] != ' '; i++ {
	}
	start := i + 1
	if !is(s, start, isUnit) {
		return -1
	}
	end := unitEnd(s, start)
	if roleOf(s[start:end])&levelWord != 0 || !has(s, end, ' ') {
		return -1
	}
	if isHeader(head) && classes(s[start:end])&isCapital == 0 {
		return start
	}
	if !is(s, end+1, isAlpha) {
		return -1
	}
	for i = end + 1; is(s, i, isToken) || has(s, i, '.') || has(s, i, '/'); i++ {
	}
	if has(s, i, '[') && (is(s, i+1, isNumber) || has(s, i+1, '<')) || has(s, i, ':') && has(s, i+1, ' ') {
		return start
	}
	return -1
}

// isHeader reports whether a line starts as RFC 3164 and 5424 have it, with
// nothing but the host behind the time: Jun 14 15:16:01, <34>1 2003-10-11T.
func isHeader(head string) bool {
	if has(head, 0, '<') {
		end := strings.IndexByte(head, '>')
		head = head[end+1:]
		if has(head, 0, '1') && has(head, 1, ' ') {
			return true
		}
	}
	const month = 3 // letters
	return len(head) > month+4 && is(head, 0, isCapital) && only(head[1:month], isSmall) && has(head, month, ' ') &&
		(is(head, month+1, isNumber) || has(head, month+1, ' ') && is(head, month+2, isNumber))
}

// lineUser returns where the user stands that a line of sudo, su or cron begins
// with, or -1. colon is where its first colon stands.
func lineUser(s, head string, colon int) int {
	const then = " : TTY="
	command := -1
	for i := colon; ; {
		if has(s, i+1, ' ') {
			if i > 1 && strings.HasPrefix(s[i-1:], then) {
				return strings.LastIndexByte(s[:i-1], ' ') + 1
			}
			if command < 0 && has(head, i+2, '(') {
				command = i
			}
		}
		next := strings.IndexByte(head[i+1:], ':')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	if command < 0 {
		return -1
	}
	switch end := strings.IndexByte(head[command:], ')'); {
	case end < 0:
	case strings.HasPrefix(head[command+end:], ") CMD "):
		return command + 3
	case strings.HasPrefix(head[command:], ": (to ") && has(head, command+end+1, ' '):
		return command + end + 2
	}
	return -1
}

// visitor returns where the user stands in the common log format of web
// servers, behind the host and "-", before "[", or -1.
func visitor(head string) int {
	const then = " - "
	i := strings.IndexByte(head, ' ')
	if i < 1 || !strings.HasPrefix(head[i:], then) {
		return -1
	}
	start := i + len(then)
	if end := strings.IndexByte(head[start:], ' '); end < 1 || !strings.HasPrefix(head[start+end:], " [") || !is(head, start+end+2, isNumber) {
		return -1
	}
	return start
}

// mayBeModule reports whether one of the products' own modules begins with b.
func (p *pass) mayBeModule(b byte) bool {
	for _, m := range p.modules {
		if m != "" && m[0] == b {
			return true
		}
	}
	return false
}

// isModule reports whether the name of one of the products' own modules stands at
// i, or what begins so.
func (p *pass) isModule(i int) bool {
	for _, m := range p.modules {
		if m != "" && strings.HasPrefix(p.text[i:], m) {
			return true
		}
	}
	return false
}

// module takes a function of one of the products' own modules as it is.
func (p *pass) module() int {
	s := p.text
	if p.at > 0 && !is(s, p.at-1, isSpace) && strings.IndexByte(`("'`, s[p.at-1]) < 0 {
		return 0
	}
	for _, m := range p.modules {
		if !strings.HasPrefix(s[p.at:], m) || is(s, p.at+len(m), isToken) {
			continue
		}
		end := p.symbolEnd(p.at + len(m))
		if !p.frame && !has(s, end, '(') && !has(s, end, ':') {
			return 0
		}
		p.copy()
		p.out = append(p.out, s[p.at:end]...)
		p.prev, p.auth, p.linked, p.dialed, p.expect = 0, false, false, false, expectation{}
		p.file = true
		return end
	}
	return 0
}

// symbolEnd returns the end of the function's or file's name that goes on at
// i: names, dots, slashes, and the receiver of a method in parentheses.
func (p *pass) symbolEnd(i int) int {
	s := p.text
	for i < len(s) {
		switch {
		case is(s, i, isAlnum|isJoin|isDot) || s[i] == '/' || s[i] == '$':
			i++
		case strings.HasPrefix(s[i:], "(*") && p.at < i:
			end := i + 2
			for is(s, end, isAlnum|isJoin) {
				end++
			}
			if !has(s, end, ')') {
				return i
			}
			i = end + 1
		default:
			return i
		}
	}
	return i
}

// location writes the path at s[p.at:end] of a program's source: the names on
// it that pass, and a label for each that does not and for whose home it is.
func (p *pass) location(end int) {
	s := p.text
	home := false
	p.copy()
	p.loose, p.source = true, true
	for i := p.at; i < end; {
		if is(s, i, isSlash) || s[i] == ':' {
			p.out = append(p.out, s[i])
			i++
			continue
		}
		stop := i
		for stop < end && !is(s, stop, isSlash) && s[stop] != ':' {
			stop++
		}
		name := s[i:stop]
		switch {
		case labelAt(name, 0) == name:
			p.out = append(p.out, name...)
		case home:
			p.out = append(p.out, labelUser...)
		default:
			p.segment(name)
		}
		home = roleOf(name)&homeWord != 0 || equal(name, "documents and settings")
		i = stop
	}
	p.loose, p.source = false, false
	p.prev, p.auth, p.linked, p.dialed, p.expect, p.joinedEnd = 0, false, false, false, expectation{}, 0
	p.file = true
}

// segment writes one name of a source's path.
func (p *pass) segment(name string) {
	before := len(p.out)
	for i := 0; i < len(name); {
		if !is(name, i, isUnit) {
			if name[i] == ' ' || name[i] == '%' || name[i] == '~' {
				p.out = append(p.out[:before], labelWord...)
				return
			}
			p.out = append(p.out, name[i])
			i++
			continue
		}
		end := unitEnd(name, i)
		p.out = p.dotted(p.out, name[i:end], classes(name[i:end]))
		i = end
	}
	if string(p.out[before:]) != name {
		ext := ""
		if dot := strings.LastIndexByte(name, '.'); dot > 0 && roleOf(name[dot+1:])&extension != 0 {
			ext = name[dot:]
		}
		p.out = append(append(p.out[:before], labelWord...), ext...)
	}
}

// isLocation reports whether the path s[p.at:end] is where source stands: in a
// frame, or a source file with a line number behind it, or a field of its own
// in a crash report.
func (p *pass) isLocation(end int) bool {
	s := p.text
	if p.frame {
		return true
	}
	path, rest := s[p.at:end], s[end:]
	r := roleOf(path[strings.LastIndexByte(path, '.')+1:])
	switch {
	case r&(codeWord|binaryWord) != 0 && isReportKey(strings.Trim(s[:p.at], " \t\"'")):
		return true
	case r&codeWord == 0:
		return false
	case has(s, end, ':'):
		return is(s, end+1, isNumber) || strings.HasPrefix(rest, ":line ") || labelAt(s, end+1) == labelNum
	case has(s, end, '('):
		return is(s, end+1, isNumber)
	}
	return strings.HasPrefix(rest, `", line `)
}

// isReportKey reports whether a crash report names a program's file so.
func isReportKey(s string) bool {
	switch s {
	case "filename:", "abs_path:", "package:", "module:", "image:", "code_file:", "debug_file:", "name:":
		return true
	}
	return false
}
