package envelope_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// inner is what stands before the payload: kind, batch ID, length.
const inner = 1 + 16 + 4

func TestSealAndOpen(t *testing.T) {
	key := newKey(t, 7)
	sizes := []struct{ payload, bucket int }{
		{0, 1 << 10}, {1<<10 - inner, 1 << 10}, {1<<10 - inner + 1, 4 << 10}, {4<<10 - inner, 4 << 10},
		{4<<10 - inner + 1, 16 << 10}, {16<<10 - inner, 16 << 10}, {16<<10 - inner + 1, 64 << 10}, {envelope.MaxPayload, 64 << 10},
	}
	for kind := envelope.Fragment; kind <= envelope.Look; kind++ {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s of %d", kind, size.payload), func(t *testing.T) {
				c := envelope.Content{Kind: kind, Batch: schema.NewBatchID(), Payload: bytes.Repeat([]byte{0xa5}, size.payload)}
				s := seal(t, key, wire.ClassUser, c)
				if want := wire.HeaderLen + size.bucket + wire.SealLen; len(s.Bytes) != want {
					t.Errorf("%d bytes, want %d", len(s.Bytes), want)
				}
				e := parse(t, s.Bytes)
				if e.KeyID != 7 || e.Class != wire.ClassUser || e.Partition != wire.PartitionOf(c.Batch) || e.Attempt != s.Attempt {
					t.Errorf("outside %+v is not what was sealed", e)
				}
				opened, err := envelope.Open(key, e)
				if err != nil {
					t.Fatal(err)
				}
				proved, err := envelope.OpenBody(s.BodyKey, e)
				if err != nil {
					t.Fatal(err)
				}
				for by, got := range map[string]envelope.Content{"store": opened.Content, "auditor": proved} {
					if got.Kind != kind || got.Batch != c.Batch || !bytes.Equal(got.Payload, c.Payload) {
						t.Errorf("the %s finds another content", by)
					}
				}
				if opened.ReplyKey != s.ReplyKey {
					t.Error("the two sides have different reply keys")
				}
			})
		}
	}
}

func TestTooLong(t *testing.T) {
	c := envelope.Content{Kind: envelope.Page, Payload: make([]byte, envelope.MaxPayload+1)}
	if _, err := envelope.Seal(newKey(t, 1).Public(), 0, wire.ClassNormal, c); !errors.Is(err, envelope.ErrTooLong) {
		t.Errorf("%v, want too long", err)
	}
}

// TestResendSharesNothing seals one batch twice: whoever sees both must not
// know that they are one. Only version, key, partition and class repeat.
func TestResendSharesNothing(t *testing.T) {
	key := newKey(t, 1)
	c := envelope.Content{Kind: envelope.Page, Batch: schema.NewBatchID(), Payload: bytes.Repeat([]byte("again "), 100)}
	a, b := seal(t, key, wire.ClassNormal, c), seal(t, key, wire.ClassNormal, c)
	if a.Attempt == b.Attempt || a.BodyKey == b.BodyKey || a.ReplyKey == b.ReplyKey {
		t.Error("attempt or keys are the same")
	}
	const plainFields = 1 + 4 + 1 + 1
	if sharedRun(a.Bytes[plainFields:], b.Bytes[plainFields:]) {
		t.Error("both attempts have 16 bytes in common")
	}
	if bytes.Contains(a.Bytes, c.Batch[:]) {
		t.Error("the batch ID stands outside")
	}
	if _, err := envelope.OpenBody(a.BodyKey, parse(t, b.Bytes)); !errors.Is(err, envelope.ErrClosed) {
		t.Errorf("the first attempt's key opens the second: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	key, other := newKey(t, 1), newKey(t, 1)
	c := envelope.Content{Kind: envelope.Fragment, Batch: schema.NewBatchID(), Payload: []byte("payload")}
	good, second := seal(t, key, wire.ClassNormal, c).Bytes, seal(t, key, wire.ClassNormal, c).Bytes
	if _, err := envelope.Open(other, parse(t, good)); !errors.Is(err, envelope.ErrClosed) {
		t.Errorf("another store's key: %v", err)
	}
	regions := []struct {
		name     string
		from, to int
	}{
		{"key id", 1, 5}, {"partition", 5, 6}, {"class", 6, 7}, {"attempt", 7, 23},
		{"enc", 23, 55}, {"commit", 55, 87}, {"body", 87, 95}, {"body's end", len(good) - 24, len(good)},
	}
	for _, r := range regions {
		t.Run("flipped "+r.name, func(t *testing.T) {
			for i := r.from; i < r.to; i++ {
				bad := bytes.Clone(good)
				bad[i] ^= 1
				if _, err := envelope.Open(key, parse(t, bad)); !errors.Is(err, envelope.ErrClosed) {
					t.Errorf("byte %d: %v, want it closed", i, err)
				}
			}
		})
		t.Run("another's "+r.name, func(t *testing.T) {
			bad := bytes.Clone(good)
			copy(bad[r.from:r.to], second[r.from:r.to])
			if bytes.Equal(bad, good) {
				return // both have the same, such as the class
			}
			if _, err := envelope.Open(key, parse(t, bad)); !errors.Is(err, envelope.ErrClosed) {
				t.Errorf("%v, want it closed", err)
			}
		})
	}
}

// TestCommitIsCompared gives an envelope whose body opens under another
// commitment, as somebody makes it who wants one ciphertext with two meanings.
func TestCommitIsCompared(t *testing.T) {
	key := newKey(t, 1)
	inside := pad(byte(envelope.Page), schema.NewBatchID(), 3, []byte("abc"), 1<<10)
	e, bodyKey := forge(t, key.Public(), inside)
	if _, err := envelope.Open(key, e); err != nil {
		t.Fatalf("the test's own envelope: %v", err)
	}
	e.Commit[0] ^= 1
	e.Body = encrypt(t, bodyKey, e.Commit, inside)
	if _, err := envelope.OpenBody(bodyKey, e); err != nil {
		t.Fatalf("the body does not open with its key: %v", err)
	}
	if _, err := envelope.Open(key, e); !errors.Is(err, envelope.ErrClosed) {
		t.Errorf("%v, want it closed: the commitment is not the key's", err)
	}
}

func TestWrongInside(t *testing.T) {
	key := newKey(t, 1)
	id := schema.NewBatchID()
	lastByte := pad(byte(envelope.Page), id, 3, []byte("abc"), 1<<10)
	lastByte[len(lastByte)-1] = 1
	for name, inside := range map[string][]byte{
		"kind 0":                   pad(0, id, 0, nil, 1<<10),
		"kind 8":                   pad(8, id, 0, nil, 1<<10),
		"length beyond the end":    pad(byte(envelope.Page), id, 1<<10-inner+1, nil, 1<<10),
		"huge length":              pad(byte(envelope.Page), id, 1<<32-1, nil, 1<<10),
		"padding begins with one":  pad(byte(envelope.Page), id, 3, []byte("abc\x01"), 1<<10),
		"padding ends with one":    lastByte,
		"shorter than its header":  make([]byte, inner-1),
		"nothing":                  {},
		"header and half a length": pad(byte(envelope.Page), id, 9, []byte("abc"), 0),
	} {
		t.Run(name, func(t *testing.T) {
			e, bodyKey := forge(t, key.Public(), inside)
			if _, err := envelope.Open(key, e); !errors.Is(err, envelope.ErrContent) {
				t.Errorf("store: %v, want wrong form inside", err)
			}
			if _, err := envelope.OpenBody(bodyKey, e); !errors.Is(err, envelope.ErrContent) {
				t.Errorf("auditor: %v, want wrong form inside", err)
			}
		})
	}
}

func TestErrorsHoldNoContent(t *testing.T) {
	key := newKey(t, 1)
	e, _ := forge(t, key.Public(), pad(byte(envelope.Page), schema.NewBatchID(), 1, []byte("Xsecret"), 1<<10))
	_, err := envelope.Open(key, e)
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v, want an error without content", err)
	}
}

func TestKindNames(t *testing.T) {
	for kind, want := range map[envelope.Kind]string{
		0: "kind 0", envelope.Fragment: "fragment", envelope.Page: "page", envelope.Erase: "erase",
		envelope.Grant: "grant", envelope.Note: "note", envelope.Ask: "ask", envelope.Look: "look", 8: "kind 8",
	} {
		if got := kind.String(); got != want {
			t.Errorf("kind %d is written %q, want %q", uint8(kind), got, want)
		}
	}
}
