package upload_test

import (
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/internal/durable"
)

func vendorPair() (ed25519.PublicKey, ed25519.PrivateKey) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return public, private
}

// TestNumbersGoOn: a number is never given out twice, whatever happens to the
// process.
func TestNumbersGoOn(t *testing.T) {
	e := newEdge(t)
	h := newHost(t, e.url())
	for n := range uint32(3) {
		h.page()
		h.restart()
		h.flush(nil)
		if got := h.entries()[n].N; got != n {
			t.Errorf("page %d has number %d", n, got)
		}
	}
}

// TestDamagedNumbers: without them an erasure would miss pages, so that the
// file is named and nothing begins.
func TestDamagedNumbers(t *testing.T) {
	h := newHost(t, "nats://127.0.0.1:1")
	path := filepath.Join(h.dir, "pages.numbers")
	for _, content := range []string{"", "{", `{"yesterday":1}`, `{"20000":-1}`} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := upload.New(h.config); !errors.Is(err, durable.ErrDamaged) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v, want an error that names the file", content, err)
		}
	}
}

// TestDamagedKeyList: the next connection brings another.
func TestDamagedKeyList(t *testing.T) {
	l := newLiar(t)
	h := newHost(t, l.server.ClientURL())
	if err := os.WriteFile(filepath.Join(h.dir, "keys.list"), []byte("not a list"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.restart()
	h.fragment()
	h.flush(nil)
	h.pending(0)
	if got := readKeys(t, h); got != string(l.list) {
		t.Error("the damaged list is still there")
	}
}

// TestOutboxFirst: what cannot be shown is not sent.
func TestOutboxFirst(t *testing.T) {
	l := newLiar(t)
	h := newHost(t, l.server.ClientURL())
	h.fragment()
	dir := filepath.Join(h.dir, "outbox")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := h.up.Flush(t.Context(), true); err == nil || len(l.seen()) != 0 {
		t.Errorf("%v, %d envelopes were sent", err, len(l.seen()))
	}
	h.pending(1)
}
