package secret

import (
	"bytes"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"
)

// FuzzBox reads any bytes as a file of a sealed box: they are plain, or refused,
// or open, and never ask for more work than is bounded. The key is not derived,
// so that each try costs microseconds.
func FuzzBox(f *testing.F) {
	aead, err := chacha20poly1305.NewX(make([]byte, chacha20poly1305.KeySize))
	if err != nil {
		f.Fatal(err)
	}
	var h header
	copy(h[:], magic+"\x00\x01\x00\x00\x00\x00\x00\x03\x01")
	k := &key{header: h, aead: aead}
	nonce := make([]byte, chacha20poly1305.NonceSizeX)
	good := &file{name: "a.json", header: h}
	sealed := append(h[:], aead.Seal(nonce, nonce, []byte("content"), good.aad())...)
	f.Add(sealed)
	f.Add(sealed[:minSealed-1])
	f.Add([]byte(magic))
	f.Add([]byte(`{"version":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		got := &file{name: "a.json"}
		if err := got.parse(b); err != nil {
			return
		}
		if got.sealed() != bytes.HasPrefix(b, []byte(magic)) {
			t.Error("sealed and plain are not told apart")
		}
		if got.sealed() && !got.header.cost().sound() {
			t.Errorf("cost %+v", got.header.cost())
		}
		content, err := got.open(k)
		if err == nil && !bytes.Equal(b, sealed) && bytes.HasPrefix(b, h[:]) {
			t.Errorf("forged: %q", content)
		}
		if !got.sealed() && err == nil {
			t.Error("a plain file opens in a sealed box")
		}
	})
}
