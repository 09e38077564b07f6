package web

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// What every authenticator app understands (RFC 6238, and the key URI format
// that apps share): HMAC-SHA-1, six digits, 30 seconds.
const (
	totpSecret = 20 // bytes, as RFC 4226 section 4 recommends
	totpDigits = 6
	totpPeriod = 30 // seconds
	totpAround = 1  // codes of one period before and after are taken, too: clocks differ, and typing takes time
)

var totpText = base32.StdEncoding.WithPadding(base32.NoPadding)

// newSecret draws what an app and the site share, as it is typed.
func newSecret() string { return totpText.EncodeToString(random(totpSecret)) }

func parseSecret(text string) ([]byte, error) {
	b, err := totpText.DecodeString(text)
	if err != nil || len(b) != totpSecret {
		return nil, fmt.Errorf("it is no secret of %d bytes", totpSecret)
	}
	return b, nil
}

// totpCode returns the code of a period (RFC 4226, section 5.3).
func totpCode(secret []byte, period int64) string {
	m := hmac.New(sha1.New, secret)
	m.Write(binary.BigEndian.AppendUint64(nil, uint64(period)))
	sum := m.Sum(nil)
	at := sum[len(sum)-1] & 15
	n := binary.BigEndian.Uint32(sum[at:]) & (1<<31 - 1)
	return fmt.Sprintf("%0*d", totpDigits, n%1_000_000)
}

// totpMatch returns the period whose code was typed, if it is now, the one
// before or the one after. All are compared, whichever it is.
func totpMatch(secret []byte, typed string, now time.Time) (period int64, ok bool) {
	typed = strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(typed)
	this := now.Unix() / totpPeriod
	for p := this - totpAround; p <= this+totpAround; p++ {
		if subtle.ConstantTimeCompare([]byte(totpCode(secret, p)), []byte(typed)) == 1 {
			period, ok = p, true
		}
	}
	return period, ok
}

// totpURI is what an app reads from a link or from a picture.
func totpURI(site, account, secret string) string {
	q := url.Values{"secret": {secret}, "issuer": {site}}
	label := url.PathEscape(site) + ":" + url.PathEscape(account)
	return "otpauth://totp/" + label + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}
