package main

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// general are words of addresses and paths that are the same everywhere.
var general = set(`
	http https ftp tcp udp file hdfs spark akka ldap ldaps smtp imap ssh sftp jdbc mysql postgresql redis amqp nfs smb
	www com net org edu gov mil int info biz local localhost localdomain internal lan mail smtp imap pop dns host
	dsl adsl vdsl dynamic static pool customer arpa addr
	usr lib lib64 bin sbin etc var log tmp opt srv proc sys dev run mnt media home root user users boot
	windows system system32 syswow64 winsxs program files programdata appdata local roaming temp
	library applications contents frameworks developer volumes private data src
	amd64 x86 x64 x86_64 arm64 aarch64 i386 i686 wow64 msil neutral none linux darwin
	log txt json xml yaml yml conf cfg ini dll exe sys jar war so dylib java js py go cs cpp html php`)

// noOne are users and IDs that any system has.
var noOne = set("root user ftp www ssh2 0x0")

// homes are the directories whose entries are named after people.
var homes = set("home users user profiles homes")

func set(words string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(words) {
		out[w] = true
	}
	return out
}

// words are what values of one set of data have in common.
type words struct {
	constant map[string]bool // of the text around the values
	kinds    map[string]bool // letters that at least three IDs share
}

// wordsOf gathers them.
func wordsOf(lines []line) words {
	w := words{constant: map[string]bool{}, kinds: map[string]bool{}}
	ids := map[string]map[string]bool{}
	for _, l := range lines {
		atoms := atomsOf(l.text, l.spans)
		for _, p := range partsOf(atoms, 0, len(atoms)) {
			if s := atoms[p.from].span; s < 0 && l.kind != caseLine && lettersOnly(textOf(l.text, atoms, p)) {
				w.constant[strings.ToLower(textOf(l.text, atoms, p))] = true
			}
		}
		for _, a := range atoms {
			if a.span < 0 || l.spans[a.span].class != "id" || !lettersOnly(a.text) {
				continue
			}
			if ids[a.text] == nil {
				ids[a.text] = map[string]bool{}
			}
			s := l.spans[a.span]
			ids[a.text][l.text[s.start:s.end]] = true
		}
	}
	for text, values := range ids {
		if len(values) >= 3 {
			w.kinds[text] = true
		}
	}
	return w
}

// group is how the parts of a class tell.
type group int

const (
	named   group = iota // users, people, secrets
	numbers              // addresses, cards, accounts
	hosts                // hosts and e-mail addresses
	places               // URLs and paths
	ids
)

var groups = map[string]group{
	"ip": numbers, "mac": numbers, "creditcard": numbers, "ssn": numbers, "phone": numbers,
	"iban": numbers, "natid": numbers, "bank": numbers, "imei": numbers,
	"host": hosts, "email": hosts, "url": places, "path": places, "id": ids,
}

// tells says whether a part tells who, by itself.
func (w words) tells(class, part string) bool {
	const longest = 3 // digits of a number that tells nothing
	n, low := utf8.RuneCountInString(part), strings.ToLower(part)
	switch g := groups[class]; {
	case g == numbers:
		return n > 3 || n == 3 && !digitsOnly(part)
	case g == named:
		return n >= 3
	case n < 3 || digitsOnly(part) && (n <= longest || strings.Trim(part, "0") == ""):
		return false
	case g == hosts:
		return !general[low]
	case g == places:
		return !general[low] && !w.constant[low]
	default:
		return !general[low] && !w.constant[low] && !(lettersOnly(part) && w.kinds[part])
	}
}

// neighbours says whether two parts side by side tell, which alone would not.
func neighbours(class, a, b string) bool {
	switch g := groups[class]; g {
	case numbers:
		return true
	case hosts:
		return class == "host" && digitsOnly(a) && digitsOnly(b)
	case places:
		return class == "url" && digitsOnly(a) && digitsOnly(b)
	default:
		return false
	}
}

// counted says whether a value names anyone.
func counted(class, value string) bool {
	return class != "user" && class != "id" || !noOne[strings.ToLower(value)]
}

func lettersOnly(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !letter(r) }) < 0
}

func digitsOnly(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsDigit(r) }) < 0
}
