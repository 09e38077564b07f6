package web

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestPasswords(t *testing.T) {
	for password, want := range map[string]string{
		goodPassword:                    "",
		"kxv7 mohj 2":                   "password.short",
		"kxv7 mohj 2p":                  "",
		"pässwörter für die Nachbarn":   "",
		strings.Repeat("ab cdef ", 16):  "",
		strings.Repeat("ab cdefg ", 16): "password.long",
		"日本語のパスワードは十二文字以上":              "",
		"a\xffbcdefghijklmno":           "password.unreadable",
		"nul\x00nul\x00nul\x00nul":      "password.unreadable",
		"someadmin@example.org":         "password.name",
		"1qaz2wsx3edc":                  "password.common",
		"1QAZ2WSX3EDC":                  "password.common",
		"administrator":                 "password.common",
		"passwordpassword":              "password.common",
		"Password2026!":                 "password.common",
		"!!!monkey1234":                 "password.common",
		"123456789012":                  "password.common",
		"987654321098":                  "password.common",
		"aaaaaaaaaaaaaaa":               "password.common",
		"abcabcabcabcabc":               "password.common",
		"000000111111":                  "password.common",
		"31415926535897932384":          "",
	} {
		if got := checkPassword(password, "someadmin@example.org"); got != want {
			t.Errorf("%q: %q, want %q", password, got, want)
		}
	}
	list, err := commonPasswords()
	if err != nil || len(list) < 3000 || !list["123456"] || !list["qwertyuiop"] {
		t.Errorf("the list has %d passwords, %v", len(list), err)
	}
}

// TestOneSpelling: the same password of another keyboard is the same.
func TestOneSpelling(t *testing.T) {
	h := newHasher(quick)
	hash, err := h.hash(t.Context(), "perché no, più tardi")
	if err != nil {
		t.Fatal(err)
	}
	if right, _, err := h.verify(t.Context(), hash, "perche\u0301 no, piu\u0300 tardi"); !right || err != nil {
		t.Errorf("%v, %v", right, err)
	}
}

// TestPHC holds our strings against a vector of the reference implementation
// (phc-winner-argon2, test.c).
func TestPHC(t *testing.T) {
	const vector = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	p, err := parsePHC(vector)
	if err != nil || p.memory != 65536 || p.passes != 2 || p.threads != 1 || !p.is("password") || p.is("passwords") || string(p.salt) != "somesalt" || p.String() != vector {
		t.Fatalf("%+v, %v", p, err)
	}
	for _, wrong := range []string{
		"", "$", strings.Replace(vector, "argon2id", "argon2i", 1), strings.Replace(vector, "v=19", "v=16", 1), strings.Replace(vector, "m=65536", "m=065536", 1),
		strings.Replace(vector, "m=65536", "m=4294967295", 1), strings.Replace(vector, "m=65536", "m=-1", 1), strings.Replace(vector, "t=2", "t=99", 1),
		strings.Replace(vector, "t=2", "t=0", 1), strings.Replace(vector, "p=1", "p=0", 1), strings.Replace(vector, "p=1", "p=255", 1), vector + "=", vector + "$", " " + vector,
		strings.Replace(vector, "c29tZXNhbHQ", "c29t", 1), strings.Replace(vector, "$CTFh", "$", 1)[:60], strings.Replace(vector, "t=2,p=1", "p=1,t=2", 1),
	} {
		if _, err := parsePHC(wrong); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
	h := newHasher(usualCost)
	hash, err := h.hash(t.Context(), goodPassword)
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=65536,t=3,p=1$") {
		t.Errorf("hash %q, %v", hash, err)
	}
	if right, weak, err := h.verify(t.Context(), hash, goodPassword); !right || weak || err != nil {
		t.Errorf("right %v, weak %v, %v", right, weak, err)
	}
	if usualCost.memory != 64<<10 || usualCost.passes != 3 || usualCost.threads != 1 {
		t.Errorf("the cost is %+v", usualCost)
	}
}

func TestHasherQueue(t *testing.T) {
	h := newHasher(quick)
	var done []func()
	for range hashesAtOnce {
		d, err := h.turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		done = append(done, d)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 3 * hashesWaiting { // who gives up leaves no place behind
		if _, err := h.turn(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("gave up: %v", err)
		}
	}
	for _, d := range done {
		d()
	}
	if _, err := h.hash(t.Context(), goodPassword); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	for range cap(h.inside) {
		h.inside <- struct{}{}
	}
	if _, err := h.hash(t.Context(), goodPassword); !errors.Is(err, errBusy) {
		t.Errorf("full: %v, want errBusy", err)
	}
}

func FuzzParsePHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=65536,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=1e3,t= 3,p=+1$AA$AA")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePHC(text)
		if err == nil && (p.String() != text || p.memory > 256<<10 || p.passes > 16 || p.passes == 0 || p.threads == 0) {
			t.Errorf("%q became %+v", text, p)
		}
	})
}

func FuzzParseAccounts(f *testing.F) {
	f.Add([]byte(`{"accounts":[{"name":"a","hash":"$argon2id$v=19$m=65536,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","created":"2026-11-21T12:00:00Z","changed":"2026-11-21T12:00:00Z"}]}`))
	f.Add([]byte(`{"accounts":[]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := parseAccounts(b)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, a := range list {
			if _, err := parsePHC(a.Hash); err != nil || !validName(a.Name) || seen[a.Name] {
				t.Errorf("%+v is taken", a)
			}
			seen[a.Name] = true
		}
		if len(list) == 0 {
			t.Error("no account, and taken")
		}
	})
}

func FuzzParseRecovery(f *testing.F) {
	f.Add([]byte(`{"account":"a","hash":"0000000000000000000000000000000000000000000000000000000000000000","expires":"2026-11-21T12:00:00Z"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, _, err := parseRecovery(b)
		if err == nil && (len(v.Hash) != 64 || v.Account != "" && !validName(v.Account)) {
			t.Errorf("%q became %+v", b, v)
		}
	})
}
