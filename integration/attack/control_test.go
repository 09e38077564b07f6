package attack

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// samples are identifiers of every class, as long and as short as they come.
var samples = []identifier{
	{class: "host name", text: "kvarnb"},
	{class: "full name", text: "Wilhelmina Krzyzanowska"},
	{class: "home directory", text: "/mnt/staff/wilhelmkrz"},
	{class: "address", text: "10.83.217.46"},
	{class: "address", text: "2001:db8:4f1::9a", binary: []byte{0x20, 1, 0xd, 0xb8, 4, 0xf1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x9a}},
	{class: "MAC", text: "3e:91:c7:5d:a8:16", binary: []byte{0x3e, 0x91, 0xc7, 0x5d, 0xa8, 0x16}},
	{class: "licence key", place: "a control", text: "VQ3B7X-K2M9TD-HW5RJN-C8PZFA"},
	{class: "customer number", place: "a control", text: "408177321"},
}

// TestEveryWritingIsFound plants every writing of every sample in a file and
// in a log, and searches as the attack does.
func TestEveryWritingIsFound(t *testing.T) {
	t.Parallel()
	for i, id := range samples {
		ours := newSearcher(samples[i : i+1])
		all := writings(&id)
		if least := 6 * 8; len(all) < least {
			t.Errorf("%s: only %d writings", id.class, len(all))
		}
		for _, n := range all {
			var e evidence
			dir := filepath.Join(t.TempDir(), "D")
			plantIn(t, &e, dir, n.bytes)
			for _, x := range e.exhibits {
				if strings.HasPrefix(x.name, "the names") {
					continue
				}
				if len(ours.find(x.name, x.data)) == 0 && !escapedInLog(x.name, n.bytes) {
					t.Errorf("%s, %s: not found in %s", id.class, n.form, x.name)
				}
			}
		}
	}
}

// plantIn plants bytes in a file between others, and in a line of a log.
func plantIn(t *testing.T, e *evidence, dir string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	around := bytes.Repeat([]byte{0xa5, 'x', 0}, 1000)
	if err := os.WriteFile(filepath.Join(dir, "file"), bytes.Join([][]byte{around, b, around}, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	e.files(t, "planted", dir)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("relay is open", slog.String("x", string(b)))
	e.printed("the log", log.String(), dir)
}

// escapedInLog says whether a log writes the bytes in another way: digests and
// addresses as bytes are not text.
func escapedInLog(name string, b []byte) bool { return name == "the log" && !printable(b) }

// TestWritingsOfOthersAreFound looks for writings of the word kvarnbacken that
// other programs made: md5sum, sha1sum, sha256sum, base64, Python.
func TestWritingsOfOthersAreFound(t *testing.T) {
	t.Parallel()
	id := identifier{class: "host name", text: "kvarnbacken"}
	s := newSearcher([]identifier{id})
	for name, text := range map[string]string{
		"MD5":                      "15fda5626bd34056c73c255a0d669a21",
		"SHA-1":                    "a1f2ee22e3c3a74e4866a48f10dcc771019f9217",
		"SHA-256":                  "e4147e165c26fa74256b7d1b0b8ac110059d63a5860efbe20547944f7ddb6cfc",
		"SHA-256 and line":         "0a52515c4e5d096252fda2b8e78b2355c0b74c3185212d263c09a1030bb24f9e",
		"SHA-256, cut":             "e4147e165c26fa74256b7d1b0b8ac110059d63a5860efbe20547944f7ddb6cfc"[:16],
		"mixed case":               "host=KvarnBacken.",
		"reversed":                 "nekcabnravk",
		"base64":                   "aG9zdD1rdmFybmJhY2tlbjs=", // host=kvarnbacken;
		"base64, shifted":          "aG9zdD0ia3Zhcm5iYWNrZW4iOw==",
		"hex":                      "6b7661726e6261636b656e",
		"base64, shifted by two":   "aD1rdmFybmJhY2tlbjs=",
		"base64 of the MD5":        "Ff2lYmvTQFbHPCVaDWaaIQ==",
		"URL base64 of the SHA-1":  "eKHy7iLjw6dOSGakjxDcx3EBn5IX",
		"upper hex":                "6B7661726E6261636B656E",
		"upper hex of the SHA-256": "E4147E165C26FA74256B7D1B0B8AC110059D63A5860EFBE20547944F7DDB6CFC",
		"SHA-1 of the upper case":  "ef2dfd8d51884e70698fe0225648bd57769b31fe",
		"upper case reversed":      "NEKCABNRAVK",
		"MD5 of it reversed":       "4375de5752449d706139af8a45d4bd04",
		"raw SHA-256":              "\xe4\x14\x7e\x16\x5c\x26\xfa\x74\x25\x6b\x7d\x1b\x0b\x8a\xc1\x10\x05\x9d\x63\xa5\x86\x0e\xfb\xe2\x05\x47\x94\x4f\x7d\xdb\x6c\xfc",
	} {
		if len(s.find(name, []byte("--"+text+"--"))) == 0 {
			t.Errorf("%s is not found", name)
		}
	}
	for _, other := range []string{"kvarnback", "a mill on a hill", strings.Repeat("0", 4096)} {
		if f := s.find("text", []byte(other)); len(f) != 0 {
			t.Errorf("%q is no hit: %v", other, f)
		}
	}
}

// TestPackedIsFound packs a name in what Badger and JSON pack things in.
func TestPackedIsFound(t *testing.T) {
	t.Parallel()
	var secret []byte
	for i := range 200 { // enough for zstd to code the letters
		secret = fmt.Appendf(secret, "level=INFO count=%d elapsed=%d; ", i*i, 977*i)
	}
	secret = append(secret, "host=kvarnbacken; "...)
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	packed := w.EncodeAll(secret, []byte("before"))
	behind := append(bytes.Clone(packed), 0xff, 0, 7)
	if bytes.Contains(packed, []byte("kvarn")) {
		t.Fatal("zstd did not pack the name: this proves nothing")
	}
	s := newSearcher([]identifier{{class: "host name", text: "kvarnbacken"}})
	for name, b := range map[string][]byte{
		"zstd":           behind,
		"zstd in base64": fmt.Appendf(nil, `{"plain":%q}`, base64.StdEncoding.EncodeToString(packed[len("before"):])),
		"hex":            []byte(hex.EncodeToString(secret)),
	} {
		if len(s.find(name, b)) == 0 {
			t.Errorf("%s is not found", name)
		}
	}
}

// TestOnlyIDLinesShowTheID is the control of what is left out of the search.
func TestOnlyIDLinesShowTheID(t *testing.T) {
	t.Parallel()
	const uuid, spoken = "3b9e6ab5-5e5b-4c43-9a56-0c1f8e1a4e50", "1VKS-NBBQ-JV9H-19MN-G61Y-71MK-JG7"
	id := installationID(t, uuid, spoken)
	for text, want := range map[string]bool{
		`  "installation_id": "` + uuid + `",`:                                      false,
		`  "spoken": "` + spoken + `"`:                                              false,
		"  installation ID  " + spoken:                                              false,
		"time=0 level=INFO installation=" + uuid:                                    true,
		"installation ID  " + uuid + "\nx" + uuid:                                   true,
		`  "installation_id": "", "x": "` + strings.ReplaceAll(uuid, "-", "") + `"`: true,
		"error: no pages for " + mistyped(spoken)[:14]:                              false,
		"error: no pages for " + strings.ToLower(spoken):                            true,
	} {
		var e evidence
		e.printed("stdout", text, "/tmp/D", uuid, spoken)
		if found := e.search(nil, id); (len(found) > 0) != want {
			t.Errorf("%q: %d findings", text, len(found))
		}
	}
}
