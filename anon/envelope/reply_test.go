package envelope_test

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

func replyKey() (key [32]byte, attempt wire.Attempt) {
	_, _ = rand.Read(key[:])
	_, _ = rand.Read(attempt[:])
	return key, attempt
}

func TestReply(t *testing.T) {
	key, attempt := replyKey()
	for status := wire.Stored; status <= wire.Conflict; status++ {
		for _, n := range []int{0, 1, envelope.MaxReplyData} {
			want := envelope.Reply{Status: status, Day: 20780, Batch: schema.NewBatchID(), Data: bytes.Repeat([]byte{7}, n)}
			b, err := envelope.SealReply(key, attempt, want)
			if err != nil {
				t.Fatal(err)
			}
			got, err := envelope.OpenReply(key, attempt, b[:])
			if err != nil {
				t.Fatalf("%s with %d bytes: %v", status, n, err)
			}
			if got.Status != status || got.Day != want.Day || got.Batch != want.Batch || !bytes.Equal(got.Data, want.Data) {
				t.Errorf("%s with %d bytes: got %+v", status, n, got)
			}
		}
	}
	if _, err := envelope.SealReply(key, attempt, envelope.Reply{Status: wire.Notes, Data: make([]byte, envelope.MaxReplyData+1)}); err == nil {
		t.Error("too much data is sealed")
	}
}

// TestRepliesLookAlike: a relay that sees two replies to one thing sees noise.
func TestRepliesLookAlike(t *testing.T) {
	key, attempt := replyKey()
	r := envelope.Reply{Status: wire.Stored, Day: 20780, Batch: schema.NewBatchID()}
	a, err := envelope.SealReply(key, attempt, r)
	if err != nil {
		t.Fatal(err)
	}
	b, err := envelope.SealReply(key, attempt, r)
	if err != nil {
		t.Fatal(err)
	}
	if sharedRun(a[:], b[:]) || bytes.Contains(a[:], r.Batch[:]) {
		t.Error("two replies have bytes in common, or show their batch")
	}
}

func TestReplyRefused(t *testing.T) {
	key, attempt := replyKey()
	otherKey, otherAttempt := replyKey()
	good, err := envelope.SealReply(key, attempt, envelope.Reply{Status: wire.Stored, Day: 20780, Batch: schema.NewBatchID()})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		key     [32]byte
		attempt wire.Attempt
		bytes   []byte
	}{
		"another attempt": {key, otherAttempt, good[:]}, "another key": {otherKey, attempt, good[:]},
		"cut": {key, attempt, good[:wire.ReplyLen-1]}, "longer": {key, attempt, append(good[:wire.ReplyLen:wire.ReplyLen], 0)},
		"nothing": {key, attempt, nil}, "zeros": {key, attempt, make([]byte, wire.ReplyLen)},
	} {
		if _, err := envelope.OpenReply(c.key, c.attempt, c.bytes); !errors.Is(err, envelope.ErrReply) {
			t.Errorf("%s: %v, want not authentic", name, err)
		}
	}
	for i := range good {
		bad := good
		bad[i] ^= 1
		if _, err := envelope.OpenReply(key, attempt, bad[:]); !errors.Is(err, envelope.ErrReply) {
			t.Errorf("byte %d flipped: %v, want not authentic", i, err)
		}
	}
}

// TestReplyInside seals what no store says, with the right key.
func TestReplyInside(t *testing.T) {
	for name, c := range map[string]struct {
		status byte
		length uint16
	}{
		"status 0": {0, 0}, "status 9": {9, 0}, "data beyond the end": {1, envelope.MaxReplyData + 1}, "huge data": {1, 0xffff},
	} {
		key, attempt := replyKey()
		b := sealInside(t, key, attempt, c.status, c.length)
		if _, err := envelope.OpenReply(key, attempt, b); !errors.Is(err, envelope.ErrReply) {
			t.Errorf("%s: %v, want not authentic", name, err)
		}
	}
}

func sealInside(t testing.TB, key [32]byte, attempt wire.Attempt, status byte, length uint16) []byte {
	t.Helper()
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		t.Fatal(err)
	}
	plain := make([]byte, wire.ReplyLen-aead.NonceSize()-aead.Overhead())
	plain[0] = status
	binary.BigEndian.PutUint16(plain[21:], length)
	nonce := make([]byte, aead.NonceSize())
	return aead.Seal(nonce, nonce, plain, attempt[:])
}
