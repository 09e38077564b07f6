package envelope_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/rand"
	"encoding/binary"
	"testing"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

func newKey(t testing.TB, id uint32) *envelope.PrivateKey {
	t.Helper()
	key, err := envelope.NewPrivateKey(id, 20000)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func seal(t testing.TB, key *envelope.PrivateKey, class wire.Class, c envelope.Content) *envelope.Sealed {
	t.Helper()
	s, err := envelope.Seal(key.Public(), wire.PartitionOf(c.Batch), class, c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func parse(t testing.TB, b []byte) *wire.Envelope {
	t.Helper()
	e, err := wire.ParseEnvelope(b)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// pad lays out the inside as PROTOCOL section 3 says, for the test's own hand.
func pad(kind byte, batch [16]byte, length uint32, payload []byte, bucket int) []byte {
	b := append([]byte{kind}, batch[:]...)
	b = binary.BigEndian.AppendUint32(b, length)
	b = append(b, payload...)
	return append(b, make([]byte, max(0, bucket-len(b)))...)
}

// forge seals any inside to a key, with no code of the package: what somebody
// with his own program can do who knows the store's public key.
func forge(t testing.TB, key wire.Key, inside []byte) (e *wire.Envelope, bodyKey [32]byte) {
	t.Helper()
	e = &wire.Envelope{KeyID: key.ID}
	_, _ = rand.Read(e.Attempt[:])
	public, err := hpke.DHKEM(ecdh.X25519()).NewPublicKey(key.Public[:])
	if err != nil {
		t.Fatal(err)
	}
	enc, sender, err := hpke.NewSender(public, hpke.HKDFSHA256(), hpke.ExportOnly(), e.Info())
	if err != nil {
		t.Fatal(err)
	}
	copy(e.Enc[:], enc)
	copy(bodyKey[:], export(t, sender, "body"))
	copy(e.Commit[:], export(t, sender, "commit"))
	e.Body = encrypt(t, bodyKey, e.Commit, inside)
	return e, bodyKey
}

func export(t testing.TB, sender *hpke.Sender, label string) []byte {
	t.Helper()
	b, err := sender.Export("tacit/v1/"+label, 32)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func encrypt(t testing.TB, key, commit [32]byte, inside []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(key[:])
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return aead.Seal(nil, make([]byte, aead.NonceSize()), inside, commit[:])
}

// sharedRun says whether both have sixteen bytes in a row in common, which two
// random texts never have.
func sharedRun(a, b []byte) bool {
	for i := 0; i+16 <= len(a); i++ {
		if bytes.Contains(b, a[i:i+16]) {
			return true
		}
	}
	return false
}
