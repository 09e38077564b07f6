package remote

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/pages"
)

// FuzzParseQuestion gives a store any inside, as anybody can seal it who knows the
// public key. What is a question has one form, and is signed by nobody else.
func FuzzParseQuestion(f *testing.F) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	nonce := schema.BatchID{5}
	for w, body := range map[what][]byte{
		begin: beginBody("T-1", "it is slow"), grant: make([]byte, 16), population: {0, 0, 0, 0}, end: {1},
		somePages: pagesBody(place{1, 2}, []pages.Ask{{Day: 20000}, {Day: 20001}}),
	} {
		q := question{nonce: nonce, what: w, word: word{1}, number: 2, engineer: "ada", body: body}
		f.Add(q.sign(key))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := parseQuestion(nonce, b)
		if err != nil {
			if !errors.Is(err, ErrForm) {
				t.Errorf("%v, want wrong form", err)
			}
			return
		}
		if a.by(other.Public().(ed25519.PublicKey)) {
			t.Error("it is signed by another key")
		}
		back := a.sign(key)
		unsigned := len(b) - ed25519.SignatureSize
		if !bytes.Equal(back[:len(back)-ed25519.SignatureSize], b[:unsigned]) {
			t.Error("one question has two forms")
		}
		if a.by(key.Public().(ed25519.PublicKey)) != bytes.Equal(back, b) {
			t.Error("a signature that is not the key's is taken, or its own is not")
		}
		fuzzBody(t, a)
	})
}

// fuzzBody reads the body in every way: each is sealed and signed by an engineer
// who may mean no good.
func fuzzBody(t *testing.T, a *asked) {
	if ticket, reason, err := parseBegin(a.body); err == nil && !bytes.Equal(beginBody(ticket, reason), a.body) {
		t.Error("ticket and reason have two forms")
	}
	if from, asks, err := parsePages(a.body); err == nil && !bytes.Equal(pagesBody(from, asks), a.body) {
		t.Error("a question for pages has two forms")
	}
	if how, err := parseEnd(a.body); err == nil && !bytes.Equal(endBody(how), a.body) {
		t.Error("an outcome has two forms")
	}
}

// FuzzOpenAnswer gives an engineer any bytes, and any that somebody with the key
// sealed.
func FuzzOpenAnswer(f *testing.F) {
	b, err := answer{ok, []byte("data")}.seal([32]byte{1})
	if err != nil {
		f.Fatal(err)
	}
	aead, err := answerAEAD([32]byte{3})
	if err != nil {
		f.Fatal(err)
	}
	nonce := make([]byte, aead.NonceSize())
	f.Add(b)
	f.Add([]byte{})
	for _, plain := range []string{"\x01\x00\x00\x00\x04data\x00\x00", "\x01\x00\x00\x00\x04data\x00\x01", "\x01\x00\x00\x00\x07data\x00\x00", "\x01\xff\xff\xff\xffdata", "\x01\x00\x00\x00"} {
		f.Add([]byte(plain))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := openAnswer([32]byte{2}, b); !errors.Is(err, ErrForm) {
			t.Errorf("%v, want wrong form", err)
		}
		if a, err := openAnswer([32]byte{1}, b); err == nil && (a.status != ok || string(a.data) != "data") {
			t.Error("somebody without the key made an answer")
		}
		a, err := openAnswer([32]byte{3}, aead.Seal(bytes.Clone(nonce), nonce, b, nil))
		if err != nil && !errors.Is(err, ErrForm) {
			t.Errorf("%v, want wrong form", err)
		}
		if err != nil {
			return
		}
		again := append(binary.BigEndian.AppendUint32([]byte{byte(a.status)}, uint32(len(a.data))), a.data...)
		if !bytes.Equal(append(again, make([]byte, len(b)-len(again))...), b) {
			t.Error("an answer has two forms")
		}
	})
}
