package wire

import (
	"bytes"
	"errors"
	"testing"
)

// Each target checks that a parser either refuses with ErrForm or takes bytes
// that marshal back to themselves: then there is one way to say each thing.

func check(t *testing.T, in []byte, err error, back func() []byte) {
	t.Helper()
	switch {
	case err != nil && !errors.Is(err, ErrForm):
		t.Errorf("%v, want wrong form", err)
	case err == nil && !bytes.Equal(back(), in):
		t.Error("what was parsed does not marshal back to the same bytes")
	}
}

func FuzzEnvelope(f *testing.F) {
	f.Add(envelope(0).Marshal())
	f.Add(envelope(1).Marshal()[:HeaderLen])
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := ParseEnvelope(b)
		check(t, b, err, func() []byte { return e.Marshal() })
	})
}

func FuzzHint(f *testing.F) {
	f.Add(Hint{Code: Later, Wait: MaxLater}.Marshal())
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := ParseHint(b)
		check(t, b, err, h.Marshal)
	})
}

func FuzzReplies(f *testing.F) {
	f.Add(MarshalReplies(make([]Routed, 2)))
	f.Fuzz(func(t *testing.T, b []byte) {
		rs, err := ParseReplies(b)
		check(t, b, err, func() []byte { return MarshalReplies(rs) })
	})
}

func FuzzCrate(f *testing.F) {
	f.Add(MarshalCrate([][]byte{{1, 2}, {}, {3}}))
	f.Add([]byte{1, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := ParseCrate(b)
		check(t, b, err, func() []byte { return MarshalCrate(list) })
	})
}

func FuzzKeyList(f *testing.F) {
	f.Add(signed(keyList(2)))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, part, signature, err := ParseKeyList(b)
		check(t, b, err, func() []byte {
			if !bytes.Equal(part, l.Marshal()) {
				t.Error("the signed part is not the list")
			}
			return append(bytes.Clone(part), signature...)
		})
	})
}

func FuzzPolicy(f *testing.F) {
	f.Add(policy().Marshal())
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParsePolicy(b)
		check(t, b, err, p.Marshal)
	})
}
