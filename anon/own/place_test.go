package own

import (
	"strings"
	"testing"
)

// TestCommonUser: a user whose name is a word is gone where a user is named, and
// the word stays where it is one.
func TestCommonUser(t *testing.T) {
	for _, name := range []string{"test", "mark", "al"} {
		ids := of(t, found{class: User, value: name}, found{class: Home, value: "/home/" + name}, found{class: Home, value: `C:\Users\` + name})
		ids.common = func(w string) bool { return w == name }
		for _, line := range []string{
			"user=NAME", `user="NAME"`, "USER=NAME;", "user: NAME", `{"user": "NAME"}`, "username='NAME'", "login NAME failed",
			"session opened for user NAME by (uid=0)", "session opened for user root(uid=0) by NAME(uid=1000)",
			"Accepted publickey for NAME from 192.0.2.7 port 51022 ssh2", "Failed password for NAME from 192.0.2.7 port 22",
			"Failed password for invalid user NAME from 192.0.2.7", "authentication failure; logname=NAME uid=0 ruser= rhost=",
			"open /home/NAME/notes: no such file", "cd /home/NAME", "/Users/NAME/Library", `C:\Users\NAME\AppData`, `c:/users/NAME`,
			"NAME@build-7", "ssh NAME@192.0.2.7", "git clone ssh://NAME@host/x", "scp a NAME@b:c", "ls ~NAME/x",
			"uid=1000(NAME) gid=1000(NAME) groups=1000(NAME)", "su - NAME", "su NAME", "su: (to root) NAME on pts/0",
			"sudo:     NAME : TTY=pts/0 ; PWD=/tmp ; USER=root ; COMMAND=/bin/true", "sudo -u NAME id", "sudo: NAME : user NOT in sudoers",
			"(NAME) CMD (run-parts)", "NAME     pts/0        2026-03-02 11:02", "-rw-r--r-- 1 NAME NAME 4096 Mar  2 x",
			"chown NAME:NAME x", "password changed for NAME", "owner NAME", "psql -U NAME", "user%3DNAME", `{\"user\": \"NAME\"}`, `user\u003dNAME`,
			"user=\x1b[1mNAME\x1b[0m", "u\x00s\x00e\x00r\x00=\x00" + strings.Join(strings.Split("NAME", ""), "\x00") + "\x00",
			`C:\\Users\\NAME\\x`, "file:///home/NAME/x", "USER%253DNAME",
		} {
			for _, as := range []string{name, strings.ToUpper(name)} {
				text := strings.ReplaceAll(line, "NAME", as)
				text = strings.ReplaceAll(text, "N\x00A\x00M\x00E", strings.Join(strings.Split(as, ""), "\x00"))
				out := ids.Replace(text)
				if left := strings.Fields(strings.Map(letters, out)); containsFold(left, name) {
					t.Errorf("%q stays in %q", as, out)
				}
				if hit, ok := ids.Scan([]byte(out)); ok {
					t.Errorf("hit of %q after Replace: %q", hit.Class, out)
				}
			}
		}
		for _, line := range []string{
			"the NAME failed", "waiting for NAME to finish", "NAME and sweep", "a NAME, and another", "--- FAIL: TestX NAME", "running NAME 7 of 12",
			"in NAME mode", "for NAME in list", "NAMEed", "be NAME", "go NAME ./...", "src/NAME/x.go", "NAME: ok", "[NAME]", "(NAME)",
			"high water NAME reached", "cannot find package NAME", "key=NAME", "the NAME for 7 was set by 8", "a NAME of 5",
		} {
			text := strings.ReplaceAll(line, "NAME", name)
			if out := ids.Replace(text); out != text {
				t.Errorf("Replace = %q, of %q", out, text)
			}
			if hit, ok := ids.Scan([]byte(text)); ok {
				t.Errorf("hit of %q: %q", hit.Class, text)
			}
		}
	}
}

// letters leaves letters, and spaces for the rest.
func letters(r rune) rune {
	if 'a' <= r|0x20 && r|0x20 <= 'z' {
		return r
	}
	return ' '
}

func containsFold(words []string, name string) bool {
	for _, w := range words {
		if strings.EqualFold(w, name) {
			return true
		}
	}
	return false
}

// TestUncommonShortUser: a short name that is no word is gone wherever it is a
// word of its own, and blocks nothing by chance.
func TestUncommonShortUser(t *testing.T) {
	ids := of(t, found{class: User, value: "zoe9"})
	if got, want := ids.Replace("job of zoe9 done, zoe99"), "job of <user> done, zoe99"; got != want {
		t.Errorf("Replace = %q, want %q", got, want)
	}
	if _, ok := ids.Scan([]byte("job of zoe9 done")); ok {
		t.Error("a short name is a hit without a place")
	}
	if _, ok := ids.Scan([]byte("user=zoe9")); !ok {
		t.Error("a short name is none where a user is named")
	}
}

// TestPlainLanguage: lines of technical English hold nothing of a host whose
// names are words, and nothing of one whose names are none.
func TestPlainLanguage(t *testing.T) {
	words := map[string]bool{}
	for _, w := range []string{"test", "mark", "grant", "frank", "will", "art", "rich", "sandy", "dean", "drew", "page", "cliff", "ray", "bill"} {
		words[w] = true
	}
	ids := typical(t)
	ids.common = func(w string) bool { return words[w] }
	for w := range words {
		ids.add(found{class: User, value: w})
		ids.add(found{class: Home, value: "/home/" + w})
	}
	for _, h := range []string{"vm", "server", "node", "db-1", "prod"} {
		ids.scanOnly(found{class: Host, value: h})
	}
	for _, line := range english {
		if out := ids.Replace(line); out != line {
			t.Errorf("Replace = %q, of %q", out, line)
		}
		if hit, ok := ids.Scan([]byte(line)); ok {
			t.Errorf("hit of %q: %q", hit.Class, line)
		}
	}
}

// scanOnly adds an identifier that Replace takes out wherever it is a word: the
// lines of the test have it as one.
func (ids *Identifiers) scanOnly(f found) {
	n := needle{class: codeOf(f.class), replace: userWord}
	n.scan, _ = ids.edges(f)
	ids.addText(n, f.value)
}

// english are made-up lines as programs and their authors write them.
var english = strings.Split(strings.TrimSpace(`
the test will mark each page that was read, and drew its bill from the rich set of rules
a grant of read access is checked once; the server will not ask the node again
cannot open page 7: the file has 6 pages, see the test of the reader
test 12 of 40 passed in 318ms, will run the next test with a frank warning
high water mark reached: 4096 of 4096, art of the possible
retry in 1.5s (attempt 3 of 10), the bill of materials was sandy at best
node 3 left the ring, server 5 took over its range, prod settings are kept
mark and sweep took 12ms, heap 48 MB, 3 of 4 workers were idle
the dean of the list is element 0; cliff edges are rounded down
GET /v2/page/test returned 404, bytes 18211, took 12.48ms
level=warn msg="page cache is cold" size=4096 node=none
panic: test executed panic(nil) or runtime.Goexit: will abort
2026-03-02 11:47:09,112 INFO main: started in 2.118 s, build 4f1c9a0d77be, 8 cores, 16 GB
key 7f3a9c0155d2 was not found in table 12, 0x7ffe1b2c is no address of a page
sha256:9c1185a5c5e9fc54612808977ee8f548b2258d31ddadef707ba62c166051b9ef pulled in 3.2 s
aGVsbG8gd29ybGQsIHRoaXMgaXMgYSB0ZXN0 is 27 bytes of base64
request 5b2d9c1e-7a40-4c55-9a1f-0d3e8b6c7f21 took 14 ms, trace 00f067aa0ba902b7
at com.acme.page.Test.mark(Test.java:118), at art.Method.invoke(Native Method)
100% of the test passed, 50%25 of it twice; C:\temp\new\test.log was written
Die Prüfung schlägt fehl: Datei „seite.txt“ fehlt, bitte später erneut versuchen
`), "\n")
