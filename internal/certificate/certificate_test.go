package certificate

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

var now = time.Date(2026, 11, 21, 12, 34, 56, 0, time.UTC)

func TestFingerprint(t *testing.T) {
	c, err := Own(filepath.Join(t.TempDir(), "tls"), nil, now)
	if err != nil {
		t.Fatal(err)
	}
	f := Of(c)
	text := f.String()
	plain := strings.ReplaceAll(text, ":", "")
	for _, s := range []string{text, plain, strings.ToLower(text), strings.ToLower(plain), " " + text + "\r\n"} {
		if got, err := ParseFingerprint(s); err != nil || got != f {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
	for name, s := range map[string]string{
		"nothing": "", "short": text[3:], "long": text + ":00", "no hex": "X" + text[1:], "half the colons": text[:3] + plain[2:],
		"colons elsewhere": "A:" + text[2:], "another separator": strings.ReplaceAll(text, ":", "-"), "none": strings.Repeat("0", 64),
		"SHA-1": text[:59], "signs": strings.Repeat("+1", 32),
	} {
		if got, err := ParseFingerprint(s); !errors.Is(err, ErrFingerprint) || !got.IsZero() || s != "" && strings.Contains(err.Error(), s) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	for _, want := range []Fingerprint{f, {}} {
		var got struct{ F Fingerprint }
		b, err := json.Marshal(struct{ F Fingerprint }{want})
		if err != nil || json.Unmarshal(b, &got) != nil || got.F != want {
			t.Errorf("%s: %v, %v", b, got, err)
		}
	}
}

// TestOpenSSL compares with what openssl printed for the file:
// `openssl x509 -noout -fingerprint -sha256 -in testdata/certificate.pem`.
func TestOpenSSL(t *testing.T) {
	const printed = "BC:A5:B5:2C:BB:CF:1A:60:2C:05:99:3B:60:4F:2C:D4:7F:81:DB:02:44:8F:0A:AB:7A:12:4D:EB:18:41:DE:4B"
	b, err := os.ReadFile("testdata/certificate.pem")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(b)
	if got := Of(tls.Certificate{Certificate: [][]byte{block.Bytes}}); got.String() != printed {
		t.Errorf("%v, want %s", got, printed)
	}
	if !Of(tls.Certificate{}).IsZero() {
		t.Error("no certificate has a fingerprint")
	}
}

func FuzzParseFingerprint(f *testing.F) {
	f.Add("AB:CD")
	f.Add(strings.Repeat("ab", 32))
	f.Add(strings.TrimSuffix(strings.Repeat("Ab:", 32), ":"))
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseFingerprint(s)
		if (err == nil) == got.IsZero() {
			t.Fatalf("%v, %v", got, err)
		}
		if err == nil && !strings.EqualFold(strings.ReplaceAll(strings.TrimSpace(s), ":", ""), strings.ReplaceAll(got.String(), ":", "")) {
			t.Fatalf("%q is read as %v", s, got)
		}
	})
}

func TestOwn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "tls")
	names := []string{"relay.example", "10.1.2.3", "::1", "localhost"}
	c, err := Own(dir, names, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := c.Leaf.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	leaf := c.Leaf
	if leaf.NotAfter.Sub(now) < 9*365*24*time.Hour || leaf.NotBefore.After(now) || leaf.NotBefore.Hour() != 0 || leaf.IsCA || leaf.PublicKeyAlgorithm != x509.ECDSA {
		t.Errorf("%v to %v, authority %v, %v", leaf.NotBefore, leaf.NotAfter, leaf.IsCA, leaf.PublicKeyAlgorithm)
	}
	again, err := Own(dir, []string{"another.example"}, now.AddDate(20, 0, 0))
	if err != nil || Of(again) != Of(c) {
		t.Errorf("%v, %v, want the one that others have in their configuration", Of(again), err)
	}
	if other, err := Own(filepath.Join(t.TempDir(), "tls"), names, now); err != nil || Of(other) == Of(c) {
		t.Errorf("two hosts have one certificate, %v", err)
	}
	for name, mode := range map[string]os.FileMode{"": os.ModeDir | 0o700, KeyFile: 0o600, CertificateFile: 0o600} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || runtime.GOOS != "windows" && info.Mode() != mode {
			t.Errorf("%q: %v, %v", name, info, err)
		}
	}
}

func TestOwnNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"relay": true, "a-b.example": true, "127.0.0.1": true, "fe80::1": true, "": false, "a..b": false, "relay:8472": false,
		"*.example": false, "re lay": false, "rélay": false, "-.example": false, "tls://relay": false, strings.Repeat("a", 64): false,
		strings.Repeat("a.", 127) + "a": false,
	} {
		dir := filepath.Join(t.TempDir(), "tls")
		_, err := Own(dir, []string{name}, now)
		if (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
		if left, _ := os.ReadDir(dir); !ok && len(left) > 0 {
			t.Errorf("%q: %v is left", name, left)
		}
	}
}

// TestOwnDamaged: half a pair, or a wrong one, is said; what a crash at first
// use left is made anew.
func TestOwnDamaged(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(dir string) error
		anew   bool
	}{
		"key gone":            {func(dir string) error { return os.Remove(filepath.Join(dir, KeyFile)) }, false},
		"key empty":           {func(dir string) error { return os.Truncate(filepath.Join(dir, KeyFile), 0) }, false},
		"certificate torn":    {func(dir string) error { return os.Truncate(filepath.Join(dir, CertificateFile), 100) }, false},
		"killed between both": {func(dir string) error { return os.Remove(filepath.Join(dir, CertificateFile)) }, true},
		"another's key": {func(dir string) error {
			if _, err := Own(dir+"2", nil, now); err != nil {
				return err
			}
			return os.Rename(filepath.Join(dir+"2", KeyFile), filepath.Join(dir, KeyFile))
		}, false},
	} {
		dir := filepath.Join(t.TempDir(), "tls")
		if _, err := Own(dir, nil, now); err != nil {
			t.Fatal(err)
		}
		if err := c.damage(dir); err != nil {
			t.Fatal(err)
		}
		_, err := Own(dir, nil, now)
		if c.anew != (err == nil) || !c.anew && (!errors.Is(err, durable.ErrDamaged) || strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "backup")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOwnWritesTheKeyFirst: where no key can be written there is no certificate,
// whose fingerprint somebody could note down.
func TestOwnWritesTheKeyFirst(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tls")
	if err := os.MkdirAll(filepath.Join(dir, KeyFile, "taken"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Own(dir, nil, now); err == nil || strings.Contains(err.Error(), dir) {
		t.Errorf("%v, want an error without a path", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v is left, %v", left, err)
	}
}

func TestOwnExposed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no mode bits there")
	}
	dir := filepath.Join(t.TempDir(), "tls")
	if _, err := Own(dir, nil, now); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, KeyFile), 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := Own(dir, nil, now); !errors.Is(err, durable.ErrExposed) || !strings.Contains(err.Error(), "0600") {
		t.Errorf("%v, want that others can read it, and what to do", err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Own(dir, nil, now); !errors.Is(err, durable.ErrExposed) {
		t.Errorf("%v, want that others can read the directory", err)
	}
}

func TestLoad(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tls")
	own, err := Own(dir, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	cert, key := filepath.Join(dir, CertificateFile), filepath.Join(dir, KeyFile)
	if c, err := Load(cert, key); err != nil || Of(c) != Of(own) || !bytes.Equal(c.Leaf.Raw, own.Leaf.Raw) {
		t.Errorf("%v, %v", Of(c), err)
	}
	for name, files := range map[string][2]string{
		"no certificate": {filepath.Join(dir, "none.pem"), key}, "no key": {cert, filepath.Join(dir, "none.pem")},
		"swapped": {key, cert}, "a directory": {dir, key},
	} {
		_, err := Load(files[0], files[1])
		if err == nil || strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), filepath.Base(files[0])) && !strings.Contains(err.Error(), filepath.Base(files[1])) {
			t.Errorf("%s: %v, want the file's name without its place", name, err)
		}
	}
}

func ExampleParseFingerprint() {
	f, err := ParseFingerprint(strings.Repeat("ab", 32))
	fmt.Println(f.String()[:11], err)
	_, err = ParseFingerprint("ab:cd")
	fmt.Println(err)
	// Output:
	// AB:AB:AB:AB <nil>
	// read fingerprint of 5 characters: want the 64 hex digits of a SHA-256 fingerprint, with a colon between all pairs or none
}
