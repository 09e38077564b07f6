package web

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestTOTP holds our codes against the table of RFC 6238, appendix B; its eight
// digits end in our six.
func TestTOTP(t *testing.T) {
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		if got := totpCode(secret, at/totpPeriod); got != want[2:] {
			t.Errorf("at %d: %s, want %s", at, got, want[2:])
		}
	}
}

func TestTOTPWindow(t *testing.T) {
	secret := []byte("12345678901234567890")
	now := time.Unix(1111111111, 0)
	this := now.Unix() / totpPeriod
	for _, around := range []int64{-3, -2, -1, 0, 1, 2, 3} {
		code := totpCode(secret, this+around)
		period, ok := totpMatch(secret, " "+code[:3]+" "+code[3:], now)
		if want := around >= -1 && around <= 1; ok != want || ok && period != this+around {
			t.Errorf("%d periods away: %v of %d", around, ok, period-this)
		}
	}
	for _, typed := range []string{"", "1", "abcdef", totpCode(secret, this) + "0"} {
		if _, ok := totpMatch(secret, typed, now); ok {
			t.Errorf("%q is taken", typed)
		}
	}
}

func TestTOTPLink(t *testing.T) {
	secret := newSecret()
	if again := newSecret(); again == secret || len(secret) != 32 {
		t.Fatalf("secrets %q and %q", secret, again)
	}
	u, err := url.Parse(totpURI("Tacit desk", "ada & co@example.org", secret))
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Tacit desk:ada & co@example.org" ||
		u.Query().Get("secret") != secret || u.Query().Get("issuer") != "Tacit desk" || strings.Contains(u.RawQuery, "+") {
		t.Errorf("%s: %v", u, err)
	}
	if _, err := parseSecret(secret[:31]); err == nil {
		t.Error("half a secret is taken")
	}
	if svg := picture(u.String()); !strings.HasPrefix(string(svg), "<svg") || strings.Count(string(svg), "h1v1h-1z") < 300 {
		t.Errorf("the picture is %.80s", svg)
	}
}
