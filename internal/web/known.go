package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// A browser in which somebody has logged in keeps a cookie that says so, made
// with a key of this site's ("device cookies", OWASP). Its
// attempts for that account are counted apart, so that strangers who keep an
// account's pause going keep nobody out who has used it before. The cookie
// opens nothing, and nothing is stored of it here.

const (
	nonceLength    = 16
	browserKeyFile = "browsers.key"
	browserKeyLen  = 32
)

// openBrowserKey reads the key, or makes it. One that does not have its form is
// made anew: then no browser is known.
func openBrowserKey(dir string) ([]byte, error) {
	path := filepath.Join(dir, browserKeyFile)
	key, err := durable.ReadOwnerFile(path)
	if err == nil && len(key) == browserKeyLen {
		return key, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the key of known browsers: %w", err)
	}
	key = random(browserKeyLen)
	if err := durable.WriteFile(path, key, durable.OwnerFile); err != nil {
		return nil, fmt.Errorf("make the key of known browsers: %w", err)
	}
	return key, nil
}

func (s *Site) knownCookie() string {
	return s.cookieName("known")
}

func (s *Site) knownMark(name string, nonce []byte) []byte {
	m := hmac.New(sha256.New, s.browserKey)
	m.Write(nonce)
	m.Write([]byte(strings.ToLower(cleanName(name))))
	return m.Sum(nil)
}

// remember marks a browser as one that has logged in under a name.
func (s *Site) remember(w http.ResponseWriter, name string) {
	nonce := random(nonceLength)
	s.setCookie(w, s.knownCookie(), base64.RawURLEncoding.EncodeToString(append(nonce, s.knownMark(name, nonce)...)), year)
}

// countedAs says under what the attempts of this browser for a name are
// counted, and whether apart from everybody's.
func (s *Site) countedAs(r *http.Request, name string) (key string, apart bool) {
	c, err := r.Cookie(s.knownCookie())
	if err != nil {
		return name, false
	}
	b, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || len(b) != nonceLength+sha256.Size || !hmac.Equal(b[nonceLength:], s.knownMark(name, b[:nonceLength])) {
		return name, false
	}
	return "\x00browser" + c.Value, true
}
