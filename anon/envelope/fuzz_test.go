package envelope_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"testing"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// FuzzOpen gives a store any inside, sealed as it should be: what anybody can
// send who knows the public key.
func FuzzOpen(f *testing.F) {
	key := newKey(f, 1)
	f.Add(pad(byte(envelope.Page), schema.BatchID{1}, 3, []byte("abc"), 1<<10))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, inside []byte) {
		e, bodyKey := forge(t, key.Public(), inside)
		opened, err := envelope.Open(key, e)
		if _, again := envelope.OpenBody(bodyKey, e); (err == nil) != (again == nil) {
			t.Errorf("store says %v, auditor says %v", err, again)
		}
		if err != nil {
			if !errors.Is(err, envelope.ErrContent) {
				t.Errorf("%v, want wrong form inside", err)
			}
			return
		}
		back := pad(byte(opened.Kind), opened.Batch, uint32(len(opened.Payload)), opened.Payload, len(inside))
		if !bytes.Equal(back, inside) {
			t.Error("one content has two insides")
		}
	})
}

// FuzzEnvelope gives a store any bytes.
func FuzzEnvelope(f *testing.F) {
	key := newKey(f, 1)
	f.Add(seal(f, key, wire.ClassNormal, envelope.Content{Kind: envelope.Page}).Bytes)
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := wire.ParseEnvelope(b)
		if err != nil {
			return
		}
		if _, err := envelope.Open(key, e); err != nil && !errors.Is(err, envelope.ErrClosed) {
			t.Errorf("%v, want it closed", err)
		}
		if _, err := envelope.OpenBody([32]byte{}, e); err == nil {
			t.Error("a body opens with a key of zeros")
		}
	})
}

// FuzzOpenReply gives an agent any bytes, and any inside sealed as it should be.
func FuzzOpenReply(f *testing.F) {
	f.Add(make([]byte, wire.ReplyLen), uint8(1), uint16(0))
	f.Add([]byte("short"), uint8(9), uint16(0xffff))
	key, attempt := replyKey()
	f.Fuzz(func(t *testing.T, b []byte, status uint8, length uint16) {
		if _, err := envelope.OpenReply(key, attempt, b); !errors.Is(err, envelope.ErrReply) {
			t.Errorf("%v, want not authentic", err)
		}
		r, err := envelope.OpenReply(key, attempt, sealInside(t, key, attempt, status, length))
		good := wire.Status(status) >= wire.Stored && wire.Status(status) <= wire.Conflict && length <= envelope.MaxReplyData
		if (err == nil) != good || good && len(r.Data) != int(length) {
			t.Errorf("status %d, length %d: %v", status, length, err)
		}
	})
}

// FuzzVerifyKeyList gives an agent any bytes, and any list the vendor signed.
func FuzzVerifyKeyList(f *testing.F) {
	public, private := vendorKey(f)
	another, _ := vendorKey(f)
	f.Add(envelope.SignKeyList(private, keyList(f)))
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, b []byte) {
		stranger, err := envelope.VerifyKeyList(another, b)
		if err == nil || !errors.Is(err, wire.ErrForm) && !errors.Is(err, envelope.ErrSignature) {
			t.Errorf("%+v, %v: want wrong form or signature", stranger, err)
		}
		signed := append(bytes.Clone(b), ed25519.Sign(private, append([]byte("tacit/v1/keylist"), b...))...)
		l, err := envelope.VerifyKeyList(public, signed)
		if err != nil {
			if !errors.Is(err, wire.ErrForm) {
				t.Errorf("%v, want wrong form", err)
			}
			return
		}
		if !bytes.Equal(l.Marshal(), b) {
			t.Error("one list has two forms")
		}
	})
}
