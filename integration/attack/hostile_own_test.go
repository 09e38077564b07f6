package attack

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hpke"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"
)

// A relay has the store's public keys, as everybody has, and can seal envelopes
// of its own. It is written from the protocol's section 3.

// publicKey returns the key of an ID in a signed key list.
func publicKey(list []byte, id uint32) []byte {
	for at := 1 + 1 + 8 + 2; at+40 <= len(list)-64; at += 40 {
		if binary.BigEndian.Uint32(list[at:]) == id {
			return list[at+8 : at+40]
		}
	}
	return nil
}

// frontRun seals content of the attacker's under the outer fields of a true
// envelope: the same key, partition, class and attempt.
func frontRun(t testing.TB, list, e, content []byte) []byte {
	t.Helper()
	outer := e[:outerLen]
	public, err := hpke.DHKEM(ecdh.X25519()).NewPublicKey(publicKey(list, binary.BigEndian.Uint32(outer[1:])))
	if err != nil {
		t.Fatal(err)
	}
	enc, sender, err := hpke.NewSender(public, hpke.HKDFSHA256(), hpke.ExportOnly(), join([]byte("tacit/v1"), outer))
	if err != nil {
		t.Fatal(err)
	}
	key, err := sender.Export("tacit/v1/body", 32)
	if err != nil {
		t.Fatal(err)
	}
	commit, err := sender.Export("tacit/v1/commit", 32)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return join(outer, enc, commit, gcm.Seal(nil, make([]byte, gcm.NonceSize()), content, commit))
}

// contentOf is what stands in an envelope of 4 KiB.
func contentOf(kind byte, batch, payload []byte) []byte {
	b := append([]byte{kind}, batch...)
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(payload))), payload...)
	return append(b, make([]byte, max(0, 4<<10-len(b)))...)
}

const contentHead = 1 + 16 + 4

// ownPage is a page that the attacker made up, for the partition of a true
// envelope: it has the form, and a store keeps it as anybody's.
func ownPage(r *rand.Rand, e []byte) []byte {
	p := noise(r, 4<<10-contentHead)
	p[0] = e[5]
	binary.BigEndian.PutUint32(p[16:], uint32(time.Now().Unix()/86400))
	build := make([]byte, 28) // release 1, version 0.1.0
	build[3] = 1
	copy(build[4:], "0.1.0")
	copy(p[36:], build)
	return contentOf(2, noise(r, 16), p)
}

// ownJunk opens, and holds nothing that a store keeps.
func ownJunk(r *rand.Rand) []byte {
	payload := noise(r, r.IntN(4<<10-contentHead))
	switch r.IntN(4) {
	case 0: // a payload that is longer than itself
		b := contentOf(byte(1+r.IntN(6)), noise(r, 16), payload)
		binary.BigEndian.PutUint32(b[17:], 1<<20)
		return b
	case 1: // padding that is not zero
		b := contentOf(byte(1+r.IntN(6)), noise(r, 16), payload[:min(len(payload), 2000)])
		b[len(b)-1] = 1
		return b
	case 2: // a kind that is none
		return contentOf(byte(7+r.IntN(200)), noise(r, 16), payload)
	default:
		return contentOf(byte(1+r.IntN(6)), noise(r, 16), payload)
	}
}
