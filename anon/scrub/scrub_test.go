package scrub_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tacit-telemetry/tacit/anon/own"
	"github.com/tacit-telemetry/tacit/anon/scrub"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

var cases = []struct{ name, in, want string }{
	{"plain", "open spool: permission denied", "open spool: permission denied"},
	{"go error", "tls: server selected an invalid version after a HelloRetryRequest", "tls: server selected an invalid version after a HelloRetryRequest"},
	{"identifier", "bytes.Reader.Seek: invalid whence", "bytes.Reader.Seek: invalid whence"},

	{"home, linux", "open /home/zofarrell/x.db: permission denied", "open <path>: permission denied"},
	{"home, macos", "stat /Users/zofarrell/Library/Caches failed", "stat <path> failed"},
	{"home, macos, spaces", "stat /Users/Zo van Farrell/Library failed", "stat <path> failed"},
	{"home, windows", `open C:\Users\zofarrell\AppData\x.ini: access denied`, "open <path>: access denied"},
	{"home, windows, spaces", `open C:\Users\Zo Farrell\My Files\x.ini failed`, "open <path> failed"},
	{"home, windows, slashes", `open C:/Users/zofarrell/x failed`, "open <path> failed"},
	{"home, non-ascii", "read /home/zoë-müller/a: is a directory", "read <path>: is a directory"},
	{"home, unc", `open \\fileserver9\zofarrell$\doc.txt failed`, "open <path> failed"},
	{"home, long form", `open \\?\C:\Users\zofarrell failed`, "open <path> failed"},
	{"home, escaped", "open /home/zo%20farrell/x failed", "open <path> failed"},
	{"home, quoted, spaces", `open "/home/zo farrell/my file": no such file`, `open "<path>": no such file`},
	{"tilde", "read ~zofarrell/.ssh/config, ~/x", "read <path>, <path>"},
	{"domain user", `logon of CORPNET\zofarrell failed`, "logon of <path> failed"},
	{"relative, known", "schema/codec/page.go:120: wrong form", "schema/codec/page.go:120: wrong form"},
	{"relative, unknown", "src/zofarrell/page.go:12", "src/<word>/page.go:12"},
	{"frame", "at main (page.go:1776)", "at main (page.go:1776)"},
	{"foreign frame", "at main (Zofarrell.java:776:0)", "at main (<word>.java:776:0)"},

	{"url with password", "get https://zo:hunter2@db.example.com/x?y=1: refused", "get <url>: refused"},
	{"url in quotes", `Get "http://10.0.0.1:80/zo": EOF`, `Get "<url>": EOF`},

	{"ipv4", "dial tcp 10.77.3.9:80: refused", "dial tcp <ip>:80: refused"},
	{"ipv4 behind slash", "from /10.77.3.9:50010 closed", "from /<ip>:<num> closed"},
	{"ipv4 network", "route 10.77.0.0/16", "route <ip>/16"},
	{"ipv6", "dial 2001:db8::a:9 failed", "dial <ip> failed"},
	{"ipv6 with port", "dial [2001:db8::a:9]:80", "dial [<ip>]:80"},
	{"ipv6 zone", "dial fe80::1%eth0 failed", "dial <ip> failed"},
	{"ipv6 mapped", "peer ::ffff:10.77.3.9, ::1", "peer <ip>, <ip>"},
	{"ipv6 expanded", "peer 2001:0db8:0000:0000:0000:0000:000a:0009", "peer <ip>"},
	{"no ipv6", "at 20:30:31 :: done", "at 20:30:31 :: done"},
	{"version", "go 1.26.8, HTTP/1.1", "go 1.26.8, HTTP/1.1"},
	{"mac, colons", "link 02:1f:ee:90:7c:d3 up", "link <mac> up"},
	{"mac, hyphens", "link 02-1F-EE-90-7C-D3 up", "link <mac> up"},
	{"mac, dots", "link 021f.ee90.7cd3 up", "link <mac> up"},
	{"mac, bare", "link 021fee907cd3 up", "link <id> up"},

	{"mail", "mail zo.farrell+x@mail.example.org failed", "mail <email> failed"},
	{"mail, idn", "mail zoë@müller.example failed", "mail <email> failed"},
	{"mail, punycode", "mail zo@xn--mller-kva.example, done", "mail <email>, done"},
	{"ssh", "zofarrell@build7: connection closed", "<email>: connection closed"},
	{"host", "lookup db7.zwick-works.com: no such host", "lookup <host>: no such host"},
	{"host, code", "host7-frontend is down", "<id> is down"},

	{"aws key", "key AKIAIOSFODNN7EXAMPLE refused", "key <secret> refused"},
	{"github key", "with ghp_abcdefghijklmnopqrstuvwxyzABCDEF0123", "with <secret>"},
	{"bearer", "Authorization: Bearer abc.def.ghi", "Authorization: Bearer <secret>"},
	{"password", "password=open; user=mark", "password=<secret> user=<user>"},
	{"password, json", `{"password": "open sesame", "code": 5}`, `{"password": "<secret>", "code": 5}`},
	{"password, part", "DB_PASSWORD=dragon", "DB_PASSWORD=<secret>"},
	{"pem", "-----BEGIN RSA PRIVATE KEY----- MIIE abc -----END RSA PRIVATE KEY----- done", "<secret> done"},
	{"encoded", "got dGhpcyBpcyBub3QgYSBzZWNyZXQ5OTk= here", "got <secret> here"},

	{"user by word", "Invalid user mark from 10.0.0.9", "Invalid user <user> from <ip>"},
	{"user after for", "Failed password for will from host", "Failed password for <user> from host"},
	{"user unknown", "check pass; user unknown", "check pass; user unknown"},
	{"name, unknown", "Farrell, Zo", "<word>, <word>"},
	{"name, non-ascii", "Zoë said", "<word> said"},
	{"glued", "host\u200bname", "hostname"},

	{"card", "card 4111 1111 1111 1111!", "card <card>!"},
	{"card together", "4111111111111111", "<card>"},
	{"iban", "to DE89 3704 0044 0532 0130 00 failed", "to <iban> failed"},
	{"phone", "call +49 30 1234567 or (212) 555-0123", "call <phone> or <phone>"},
	{"uuid", "id 6f1c3a52-9b7e-4d0a-8c11-2e5f7a90b3d4", "id <id>"},
	{"numbers", "took 999 of 1000 in 120ms", "took 999 of <num> in 120ms"},
	{"codes", "E217 and 0x80070005 and 0xdeadbeef", "E217 and <id> and <id>"},
	{"labels", "dial <ip>: <word> <path>", "dial <ip>: <word> <path>"},
	{"ipv6, all", "route ::/0 lost", "route <ip> lost"},
	{"ip, defanged", "seen 10[.]77[.]3[.]9 and 10[.]77[.]3", "seen <ip> and 10[.]77[.]3"},
	{"ip, passive", "Entering Passive Mode (10,77,3,9,195,80)", "Entering Passive Mode (<ip>)"},
	{"ip, glued behind", "peer 10.77.3.9x and 10.77.3.9.53", "peer <ip> and <ip>.53"},
	{"host before ip", "connect from anvil[10.77.3.9]", "connect from <host>[<ip>]"},
	{"log line", "Jun 14 15:16:01 anvil sshd[123]: session opened for user mark by (uid=0)", "Jun 14 15:16:01 <host> sshd[123]: session opened for user <user> by (uid=0)"},
	{"sudo", "mark : TTY=pts/0 ; USER=root ; COMMAND=/bin/ls", "<user> : TTY=pts/0 ; USER=<user> ; COMMAND=<path>"},
	{"mail, escaped", "to mark%40example.com failed", "to <email> failed"},
	{"mail, name", `to "Hope, Mark" <m@x> failed`, `to "<name>" <<email>> failed`},
	{"json", `{"user":"mark hope","password":"open sesame","customer":"Open Works","code":5}`, `{"user":"<user>","password":"<secret>","customer":"<name>","code":5}`},
	{"json, escaped", `{\"user\":\"mark\",\"password\":\"open sesame\"}`, `{\"user\":\"<user>\",\"password\":\"<secret>\"}`},
	{"xml", "<UserName>mark</UserName><password>open</password>", "<UserName><user></UserName><password><secret></password>"},
	{"sql", "SELECT id FROM users WHERE name = 'open' AND id = 55", "SELECT id FROM users WHERE name = '<word>' AND id = 55"},
	{"quoted", `role "open" does not exist`, `role "<word>" does not exist`},
	{"secret, is", "password is dragon; token is invalid", "password is <secret> token is invalid"},
	{"secret, option", "run --password open now", "run --password <secret> now"},
	{"setting", "zwick.map.timeout is deprecated", "<word>.map.timeout is deprecated"},

	{"ip, pair", "flow 10.77.3.9:51412-10.77.3.10:443 closed", "flow <ip>:<host>:443 closed"},
	{"ip, any", "Server listening on :: port 22", "Server listening on <ip> port 22"},
	{"host, pair", "to anvil/10.77.3.9:8020 failed", "to <host>/<ip>:<num> failed"},
	{"host, role", "peer db-primary closed", "peer <host> closed"},
	{"host, port", "reach pickle:8443 again", "reach <host>:<num> again"},
	{"host, dialed", "connected to pickle in 5 ms", "connected to <host> in 5 ms"},
	{"host, thing", "connected to server", "connected to server"},
	{"host, key", `{"peer":"storage","level":"info"} upstream=storage`, `{"peer":"<host>","level":"info"} upstream=<host>`},
	{"level", "2024-03-01 10:00:00,123 INFO java.net.Socket: closed", "<num>:00:00,123 INFO java.net.Socket: closed"},
	{"access log", `10.77.3.9 - mark [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 512`, `<ip> - <user> [<path>:13:55:36 -<num>] "GET / HTTP/1.0" 200 512`},
	{"distinguished name", "dn=cn=open,ou=apps,dc=example failed", "dn=<name> failed"},
	{"remark", "user logged out; token: expired", "user logged out; token: expired"},

	{"name, title", "Mr. Black called", "Mr. <name> called"},
	{"name, pair", "ask Grace Farrell or Will Smith about the Max limit", "ask <name> or <name> about the Max limit"},
	{"name, given", "I met Hope yesterday. Mark the file", "I met <name> yesterday. Mark the file"},

	{"frame, go", "\t/home/zofarrell/go/src/spool/page.go:12 +0x1d", "\t/home/<user>/go/src/spool/page.go:12 +<id>"},
	{"frame, own", "example.com/zwick/spool.(*Zwick).Open(0xc000012345)", "example.com/zwick/spool.(*Zwick).Open(<id>)"},
	{"frame, java", "    at com.example.Zofarrell.open(Page.java:123)", "    at com.example.<word>.open(Page.java:123)"},
	{"frame, dotnet", `   at Spool.Page.Open(String s) in C:\Users\zofarrell\src\Page.cs:line 42`, `   at Spool.Page.Open(String s) in C:\Users\<user>\src\Page.cs:line 42`},
	{"frame, python", `  File "/home/zofarrell/app/views.py", line 33, in open`, `  File "/home/<user>/app/views.py", line 33, in open`},
	{"frame, script", "    at open (https://app.example.com/js/page.js:1:234)", "    at open (<url>/page.js:1:234)"},
	{"frame, gdb", "#3  0x00007f3a in open (s=1) at /home/zofarrell/src/page.c:123", "#3  <id> in open (s=1) at /home/<user>/src/page.c:123"},
	{"colours", "\x1b[1;31mzofa\x1b[0mrrell\x1b[0m open", "<word> open"},
	{"title, bell", "open \x1b]0;zofarrell\afile", "open file"},
	{"title, terminator", "open \x1b]8;;file:///home/zofarrell\x1b\\file\x1b]8;;\x1b\\ read", "open file read"},
	{"title, both ends", "open \x1b]0;zwick\x1b\\ file \x1b]0;zwick\a read", "open  file  read"},
	{"title, without an end", "open \x1b]0;zofarrell \x1b]1;file", "open 0;<word> 1;file"},
	{"direction", "zo\u202efarrell, op\u200ben", "<word>, open"},
	{"homoglyph", "\u043epen", "<word>"},
	{"utf-16", "z\x00o\x00f\x00a\x00r\x00", "<word>"},
	{"control", "op\x00en\nre\xffad\u2028file", "open read file"},
}

func TestLine(t *testing.T) {
	s := scrub.New(nil, "example.com/zwick")
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := s.Line(c.in)
			if got != c.want {
				t.Errorf("Line(%q) = %q, want %q", c.in, got, c.want)
			}
			if again := s.Line(got); again != got {
				t.Errorf("scrubbed again: %q, then %q", got, again)
			}
		})
	}
}

// ids are the identifiers of a planted host: own and scrub together.
func ids(t testing.TB) *own.Identifiers {
	t.Helper()
	ids, err := own.Gather(t.Context(), own.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ids.Never("open sesame", "zofarrell", "quarterdeck")
	return ids
}

// Own identifiers go even where every word of them is known.
func TestOwnFirst(t *testing.T) {
	s := scrub.New(ids(t))
	for in, want := range map[string]string{
		"said Open Sesame twice":       "said <secret> twice",
		"at quarterdeck.example.com:1": "at <secret>.<host>:1",
		"/srv/zofarrell/x missing":     "<path> missing",
		"zofarrell@host failed":        "<email> failed",
	} {
		if got := s.Line(in); got != want {
			t.Errorf("Line(%q) = %q, want %q", in, got, want)
		}
	}
}

// What is cut is cut after scrubbing: no half of a value is left, wherever the
// bound falls.
func TestCut(t *testing.T) {
	if scrub.MaxLine != codec.MaxTextLen {
		t.Errorf("MaxLine is %d, a page's text has %d", scrub.MaxLine, codec.MaxTextLen)
	}
	s := scrub.New(ids(t))
	for _, size := range []int{scrub.MaxLine, 80 << 10, 1 << 20} {
		for shift := range 6 {
			in := strings.Repeat("open ", size/5-shift) + strings.Repeat("x", shift) + " open sesame password=dragon"
			got := s.Line(in)
			if len(got) > scrub.MaxLine || !strings.HasSuffix(got, " <cut>") {
				t.Fatalf("%d bytes, end %q", len(got), got[max(0, len(got)-20):])
			}
			if strings.Contains(got, "sesame") || strings.Contains(got, "dragon") || s.Line(got) != got {
				t.Fatalf("size %d, shift %d: a value is left, or not stable", size, shift)
			}
		}
	}
	if got := s.Line(strings.Repeat("x", 1<<20)); got != "<cut>" {
		t.Errorf("a megabyte without a space: %q", got)
	}
}

// The bound of what is read of a line may fall into an identifier. Then its
// first half is not recognised, and goes because the end of the text goes.
func TestCutInIdentifier(t *testing.T) {
	known := ids(t)
	known.Never("every network denied twice")
	s := scrub.New(known)
	filler := strings.Repeat(strings.Repeat("x", 1023)+" ", 127)
	for shift := 1000; shift < 1024; shift += 4 {
		in := filler + strings.Repeat("y", shift-1) + " every network denied twice"
		if got := s.Line(in); strings.Contains(got, "every") || !strings.HasSuffix(got, " <cut>") {
			t.Fatalf("shift %d: half of a value is left", shift)
		}
	}
}

// The longest value in a long writing may reach over the end of what is read.
// None of what is read of it is left.
func TestCutInWriting(t *testing.T) {
	known := ids(t)
	value := strings.Repeat("every network denied twice, ", own.MaxNeverLen/28)
	if known.Never(value) != 1 {
		t.Fatal("the value is not taken")
	}
	var hex strings.Builder
	for _, b := range []byte(value) {
		fmt.Fprintf(&hex, "%02x 00 ", b)
	}
	s := scrub.New(known)
	for size := 40; size < 130; size += 6 {
		in := strings.Repeat(strings.Repeat("x", 1023)+" ", size) + hex.String()
		if got := s.Line(in); strings.Contains(got, "65") || strings.Count(got, "<num>") > 2 {
			t.Fatalf("%d KiB before it: a part of the value is left", size)
		}
	}
}

// A value that has control characters in itself is found, and so is one that
// others stand in.
func TestOwnControls(t *testing.T) {
	known := ids(t)
	known.Never("every\x01network", "denied twice")
	s := scrub.New(known)
	for in, want := range map[string]string{
		"said every\x01network here": "said <secret> here",
		"said den\x01ied tw\x02ice":  "said <secret>",
	} {
		if got := s.Line(in); got != want {
			t.Errorf("Line(%q) = %q, want %q", in, got, want)
		}
	}
}

// Four times the text takes at most five times the memory, so no parser copies
// what it has copied; and no line of this length would end in time if one
// looked at it again and again.
func TestLinear(t *testing.T) {
	s := scrub.New(nil)
	for _, piece := range []string{
		"a.", "a/", "a@", "a:", "1 ", "1-", "\\a ", "/a b", `c:\a b`, "<path>/", "A_", "a:b", "::", "a=", `"/`, "%A", "é", "DE89", "password:",
	} {
		work := func(n int) float64 {
			line := strings.Repeat(piece, n/len(piece))
			return allocated(func() { s.Line(line) })
		}
		if small, large := work(8<<10), work(32<<10); large > 5*small+32<<10 {
			t.Errorf("%q: %.0f bytes for 8 KiB, %.0f for 32 KiB", piece, small, large)
		}
	}
}

// allocated returns how many bytes f allocates.
func allocated(f func()) float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc - before.TotalAlloc)
}

// FuzzLine checks what Line promises of any text.
func FuzzLine(f *testing.F) {
	for _, c := range cases {
		f.Add(c.in)
	}
	bare, full := scrub.New(nil), scrub.New(ids(f))
	f.Fuzz(func(t *testing.T, in string) {
		for _, s := range []*scrub.Scrubber{bare, full} {
			got := s.Line(in)
			if again := s.Line(got); again != got {
				t.Errorf("scrubbed again: %q, then %q", got, again)
			}
			if !utf8.ValidString(got) || strings.ContainsAny(got, "\n\r\x00") || len(got) > scrub.MaxLine {
				t.Errorf("not a line: %q", got)
			}
		}
	})
}

func BenchmarkLine(b *testing.B) {
	s := scrub.New(ids(b))
	line := "dial tcp 10.77.3.9:80: lookup db7.zwick-works.com failed after 3 tries, open /home/zofarrell/x: permission denied"
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		s.Line(line)
	}
}
