package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

func TestHeaders(t *testing.T) {
	for _, tls := range []bool{false, true} {
		rg := newRig(t, func(c *Config) { c.TLS = tls })
		b := rg.admin()
		for _, path := range []string{"/", "/thing", "/account", "/nowhere", "/login", "/recover", "/setup", "/file", "/thing?panic", rg.site.assets.style.path} {
			got := b.get(path)
			for name, want := range map[string]string{
				"Content-Security-Policy":      "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
				"X-Content-Type-Options":       "nosniff",
				"Referrer-Policy":              "no-referrer",
				"Cross-Origin-Opener-Policy":   "same-origin",
				"Cross-Origin-Resource-Policy": "same-origin",
			} {
				if got.header.Get(name) != want {
					t.Errorf("%s: %s is %q, want %q", path, name, got.header.Get(name), want)
				}
			}
			caching := "no-store"
			if strings.HasPrefix(path, "/style-") {
				caching = "public, max-age=31536000, immutable"
			}
			if got.header.Get("Cache-Control") != caching {
				t.Errorf("%s: Cache-Control %q, want %q", path, got.header.Get("Cache-Control"), caching)
			}
			if hsts := got.header.Get("Strict-Transport-Security"); (hsts != "") != tls {
				t.Errorf("%s, TLS %v: Strict-Transport-Security %q", path, tls, hsts)
			}
		}
	}
}

func TestCookies(t *testing.T) {
	for _, tls := range []bool{false, true} {
		rg := newRig(t, func(c *Config) { c.TLS = tls })
		rg.admin()
		b := rg.browser()
		want := []string{"HttpOnly", "SameSite=Lax", "Path=/"}
		name := "session="
		if tls {
			name, want = "__Host-session=", append(want, "Secure")
		}
		for _, got := range []answer{b.logIn("admin", goodPassword), b.post("/logout")} {
			found := false
			for _, line := range got.header["Set-Cookie"] {
				if !strings.HasPrefix(line, name) {
					continue
				}
				found = true
				for _, part := range want {
					if !strings.Contains(line, part) {
						t.Errorf("cookie %q lacks %s", line, part)
					}
				}
				if strings.Contains(line, "Domain") || !tls && strings.Contains(line, "Secure") {
					t.Errorf("cookie %q has too much", line)
				}
			}
			if !found {
				t.Errorf("TLS %v: no cookie %q in %q", tls, name, got.header["Set-Cookie"])
			}
		}
	}
}

// TestWeight: everything that a browser loads for a page, compressed.
func TestWeight(t *testing.T) {
	rg := newRig(t, nil)
	b := rg.admin()
	total := 0
	for _, path := range []string{"/account", rg.site.assets.style.path, rg.site.assets.logo.path} {
		got := b.get(path, "Accept-Encoding", "gzip")
		total += len(got.body)
		if got.header.Get("Content-Encoding") != "gzip" {
			if len(got.body) >= packable {
				t.Errorf("%s is not compressed", path)
			}
			continue
		}
		z, err := gzip.NewReader(strings.NewReader(got.body))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(z)
		if err != nil || !bytes.Contains(plain, []byte("<")) && !bytes.Contains(plain, []byte("{")) {
			t.Errorf("%s: %v", path, err)
		}
		if same := b.get(path, "Accept-Encoding", "gzip;q=0"); same.header.Get("Content-Encoding") != "" || len(same.body) <= len(got.body) {
			t.Errorf("%s is compressed for who cannot read it", path)
		}
	}
	t.Logf("account page, stylesheet and logo: %d bytes", total)
	if total > 20<<10 {
		t.Errorf("%d bytes for a page of this package alone", total)
	}
	if got := b.do(http.MethodHead, "/thing", nil); got.status != http.StatusOK || got.body != "" || got.header.Get("Content-Length") == "" {
		t.Errorf("HEAD: %d, %d bytes", got.status, len(got.body))
	}
}

func TestDownload(t *testing.T) {
	rg := newRig(t, nil)
	if got := rg.browser().get("/file"); got.status != http.StatusSeeOther {
		t.Errorf("without any account: %d", got.status)
	}
	b := rg.admin()
	got := b.get("/file")
	if got.status != http.StatusOK || got.body != "key: value\n" || got.header.Get("Content-Disposition") != `attachment; filename="a file.yaml"` ||
		got.header.Get("Content-Type") != "application/yaml" {
		t.Errorf("download: %d %q %v", got.status, got.body, got.header)
	}
	if got := rg.browser().get("/file"); got.status != http.StatusSeeOther || strings.Contains(got.body, "value") {
		t.Errorf("without a session: %d %q", got.status, got.body)
	}
}

// TestLogs: nothing of a visitor stands in the logs.
func TestLogs(t *testing.T) {
	var log bytes.Buffer
	rg := newRig(t, func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	b := rg.admin()
	b.get("/thing?panic")
	b.get("/thing?fail")
	rg.browser().logIn("admin", "a wrong one indeed")
	rg.shut()
	if !strings.Contains(log.String(), "panicked") || !strings.Contains(log.String(), "unexpected EOF") {
		t.Errorf("a mistake is not in the log: %s", &log)
	}
	for _, secret := range []string{"127.0.0.1", "admin", goodPassword, "a wrong one", rg.cfg.Dir} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has %q: %s", secret, &log)
		}
	}
}
