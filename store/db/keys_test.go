package db

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// expandByHand is HKDF-Expand of RFC 5869 for one block, from its text.
func expandByHand(key [32]byte, label string) string {
	h := hmac.New(sha256.New, key[:])
	h.Write([]byte("tacit/v1/" + label))
	h.Write([]byte{1})
	return hex.EncodeToString(h.Sum(nil))
}

func TestDerivations(t *testing.T) {
	var s Secret
	for i := range s {
		s[i] = byte(i)
	}
	next, k := s.Next(), s.Keys()
	for label, got := range map[string][32]byte{"next": next, "index": k.Index, "wrap": k.Wrap, "dedupe": k.Dedupe} {
		if want := expandByHand(s, label); hex.EncodeToString(got[:]) != want {
			t.Errorf("%s: %x, want %s", label, got, want)
		}
	}
	if text := fmt.Sprintf("%v %+v %#v %v %+v %#v", s, s, s, k, k, k); strings.ContainsAny(text, "0123456789") {
		t.Errorf("printed: %s", text)
	}
}

func TestKeysAreTheSameAfterReopening(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	first, err := openRing(box(t, dir), nov, true)
	if err != nil {
		t.Fatal(err)
	}
	again, err := openRing(box(t, dir), nov+5, false)
	if err != nil {
		t.Fatal(err)
	}
	a, err := first.keys(nov + 3)
	if err != nil {
		t.Fatal(err)
	}
	b, err := again.keys(nov + 3)
	if err != nil || a != b {
		t.Errorf("keys differ after reopening: %v", err)
	}
	if b, _ = again.keys(nov + 2); a == b {
		t.Error("two months have the same keys")
	}
	for _, m := range []int{-1, maxMonths + 1} {
		if _, err := first.keys(schema.Month(int(nov) + m)); !errors.Is(err, ErrForgotten) {
			t.Errorf("month %+d: %v, want ErrForgotten", m, err)
		}
	}
}

func TestKeysFileIsRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no mode bits on Windows")
	}
	dir := filepath.Join(t.TempDir(), "keys")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, keysFile)
	for name, tt := range map[string]struct {
		text string
		mode os.FileMode
	}{
		"not JSON":     {"hello", 0o600},
		"short secret": {`{"version":1,"oldest":"2026-11","secret":"AAAA"}`, 0o600},
		"bad month":    {`{"version":1,"oldest":"2026-13","secret":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}`, 0o600},
		"exposed":      {`{"version":1,"oldest":"2026-11","secret":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}`, 0o644},
	} {
		if err := os.WriteFile(path, []byte(tt.text), tt.mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, tt.mode); err != nil {
			t.Fatal(err)
		}
		b, err := secret.Open(dir, nil)
		if err == nil {
			_, err = openRing(b, nov, true)
		}
		if err == nil || strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%s: %v", name, err)
		}
		if errors.Is(err, durable.ErrExposed) != (name == "exposed") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
