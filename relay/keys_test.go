package relay

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// signedBy returns a list of one version that a vendor signed.
func signedBy(vendor ed25519.PrivateKey, version uint64) []byte {
	l := wire.KeyList{Version: version, Suite: wire.SuiteX25519, Keys: []wire.Key{{ID: 7, Start: 20000}}}
	b := l.Marshal()
	return append(b, ed25519.Sign(vendor, slices.Concat([]byte(wire.KeyListContext), b))...)
}

func askKeys(t *testing.T, c *nats.Conn) []byte {
	t.Helper()
	m, err := c.Request(wire.SubjectGetKeys, nil, 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return m.Data
}

func vendors(t *testing.T) (right, wrong ed25519.PrivateKey) {
	t.Helper()
	_, right, err := ed25519.GenerateKey(nil)
	if err == nil {
		_, wrong, err = ed25519.GenerateKey(nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return right, wrong
}

func TestKeyListIsKept(t *testing.T) {
	cfg := config(t)
	cfg.KeyList = nil
	right, wrong := vendors(t)
	cfg.VendorKey = right.Public().(ed25519.PublicKey)
	r := start(t, cfg)
	a := agent(t, r)
	if got := askKeys(t, a); len(got) != 0 {
		t.Errorf("a relay without a list serves %d bytes", len(got))
	}
	for name, c := range map[string]struct {
		list []byte
		want error
	}{
		"none":     {nil, wire.ErrForm},
		"noise":    {[]byte("noise"), wire.ErrForm},
		"stranger": {signedBy(wrong, 9), ErrNotVendor},
	} {
		if err := r.SetKeyList(c.list); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	list := signedBy(right, 5)
	if err := errors.Join(r.SetKeyList(list), r.SetKeyList(list)); err != nil {
		t.Fatal(err)
	}
	if err := r.SetKeyList(signedBy(right, 4)); !errors.Is(err, ErrOldKeys) {
		t.Errorf("an older list: %v", err)
	}
	if s := r.Stats().Keys; s.Version != 5 || s.Refused != 4 {
		t.Errorf("stats %+v, want version 5 and 4 refused", s)
	}
	stop(t, r)
	if got := askKeys(t, agent(t, start(t, cfg))); !bytes.Equal(got, list) {
		t.Errorf("after a restart %d bytes are served, want the kept list", len(got))
	}
}

// TestKeptKeyList starts on what may lie where the list is kept.
func TestKeptKeyList(t *testing.T) {
	right, wrong := vendors(t)
	for name, c := range map[string]struct {
		kept, given, want []byte
	}{
		"newer kept":          {signedBy(right, 5), signedBy(right, 4), signedBy(right, 5)},
		"newer given":         {signedBy(right, 4), signedBy(right, 5), signedBy(right, 5)},
		"damaged":             {signedBy(right, 5)[:40], signedBy(right, 4), signedBy(right, 4)},
		"another vendor's":    {signedBy(wrong, 5), signedBy(right, 4), signedBy(right, 4)},
		"damaged and no more": {[]byte("x"), nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(t)
			cfg.VendorKey, cfg.KeyList = right.Public().(ed25519.PublicKey), c.given
			if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(cfg.Dir, "keylist"), c.kept, 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := New(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.keys.current(); !bytes.Equal(got, c.want) {
				t.Errorf("%d bytes are served, want %d", len(got), len(c.want))
			}
		})
	}
}
