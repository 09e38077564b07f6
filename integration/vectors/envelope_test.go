package vectors

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// storeKey is the raw X25519 key of a store that exists in tests only.
var storeKey = fromHex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8")

const (
	storeKeyID    = 0x01020304
	storeKeyStart = schema.Day(20770)
)

type envelopeVector struct {
	Name        string `json:"name"`
	StoreKey    octets `json:"store_key"`
	KeyID       uint32 `json:"key_id"`
	Partition   uint8  `json:"partition"`
	Class       uint8  `json:"class"`
	Kind        string `json:"kind"`
	Batch       octets `json:"batch"`
	PayloadHash octets `json:"payload_hash"` // as in the dedupe row of a store
	Attempt     octets `json:"attempt"`
	BodyKey     octets `json:"body_key"`
	ReplyKey    octets `json:"reply_key"`
	Bytes       octets `json:"bytes"`
}

// envelopeCases are of every kind and every bucket, at the edges of buckets. A
// nil payload stands for a page, which is sealed at random itself.
var envelopeCases = []struct {
	name    string
	kind    envelope.Kind
	class   wire.Class
	payload []byte
}{
	{"a fragment", envelope.Fragment, wire.ClassNormal, fragmentBytes(1)},
	{"a page", envelope.Page, wire.ClassNormal, nil},
	{"an erase of class 1, nothing inside", envelope.Erase, wire.ClassUser, []byte{}},
	{"a grant that fills 1 KiB", envelope.Grant, wire.ClassNormal, bytes.Repeat([]byte{0xa5}, 1<<10-21)},
	{"a note, one byte into 4 KiB", envelope.Note, wire.ClassNormal, bytes.Repeat([]byte{0xa5}, 1<<10-20)},
	{"an ask in 16 KiB", envelope.Ask, wire.ClassUser, bytes.Repeat([]byte{0x5a}, 4<<10)},
	{"a page that fills 64 KiB", envelope.Page, wire.ClassNormal, bytes.Repeat([]byte{0xff}, envelope.MaxPayload)},
}

func TestEnvelopes(t *testing.T) {
	key, err := envelope.ParsePrivateKey(storeKeyID, storeKeyStart, storeKey)
	if err != nil {
		t.Fatal(err)
	}
	const about = "Envelopes: opened with the store's private key, and with the body key that the outbox keeps."
	vs := frozen(t, "envelope.json", about, func() (vs []envelopeVector) {
		for i := range envelopeCases {
			vs = append(vs, sealEnvelope(t, key, i))
		}
		return vs
	})
	if len(vs) != len(envelopeCases) {
		t.Fatalf("envelope.json has %d vectors, want %d", len(vs), len(envelopeCases))
	}
	for i, v := range vs {
		checkEnvelope(t, key, i, v)
	}
}

func sealEnvelope(t *testing.T, key *envelope.PrivateKey, i int) envelopeVector {
	t.Helper()
	c := envelopeCases[i]
	payload := c.payload
	if payload == nil {
		payload = sealPage(t, page.NewRoot(installations[0]), 20778, 2, pack(t, packedPages[1]).Packed).Bytes
	}
	content := envelope.Content{Kind: c.kind, Batch: batch(i), Payload: payload}
	s, err := envelope.Seal(key.Public(), partitionOf(content), c.class, content)
	if err != nil {
		t.Fatal(err)
	}
	return vectorOf(c.name, content, c.class, s)
}

func vectorOf(name string, c envelope.Content, class wire.Class, s *envelope.Sealed) envelopeVector {
	return envelopeVector{
		Name: name, StoreKey: storeKey, KeyID: storeKeyID, Partition: partitionOf(c), Class: uint8(class),
		Kind: c.Kind.String(), Batch: c.Batch[:], PayloadHash: hashOf(c.Payload),
		Attempt: s.Attempt[:], BodyKey: s.BodyKey[:], ReplyKey: s.ReplyKey[:], Bytes: s.Bytes,
	}
}

// checkEnvelope opens the frozen bytes in both ways and computes the vector
// from what it finds.
func checkEnvelope(t *testing.T, key *envelope.PrivateKey, i int, v envelopeVector) {
	t.Helper()
	c := envelopeCases[i]
	outer, err := wire.ParseEnvelope(v.Bytes)
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	opened, err := envelope.Open(key, outer)
	if err != nil {
		t.Fatalf("%s: open with the store's key: %v", c.name, err)
	}
	content, err := envelope.OpenBody([32]byte(v.BodyKey), outer)
	if err != nil {
		t.Fatalf("%s: open with the body key: %v", c.name, err)
	}
	equal(t, c.name+", opened with the body key", content, opened.Content)
	if c.payload == nil {
		plain := openPage(t, page.NewRoot(installations[0]), 2, content.Payload)
		equal(t, c.name+", opened page", contentOfPlain(t, plain), contentOfPage(packedPages[1]))
	} else {
		equal(t, c.name+", payload", content.Payload, c.payload)
	}
	content.Kind, content.Batch = c.kind, batch(i)
	want := vectorOf(c.name, content, c.class, &envelope.Sealed{Bytes: outer.Marshal(), Attempt: outer.Attempt,
		BodyKey: [32]byte(v.BodyKey), ReplyKey: opened.ReplyKey})
	equal(t, "envelope.json, "+c.name, v, want)
	equal(t, c.name+", partition", outer.Partition, v.Partition)
	equal(t, c.name+", class", uint8(outer.Class), v.Class)
	equal(t, c.name+", key id", outer.KeyID, v.KeyID)
	equal(t, c.name+", kind and batch ID", [2]any{opened.Kind, opened.Batch}, [2]any{c.kind, batch(i)})
}

// batch is the fixed batch ID of the i-th case.
func batch(i int) schema.BatchID {
	return schema.BatchID(bytes.Repeat([]byte{byte(0xf1 + i)}, 16))
}

// partitionOf is the partition of a content: of a page's tag, else of the batch.
func partitionOf(c envelope.Content) uint8 {
	if c.Kind == envelope.Page {
		return wire.PartitionOf([16]byte(c.Payload))
	}
	return wire.PartitionOf(c.Batch)
}

func fragmentBytes(i int) []byte {
	b, err := codec.EncodeFragment(fragments[i])
	if err != nil {
		panic(err)
	}
	return b
}

func hashOf(payload []byte) []byte {
	h := sha256.Sum256(payload)
	return h[:]
}
