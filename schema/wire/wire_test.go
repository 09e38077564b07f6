package wire

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// fill returns n bytes that differ from their neighbours.
func fill(n int, from byte) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = from + byte(i)
	}
	return b
}

func envelope(bucket int) *Envelope {
	e := &Envelope{KeyID: 0x01020304, Partition: 63, Class: ClassUser, Body: fill(Buckets[bucket]+SealLen, 7)}
	copy(e.Attempt[:], fill(16, 1))
	copy(e.Enc[:], fill(EncLen, 100))
	copy(e.Commit[:], fill(CommitLen, 200))
	return e
}

func keyList(n int) *KeyList {
	l := &KeyList{Version: 1 << 40, Suite: SuiteX25519, Keys: make([]Key, n)}
	for i := range l.Keys {
		l.Keys[i] = Key{ID: uint32(i), Start: schema.Day(20000 + 30*i)}
		copy(l.Keys[i].Public[:], fill(32, byte(i)))
	}
	return l
}

func signed(l *KeyList) []byte { return append(l.Marshal(), fill(SignatureLen, 9)...) }

func TestEnvelope(t *testing.T) {
	for bucket := range Buckets {
		e := envelope(bucket)
		b := e.Marshal()
		got, err := ParseEnvelope(b)
		if err != nil || !reflect.DeepEqual(got, e) {
			t.Errorf("bucket %d: %v; another envelope came back", bucket, err)
		}
		if len(b) > MaxEnvelopeLen {
			t.Errorf("bucket %d: %d bytes, above the largest", bucket, len(b))
		}
	}
	info := envelope(0).Info()
	if want := append([]byte("tacit/v1"), envelope(0).Marshal()[:23]...); !bytes.Equal(info, want) {
		t.Errorf("info %x, want the outer fields %x", info, want)
	}
}

// TestEnvelopeLayout holds the form to the table in the package comment.
func TestEnvelopeLayout(t *testing.T) {
	e := envelope(0)
	want := []byte{1, 1, 2, 3, 4, 63, 1}
	want = append(want, e.Attempt[:]...)
	want = append(want, e.Enc[:]...)
	want = append(want, e.Commit[:]...)
	want = append(want, e.Body...)
	if !bytes.Equal(e.Marshal(), want) {
		t.Error("the envelope's layout changed")
	}
}

func TestEnvelopeRefused(t *testing.T) {
	good := envelope(0).Marshal()
	with := func(i int, v byte) []byte {
		b := bytes.Clone(good)
		b[i] = v
		return b
	}
	for name, b := range map[string][]byte{
		"empty": nil, "header only": good[:HeaderLen], "cut": good[:len(good)-1], "one more": append(bytes.Clone(good), 0),
		"version": with(0, 2), "partition": with(5, Partitions), "class": with(6, 2),
		"between buckets": make([]byte, HeaderLen+2<<10), "too long": append([]byte{1}, make([]byte, MaxEnvelopeLen)...),
	} {
		if _, err := ParseEnvelope(b); !errors.Is(err, ErrForm) {
			t.Errorf("%s: %v, want wrong form", name, err)
		}
	}
}

func TestHint(t *testing.T) {
	for _, h := range []Hint{{Code: Queued}, {Code: Off}, {Code: Reseal}, {Later, time.Second}, {Later, MaxLater}} {
		if got, err := ParseHint(h.Marshal()); err != nil || got != h {
			t.Errorf("%v: %v, %v", h, got, err)
		}
	}
	for name, b := range map[string][]byte{
		"empty": nil, "version": {2, 1, 0, 0, 0, 0}, "code 0": {1, 0, 0, 0, 0, 0}, "code 5": {1, 5, 0, 0, 0, 0},
		"more than a day": {1, 2, 0, 1, 0x51, 0x81}, "long": {1, 1, 0, 0, 0, 0, 0},
	} {
		if _, err := ParseHint(b); !errors.Is(err, ErrForm) {
			t.Errorf("%s: %v, want wrong form", name, err)
		}
	}
}

func TestReplies(t *testing.T) {
	rs := make([]Routed, 3)
	for i := range rs {
		copy(rs[i].Attempt[:], fill(16, byte(i)))
		copy(rs[i].Reply[:], fill(ReplyLen, byte(i)))
	}
	got, err := ParseReplies(MarshalReplies(rs))
	if err != nil || !reflect.DeepEqual(got, rs) {
		t.Errorf("other replies came back: %v", err)
	}
	for _, n := range []int{0, 1, routedLen - 1, routedLen + 1} {
		if _, err := ParseReplies(make([]byte, n)); !errors.Is(err, ErrForm) {
			t.Errorf("%d bytes: %v, want wrong form", n, err)
		}
	}
}

func TestCrate(t *testing.T) {
	in := [][]byte{envelope(0).Marshal(), envelope(3).Marshal(), {}}
	b := MarshalCrate(in)
	size := 0
	for _, e := range in {
		size = CrateLen(size, e)
	}
	if size != len(b) {
		t.Errorf("CrateLen says %d, the crate has %d bytes", size, len(b))
	}
	got, err := ParseCrate(b)
	if err != nil || len(got) != len(in) {
		t.Fatalf("%d envelopes came back: %v", len(got), err)
	}
	for i := range in {
		if !bytes.Equal(got[i], in[i]) {
			t.Errorf("envelope %d came back changed", i)
		}
	}
	if _ = append(got[0], 0xff); !bytes.Equal(b, MarshalCrate(in)) {
		t.Error("appending to one envelope changes the crate")
	}
	for name, b := range map[string][]byte{
		"empty": nil, "version": {2, 0, 1, 0, 0, 0, 0}, "no envelope": {1, 0, 0}, "count beyond the end": {1, 0, 2, 0, 0, 0, 0},
		"length beyond the end": {1, 0, 1, 0, 0, 0, 5, 1}, "huge length": {1, 0, 1, 0xff, 0xff, 0xff, 0xff},
		"more after the end": {1, 0, 1, 0, 0, 0, 0, 0}, "too many": {1, 0x10, 0x01}, "too long": append([]byte{1}, make([]byte, MaxCrateLen)...),
	} {
		if _, err := ParseCrate(b); !errors.Is(err, ErrForm) {
			t.Errorf("%s: %v, want wrong form", name, err)
		}
	}
}

func TestKeyList(t *testing.T) {
	for _, n := range []int{1, 3, MaxKeys} {
		l := keyList(n)
		got, part, signature, err := ParseKeyList(signed(l))
		if err != nil || !reflect.DeepEqual(got, l) || !bytes.Equal(part, l.Marshal()) || !bytes.Equal(signature, fill(SignatureLen, 9)) {
			t.Errorf("%d keys: another list came back: %v", n, err)
		}
	}
	good := signed(keyList(2))
	for name, b := range map[string][]byte{
		"empty": nil, "cut": good[:len(good)-1], "one more": append(bytes.Clone(good), 0),
		"no key": signed(keyList(0)), "too many": signed(keyList(MaxKeys + 1)), "version": append([]byte{2}, good[1:]...),
	} {
		if _, _, _, err := ParseKeyList(b); !errors.Is(err, ErrForm) {
			t.Errorf("%s: %v, want wrong form", name, err)
		}
	}
}

func TestActive(t *testing.T) {
	l := keyList(3) // from days 20000, 20030, 20060
	for day, want := range map[schema.Day]int{19999: -1, 20000: 0, 20029: 0, 20030: 1, 20089: 2, 20090: -1} {
		k, ok := l.Active(day)
		if ok != (want >= 0) || ok && k.ID != uint32(want) {
			t.Errorf("day %d: key %d, %v, want %d", day, k.ID, ok, want)
		}
	}
}

// TestErrorsRepeatNothing parses bytes that say something: no error may.
func TestErrorsRepeatNothing(t *testing.T) {
	secret := []byte(strings.Repeat("secret", 300))
	_, e := ParseEnvelope(secret)
	_, h := ParseHint(secret)
	_, r := ParseReplies(secret)
	_, c := ParseCrate(secret)
	_, _, _, k := ParseKeyList(secret)
	if text := errors.Join(e, h, r, c, k).Error(); strings.Contains(text, "secret") {
		t.Errorf("an error repeats its input: %s", text)
	}
}

func TestSubjects(t *testing.T) {
	if CrateSubject(12) != "tacit.crate.12" || CrateConsumer(12) != "group-12" || InboxPrefix("n") != "_INBOX.n" {
		t.Error("a subject or name changed")
	}
	if PartitionOf([16]byte{64}) != 0 || PartitionOf([16]byte{255}) != 63 {
		t.Error("the partition is not the first byte's low six bits")
	}
}
