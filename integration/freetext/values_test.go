package main

import (
	"strings"
	"testing"
)

// marked makes a line of a text whose values are written {class|value}.
func marked(k kind, text string) line {
	l := line{kind: k}
	for {
		before, rest, found := strings.Cut(text, "{")
		l.text += before
		if !found {
			return l
		}
		value, rest, _ := strings.Cut(rest, "}")
		class, value, _ := strings.Cut(value, "|")
		l.spans = append(l.spans, span{start: len(l.text), end: len(l.text) + len(value), class: class})
		l.text += value
		text = rest
	}
}

// TestSurvived is what the definitions say, one line each.
func TestSurvived(t *testing.T) {
	common := []line{
		marked(cleanLine, "cannot open report"),
		marked(caseLine, "says smith"),
		marked(logLine, "{id|blk_11} {id|blk_12} {id|blk_13} {id|kiosk_14}"),
	}
	w := wordsOf(common)
	for _, c := range []struct {
		text, out  string
		any, whole bool
	}{
		{"Failed for {user|bob} today", "Failed for <user> today", false, false},
		{"Failed for {user|bob} today", "Failed for bob today", true, true},
		{"Failed for {user|bob} today", "<word> for bob <word>", true, true},
		{"Failed for {user|bob} today", "failed for BOBBY today", false, false}, // no bob, and three letters are everywhere
		{"Failed for {user|carol} today", "Failed for CAROL today", true, false},
		{"Failed for {user|carol42} today", "Failed for carol<num> today", true, false},
		{"Failed for {user|c4} today", "Failed for c4 today", true, true},
		{"Failed for {user|anne.smith} today", "Failed for <user>.smith today", true, false},
		{"invalid user {user|user2}", "invalid user <user>", false, false},
		{"user {user|test} runs test", "user <user> runs test", false, false},
		{"user {user|test} runs test", "user test runs <word>", true, true},
		{"user {user|test} runs test", "<word> test <word>", true, true}, // either: then it is the user
		{"a {name|Ann Lee} b", "a Ann <word> b", true, false},
		{"{secret|hunter2} used", "hunter<num> used", true, false},
		{"from {ip|10.1.2.3} port", "from <ip> port", false, false},
		{"from {ip|10.1.2.3} port", "from <num>.2.3 port", true, false},
		{"from {ip|10.1.2.3} port", "from <num>.3 port", false, false},
		{"from {ip|10.1.2.3} port", "from 10.<word>1.2.3 port", true, true},
		{"from {ip|10.101.2.3} port", "from <num>.101.<num> port", false, false},
		{"from {ip|10.1.2.3:50010} port", "from <ip>:50010 port", true, false},
		{"from {ip|10.1.2.3:80} port", "from <ip>:80 port", false, false},
		{"from {ip|fe80::1} port", "from fe80::<num> port", true, false},
		{"from {ip|2001:db8::1} port", "from <id>:db8::<num> port", true, false},
		{"from {ip|::} port", "from :: port", true, true},
		{"from {ip|::} port", "from <ip> port", false, false},
		{"is {mac|0a:1b:2c:3d:4e:5f}", "is 0a:1b:<mac>", true, false},
		{"pan {creditcard|4111111111111111}", "pan <num>", false, false},
		{"call {phone|+55 11 98456}", "call +55 11 <num>", true, false},
		{"at {host|www.acme.com} up", "at www.<word>.com up", false, false},
		{"at {host|www.acme.com} up", "at www.acme.<word> up", true, false},
		{"at {host|host-12-34.net} up", "at host-12-34.<word> up", true, false},
		{"at {host|report.net} up", "at report.<word> up", true, false}, // a word, and a name of a machine
		{"to {email|info@acme.org}", "to <word>@<word>.org", false, false},
		{"to {email|info@acme.org}", "to info@<host>", true, false},
		{"to {email|jo@acme.org}", "to jo@<host>", true, false},
		{"of {path|/var/log/report/acme}", "of /var/log/report/<word>", false, false},
		{"of {path|/var/log/report/acme}", "of /var/log/<word>/acme", true, false},
		{"of {path|/data/smith/oaks}", "of /data/smith/<word>", true, false},
		{"of {path|/home/report/x}", "of /home/report/<word>", true, false},
		{"of {path|C:\\Users\\al\\x}", `of C:\Users\al\<word>`, true, false},
		{"of {path|/data/0417/x}", "of /data/0417/<word>", true, false},
		{"of {path|/data/417/x}", "of /data/417/<word>", false, false},
		{"of {path|/data/417/x}", "of /data/417/x", true, true},
		{"of {url|https://acme.com/report?9}", "of https://<word>.com/report?9", false, false},
		{"of {url|https://acme.com/12.13}", "of https://<word>.com/12.13", true, false},
		{"got {id|blk_17}", "got blk_<num>", false, false},
		{"got {id|blk_17}", "got blk_17", true, true},
		{"got {id|kiosk_17}", "got kiosk_<num>", true, false},
		{"got {id|0x1}", "got 0x1", true, true},
		{"got {id|0x1f}", "got 0<id>", false, false},
	} {
		l := marked(logLine, c.text)
		p := newPassage(&l, w, c.out)
		if any, whole := p.survived(0); any != c.any || whole != c.whole {
			t.Errorf("%s -> %s: telling %v, whole %v", c.text, c.out, any, whole)
		}
	}
}

func TestCounted(t *testing.T) {
	for value, want := range map[string]bool{"root": false, "FTP": false, "admin": true, "0x0": false, "0x1": true} {
		if counted("user", value) != want || counted("id", value) != want {
			t.Errorf("%s is counted: %v", value, !want)
		}
	}
	if !counted("host", "www") {
		t.Error("a host named www is not counted")
	}
}

// TestElsewhere finds what an alignment does not: each once.
func TestElsewhere(t *testing.T) {
	l := marked(logLine, "host {host|acme} is {host|acme} and {host|ACMEHALL}")
	for out, want := range map[string]int{
		"host <word> is <word> and <word>": 0,
		"host acme is <word> and <word>":   1,
		"host acme is acme and <word>":     2,
		"x-acme-x":                         1,
		"x-ACME-x":                         2, // one of them is: in doubt both
	} {
		n := 0
		for i := range l.spans {
			if any, _ := newPassage(&l, words{}, out).survived(i); any {
				n++
			}
		}
		if n != want {
			t.Errorf("%s: %d of 3 survived, want %d", out, n, want)
		}
	}
}
